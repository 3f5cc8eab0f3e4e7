"""A replay that is only tried: it tells what the replay would make, and leaves every byte where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hansa.errors import DataError, MeshError, WorldError
from hansa.quarantine.choice import Choice, reject
from hansa.replay import replay
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.refused import looser, states


def bytes_of(folder):
    return {path: path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def counted(made):
    return made.sent, made.replayed, made.open, made.standing


def tried(bench, contract, choice=None, **more):
    return replay(bench.warehouse, contract, choice or Choice(), dry_run=True, **more)


def test_it_says_which_days_rows_would_join_and_which_rules_the_others_would_break(published, loose):
    made = tried(published, loose)
    assert counted(made) == (4, 1, 3, 0)
    assert made.days == {"2026-03-01": 1}
    assert made.refused(loose) == {"cents.minimum": 1, "cents.type": 1, "day.type": 1}


def test_it_leaves_every_byte_and_every_row_where_it_was(published, loose):
    before, states_before = bytes_of(published.root), states(published)
    tried(published, loose)
    assert bytes_of(published.root) == before
    assert states(published) == states_before


def test_the_replay_after_it_does_what_it_said(published, loose):
    said = tried(published, loose)
    assert counted(replay(published.warehouse, loose, Choice())) == counted(said)


@pytest.mark.parametrize("choice", [Choice(rule="cents.minimum"), Choice(partition="-")])
def test_only_the_rows_that_are_meant_are_tried(published, loose, choice):
    assert tried(published, loose, choice).sent == len(choice.of(account_rows(published)))


def account_rows(bench):
    from machinery.refused import account

    return account(bench).rows


def test_a_day_that_would_be_held_takes_no_row(published, loose, contract, rule):
    many = rule("rows.many", "rowCount", operator="mustBeGreaterThan", operands=(100.0,))
    holding = contract(*loose.columns, version="1.1.1", digest="d9", rules=(many,))
    made = tried(published, holding)
    assert (made.replayed, made.open, made.days) == (0, 4, {})
    assert [receipt.partition for publication in made.publications for receipt in publication.held] == ["2026-03-01"]
    assert "rows.many" not in made.refused(holding)


def test_a_rule_that_only_warns_refuses_nothing(published, loose, contract, rule):
    warning = rule("id.known", "invalidValues", "id", valid_values=("Z",), severity="warning")
    warned = contract(*loose.columns, version="1.1.1", digest="d9", rules=(warning,))
    assert tried(published, warned).refused(warned) == {"cents.minimum": 1, "cents.type": 1, "day.type": 1}


def test_late_rows_that_stand_in_their_day_are_told_and_not_decided(bench, contract, column, texts):
    keyless = contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer"))
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 2"), keyless, mode="file")
    rows = ("A 2026-03-01 1", "B 2026-03-01 2", "C 2026-03-01 3", "Z 2026-03-02 9")
    bench.publish(texts("id day cents", *rows), keyless, mode="file")
    before = bytes_of(bench.root)
    said = tried(bench, keyless)
    assert (counted(said), said.days) == ((3, 3, 0, 2), {"2026-03-01": 1})
    assert bytes_of(bench.root) == before
    assert counted(replay(bench.warehouse, keyless, Choice())) == counted(said)


def test_rows_of_several_shapes_are_tried_shape_by_shape(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5"), daily)
    bench.publish(texts("id day cents more", "C 2026-03-02 1 x", "D 2026-03-02 -5 x"), daily)
    said = tried(bench, loose)
    assert (len(said.publications), said.days) == (2, {"2026-03-01": 1, "2026-03-02": 1})
    assert counted(replay(bench.warehouse, loose, Choice())) == counted(said)


def test_what_a_replay_would_refuse_to_begin_is_refused_here_too(published, loose, daily, texts):
    with pytest.raises(MeshError, match="no refused row has the digest"):
        tried(published, loose, Choice(digests=("abc",)))
    reject(published.warehouse, "t.a", 1, Choice(), "wrong")
    with pytest.raises(MeshError, match="no open row"):
        tried(published, loose)


def test_days_that_can_only_be_brought_whole_are_refused_here_too(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    bench.publish(texts("id day cents", "B 2026-03-01 -5", "C 2026-03-01 -500"), daily)
    with pytest.raises(DataError) as raised:
        tried(bench, loose)
    assert raised.value.code == "quarantine.held"


def test_sealed_rows_want_their_keys(bench, contract, column, texts):
    secret = contract(column("id", key_position=1, required=True), column("cents", "integer", classification="C2"))
    bench.publish(texts("id cents", "A 1", "B x"), secret)
    with pytest.raises(WorldError) as raised:
        tried(bench, secret)
    assert raised.value.code == "keys.missing"
    assert counted(tried(bench, secret, keys=bench.keys)) == (1, 0, 1, 0)


_KILLED = """
import os, signal, sys
from pathlib import Path
from hansa.contract.model import Column, Contract
import hansa.replay
from hansa.quarantine.choice import Choice
from hansa.store.warehouse import Warehouse

columns = (
    Column("id", "string", 1, required=True, key_position=1),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "integer", 1, minimum=-100),
)
contract = Contract("t.a", "1.1.0", columns, Path("a.odcs.yaml"), "d2")
hansa.replay.publish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
hansa.replay.replay(Warehouse(Path(sys.argv[1]) / "wh"), contract, Choice())
"""


def test_what_a_killed_replay_left_is_counted_as_open_and_left_there(published, loose):
    child = subprocess.run(
        [sys.executable, "-c", _KILLED, str(published.root)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.returncode == -signal.SIGKILL
    before = bytes_of(published.root)
    assert counted(tried(published, loose)) == (4, 1, 3, 0)
    assert bytes_of(published.root) == before


cells = st.tuples(st.sampled_from("AB"), st.sampled_from(["2026-03-01", "2026-03-02", "x"]), st.integers(-120, 2))


@given(st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=2))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_refused_a_dry_run_says_what_the_replay_then_does(
    new_bench, daily, contract, column, texts, deliveries
):
    bench, loose = new_bench(), looser(daily, contract, column)
    for rows in deliveries:
        bench.publish(texts("id day cents", *(f"{id} {day} {cents}" for id, day, cents in rows)), daily, mode="merge")
    try:
        said = tried(bench, loose)
    except (MeshError, DataError) as error:
        with pytest.raises(type(error)):
            replay(bench.warehouse, loose, Choice())
        return
    assert counted(replay(bench.warehouse, loose, Choice())) == counted(said)
