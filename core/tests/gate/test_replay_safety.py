"""Replay in a world that fails: two at once, a kill in the middle, files that were harmed, rows that are secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import hansa.replay
import polars as pl
import pytest
from hansa.errors import DataError, HansaError, MeshError, WorldError
from hansa.quarantine.choice import Choice, reject
from hansa.quarantine.decisions import CLAIMS, Decisions
from hansa.replay import replay
from hansa.secrets import load_keys
from hansa.store.settings import StoreSettings
from hansa.store.warehouse import Warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples
from machinery.refused import BAD, account, states


@pytest.fixture
def sealed(contract, column):
    """A contract with a secret, and one that takes negative amounts too."""
    columns = column("id", classification="C2", required=True), column("day", "date", partitioned=True)
    strict = contract(*columns, column("cents", "integer", minimum=0))
    return strict, contract(*columns, column("cents", "integer"), version="1.1.0", digest="d2")


SECRETS = ("19900000017", "王小明")


@pytest.fixture
def secret_bench(bench, sealed, texts):
    words = pl.Series(SECRETS, dtype=pl.Enum(SECRETS))
    frame = texts("day cents", "2026-03-01 -1", "2026-03-01 -2").insert_column(0, words.alias("id"))
    bench.publish(frame, sealed[0])
    return bench


def test_sealed_rows_are_replayed_with_their_keys(secret_bench, sealed):
    made = replay(secret_bench.warehouse, sealed[1], Choice(), keys=secret_bench.keys)
    assert (made.sent, made.replayed) == (2, 2)


def test_sealed_rows_are_not_replayed_with_other_keys(secret_bench, sealed, tmp_path):
    with pytest.raises(WorldError) as raised:
        replay(secret_bench.warehouse, sealed[1], Choice(), keys=load_keys(tmp_path / "other"))
    assert raised.value.code == "keys.other"
    assert not any(word in str(raised.value) for word in SECRETS)


def test_sealed_rows_are_not_replayed_without_keys(secret_bench, sealed):
    with pytest.raises(WorldError) as raised:
        replay(secret_bench.warehouse, sealed[1], Choice())
    assert raised.value.code == "keys.missing"


def test_nothing_of_a_sealed_row_stands_in_files_of_quarantine(secret_bench, sealed):
    reject(secret_bench.warehouse, "t.a", 1, Choice(), "wrong")
    files = [path for path in (secret_bench.warehouse.root / "t/a/quarantine").rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        content = path.read_bytes() + (
            str(pl.read_parquet(path).to_dicts()).encode() if path.suffix == ".parquet" else b""
        )
        assert not [word for word in SECRETS if word.encode() in content]


def test_a_file_that_is_gone_is_named_and_the_others_are_told(published, loose, texts):
    published.publish(texts("id day cents", "G 2026-03-05 1", "H 2026-03-05 -500"), loose)
    path = _file_with(published, "E")
    path.unlink()
    now = account(published)
    assert [fault.code for fault in now.faults] == ["quarantine.lost"]
    assert path.name in now.faults[0].sentence()
    assert now.ledger.closes
    assert now.ledger.unreadable > 0


def _file_with(bench, name):
    """The file of envelopes that holds the row of this id."""
    for path in (bench.warehouse.root / "t/a/quarantine").glob("*.parquet"):
        if any(f'"{name}"'.encode() in payload for payload in pl.read_parquet(path)["payload"]):
            return path
    raise AssertionError(name)


def test_a_decision_that_was_edited_stops_replays(published, loose):
    replay(published.warehouse, loose, Choice())
    (path,) = (published.warehouse.root / "t/a/quarantine/decisions").glob("*")
    edited = json.loads(path.read_bytes()) | {"who": "somebody"}
    path.write_text(json.dumps(edited))
    with pytest.raises(WorldError) as raised:
        replay(published.warehouse, loose, Choice())
    assert raised.value.code == "quarantine.decision"


def test_rows_of_a_replay_under_way_are_left_to_it(published, loose):
    table = published.warehouse.table("t.a", 1)
    seen = []

    def meanwhile(*words, **more):
        with pytest.raises(WorldError) as raised:
            replay(published.warehouse, loose, Choice())
        seen.append(raised.value.code)
        raise KeyboardInterrupt

    real, hansa.replay.publish = hansa.replay.publish, meanwhile
    with pytest.raises(KeyboardInterrupt):
        replay(published.warehouse, loose, Choice())
    hansa.replay.publish = real
    assert seen == ["quarantine.busy"]
    assert list(table.entries(CLAIMS)) == []
    # The one that was stopped came to nothing, and nothing stands in the way.
    assert replay(published.warehouse, loose, Choice()).replayed == 1


def test_of_two_replays_at_once_one_sends_the_rows(published, loose):
    outcomes: list[object] = []

    def one():
        try:
            outcomes.append(replay(published.warehouse, loose, Choice(rule="cents.minimum", digests=())).replayed)
        except HansaError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(1) == 1
    assert published.rows()["id"].to_list() == ["A", "B", "D"]
    assert account(published).ledger.closes


def test_of_many_rejections_at_once_none_is_lost(published):
    digests = account(published).rows["row_digest"].to_list()
    threads = [
        threading.Thread(target=reject, args=(published.warehouse, "t.a", 1, Choice(digests=(digest,)), digest))
        for digest in digests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Decisions(published.warehouse.table("t.a", 1)).all()
    assert sorted(decision.reason for decision in made) == sorted(digests)
    assert [decision.number for decision in made] == [1, 2, 3, 4]


def test_everything_is_decided_in_a_bucket_as_in_a_folder(bench, bucket, monkeypatch, daily, loose, texts):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    bench.warehouse = Warehouse(f"{bucket.uri}/wh", StoreSettings(endpoint=bucket.endpoint))
    bench.publish(texts("id day cents", *BAD), daily)
    assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert reject(bench.warehouse, "t.a", 1, Choice(partition="-"), "no day") == 1
    assert states(bench) == [("B", "replayed"), ("C", "open"), ("E", "open"), ("F", "rejected")]
    assert bench.rows()["id"].to_list() == ["A", "B", "D"]
    assert account(bench).ledger.closes


_ROW = st.tuples(st.sampled_from("ABC"), st.sampled_from(["2026-03-01", "2026-03-02", "x"]), st.integers(-3, 1))
_STEP = st.one_of(
    st.tuples(st.just("send"), st.lists(_ROW, min_size=1, max_size=6)),
    st.tuples(st.just("replay"), st.sampled_from([None, "cents.minimum", "day.required"])),
    st.tuples(st.just("reject"), st.sampled_from(["2026-03-01", "-"])),
)


@given(steps=st.lists(_STEP, min_size=2, max_size=5))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_decided_and_sent_again_no_row_is_lost_or_doubled(new_bench, contract, column, steps):
    columns = column("id"), column("day", "date", partitioned=True)
    strict = contract(*columns, column("cents", "integer", minimum=0))
    taking = contract(*columns, column("cents", "integer", minimum=-2), digest="d2", version="1.1.0")
    bench, sent = new_bench(), 0
    for word, what in steps:
        if word == "send":
            frame = pl.DataFrame(
                [(id, day, str(cents)) for id, day, cents in what], schema=["id", "day", "cents"], orient="row"
            )
            made = bench.publish(frame, strict, mode="add")
            sent += 0 if made.unchanged else made.total("incoming")
            continue
        with suppress(MeshError, DataError):
            if word == "replay":
                replay(bench.warehouse, taking, Choice(rule=what))
            else:
                reject(bench.warehouse, "t.a", 1, Choice(partition=what), "wrong")
    stands = bench.rows().height if _landed(bench) else 0
    now = account(bench)
    assert now.ledger.closes
    assert stands + now.ledger.open + now.ledger.rejected == sent


def _landed(bench):
    return any(publication.landed for publication in bench.book().all())


_CHILD = """
import os, signal, sys
from pathlib import Path
from hansa.contract.model import Column, Contract
import hansa.replay
from hansa.quarantine.choice import Choice
from hansa.receipt import ReceiptBook
from hansa.store.warehouse import Warehouse

root, point = Path(sys.argv[1]), sys.argv[2]
columns = (
    Column("id", "string", 1, required=True, key_position=1),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "integer", 1, minimum=-100),
)
contract = Contract("t.a", "1.1.0", columns, Path("a.odcs.yaml"), "d2")

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "before the gate":
    hansa.replay.publish = die
elif point == "before the commit":
    from hansa.store.table import ProductTable
    ProductTable.commit = die
elif point == "before the mark":
    ReceiptBook.mark_landed = die
elif point == "after the gate":
    hansa.replay.account_of = die
hansa.replay.replay(Warehouse(root / "wh"), contract, Choice(partition="2026-03-01"))
"""

POINTS = {"before the gate": [], "before the commit": [], "before the mark": ["B"], "after the gate": ["B"]}


@pytest.mark.parametrize("point", POINTS)
def test_a_replay_that_is_killed_is_published_and_replayed_or_neither(bench, daily, loose, texts, point):
    bench.publish(texts("id day cents", "B 2026-03-01 -5"), daily)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, str(bench.root), point],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.returncode == -signal.SIGKILL
    assert [name for name, state in states(bench) if state == "replayed"] == POINTS[point]
    if POINTS[point]:
        with pytest.raises(MeshError):
            replay(bench.warehouse, loose, Choice())
    else:
        assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert bench.rows()["id"].to_list() == ["B"]
    assert account(bench).ledger.closes
