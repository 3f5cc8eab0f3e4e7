"""Trial c2: a store that does not keep what it promises, seen through a proxy that misbehaves on demand."""

from __future__ import annotations

import os
import re

import pytest
from machinery.faults import (
    Answer,
    CutAnswer,
    Delay,
    DropHeader,
    Hold,
    IgnoreConditions,
    LoseAnswer,
    LoseRequest,
    RefuseConditions,
)
from trials.conftest import ended, one_line, steps

CATALOGS = ("sql", "SQLite", "PostgreSQL", "glue", "rest")
LOOPS = ("01", "02")


@pytest.fixture
def lake(bucket, faulty, monkeypatch, mk, key, day):
    """The bucket's address, reached through the proxy by the environment, and the contract of the trial."""
    for name, value in bucket.at(faulty.url).environment.items():
        monkeypatch.setenv(name, value)
    mk("c2", key, day)
    return bucket.uri


def loops(place, times, **more):
    """Two publishers at once, each so many times for a day of its own; what every publication left, by day."""
    running = {}
    for number in LOOPS:
        commands = [
            {
                "files": {f"{number}-{n}.csv": f"id,day\n{number}-{n},2026-03-{number}\n"},
                "words": ["publish", "c2.odcs.yaml", f"{number}-{n}.csv", "--warehouse", place],
            }
            for n in range(1, times + 1)
        ]
        running[number] = steps(commands, env={**os.environ, **more})
    return {number: ended(process) for number, process in running.items()}


def all_in_history(hansa, place, done, times):
    """Every acknowledged publication is in the history, and each day holds its last row."""
    assert [each.code for answers in done.values() for each in answers] == [0] * 2 * times, done
    history = hansa("history", "t.c2", "--warehouse", place, "--json").json
    assert len({entry["snapshot"] for entry in history}) == 2 * times
    read = hansa("read", "t.c2", "--warehouse", place).out.splitlines()[1:]
    assert sorted(read) == [f"{number}-{times},2026-03-{number}" for number in LOOPS]
    assert hansa("verify", "--all", "--warehouse", place).code == 0


def test_c2_two_publishers_on_a_store_that_ignores_the_condition_are_refused_from_the_first_one_on(
    lake, faulty, hansa, bucket
):
    faulty.always(IgnoreConditions())
    done = loops(f"{lake}/wh2", 20)
    for each in (one for answers in done.values() for one in answers):
        said = one_line(each)
        assert "does not honour If-None-Match" in said
        assert "nothing was published" in said
        assert all(name in said for name in CATALOGS)
    assert not [name for name in bucket.objects() if name.startswith("wh2/t/")]
    assert hansa("verify", "--all", "--warehouse", f"{lake}/wh2").code == 0


@pytest.mark.parametrize("catalog", ["sqlite", "postgresql"])
def test_c2_with_a_catalog_that_orders_the_commits_itself_the_same_store_will_do(
    lake, faulty, hansa, catalog, tmp_path, monkeypatch, request
):
    faulty.always(IgnoreConditions())
    times = 3
    monkeypatch.setenv("HANSA_CATALOG__TYPE", "sql")
    file = f"sqlite:///{tmp_path}/catalog.db"
    address = file if catalog == "sqlite" else request.getfixturevalue("postgres").schema()
    monkeypatch.setenv("HANSA_CATALOG__URI", address)
    all_in_history(hansa, f"{lake}/wh2", loops(f"{lake}/wh2", times), times)


def test_c2_kind_on_an_honest_store_no_catalog_is_needed(lake, hansa):
    all_in_history(hansa, f"{lake}/wh2", loops(f"{lake}/wh2", 3), 3)


DISHONEST = {
    "the header is dropped": DropHeader("If-None-Match"),
    "the condition is refused": RefuseConditions(501),
    "the condition is a bad request": RefuseConditions(400),
}


@pytest.mark.parametrize("fault", DISHONEST)
def test_c2_kind_every_way_not_to_honour_it_is_refused(lake, faulty, hansa, csv_file, fault):
    faulty.always(DISHONEST[fault])
    done = hansa("publish", "c2.odcs.yaml", csv_file("a.csv", "id,day", "A,2026-03-01"), "--warehouse", f"{lake}/wh")
    assert all(name in one_line(done) for name in CATALOGS)


def test_c2_kind_a_gateway_put_before_a_proved_store_is_proved_anew(lake, faulty, hansa, csv_file, bucket, monkeypatch):
    """The warehouse was proved at its own endpoint; reached through the gateway it is refused, and goes on serving."""
    file = csv_file("a.csv", "id,day", "A,2026-03-01")
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
    assert hansa("publish", "c2.odcs.yaml", file, "--warehouse", f"{lake}/wh").code == 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", faulty.url)
    faulty.always(IgnoreConditions())
    csv_file("b.csv", "id,day", "B,2026-03-01")
    one_line(hansa("publish", "c2.odcs.yaml", "b.csv", "--warehouse", f"{lake}/wh"))
    assert hansa("read", "t.c2", "--warehouse", f"{lake}/wh").out == "id,day\nA,2026-03-01\n"


# Answers that are lost, late, cut or wrong, at every object that one publication puts

#: What a publication puts, in its order; a test says that there is nothing else.
PUTS = {
    "sign of life": r"/claims/",
    "rows": r"/data/.*\.parquet",
    "keys": r"/keys/",
    "receipt": r"/receipts/[0-9a-f]+\.json$",
    "manifest": r"-m[0-9]\.avro",
    "manifest list": r"/snap-.*\.avro",
    "version": r"/metadata/v[0-9]+\.metadata\.json$",
    "hint": r"/version-hint\.text$",
    "proof": r"/proofs/",
    "mark": r"/receipts/[0-9a-f]+\.landed$",
}
FIRST = {"probe": r"/\.conditional-put-[0-9a-f]{32}$", "proved": r"/\.conditional-put-proved-"}
#: Groups of faults, each with the objects at whose put it happens; all are put into one warehouse, one after the other.
FAULTS = {
    "lost": [(LoseAnswer, name) for name in PUTS],
    "done, and denied": [
        *[(lambda: Answer(412, done=True), name) for name in ("receipt", "version", "mark")],
        *[(lambda: Answer(500, done=True), name) for name in ("rows", "version")],
        (CutAnswer, "version"),
        (lambda: Delay(3, done=True), "version"),
    ],
    "not done": [
        *[(LoseRequest, name) for name in ("receipt", "version")],
        *[(lambda: Answer(409), name) for name in ("keys", "version")],
        *[(lambda: Answer(503), name) for name in ("version", "mark")],
    ],
}


@pytest.fixture
def impatient(monkeypatch):
    """A request may take two seconds and a store be out of order for ten."""
    monkeypatch.setenv("HANSA_STORE__REQUEST_TIMEOUT", "PT2S")
    monkeypatch.setenv("HANSA_STORE__PATIENCE", "PT10S")


@pytest.fixture
def send(lake, csv_file, hansa):
    """``send(ROW)`` publishes one row of the first of March in the place of whatever stands there."""

    def call(row, place=f"{lake}/wh"):
        file = csv_file(f"{row}.csv", "id,day", f"{row},2026-03-01")
        return hansa("publish", "c2.odcs.yaml", file, "--warehouse", place)

    return call


@pytest.fixture
def seen(lake, hansa):
    """The row that readers see, and in how many publications it came to that."""

    def call(place=f"{lake}/wh"):
        read = hansa("read", "t.c2", "--warehouse", place)
        return read.out.removeprefix("id,day\n").partition(",")[0] if read.code == 0 else None

    return call


def test_c2_these_are_all_objects_that_a_publication_puts(send, faulty):
    send("first")
    put = [exchange.path.partition("?")[0] for exchange in faulty.seen("PUT")]
    kinds = FIRST | PUTS
    assert [path for path in put if not any(re.search(pattern, path) for pattern in kinds.values())] == []
    assert [name for name, pattern in kinds.items() if not any(re.search(pattern, path) for path in put)] == []


def settled(first, again, row, before, after_first):
    """The outcome was right, or one clear line told the truth; the same command again made it right."""
    if first.code == 0:
        assert after_first == row
        assert again.out.startswith("unchanged"), again
    else:
        said = one_line(first)
        assert "t.c2" in said or "s3://" in said
        assert "fault of Hansa" not in said
        # What is called a failure is none that landed.
        assert after_first == before or "not known" in said, (said, after_first)
    assert again.code == 0, again.err


@pytest.mark.parametrize("group", FAULTS)
def test_c2_an_unclear_answer_is_looked_into(group, impatient, send, seen, faulty, hansa, lake):
    assert send("base").code == 0
    before = "base"
    for number, (make, name) in enumerate(FAULTS[group]):
        row = f"r{number}"
        faulty.when("PUT", PUTS[name], make())
        first = send(row)
        assert faulty.mend() == 1, name
        after_first = seen()
        settled(first, send(row), row, before, after_first)
        assert first.code == 0 or seen() == row, name
        before = row
    history = hansa("history", "t.c2", "--warehouse", f"{lake}/wh", "--json").json
    assert len({entry["snapshot"] for entry in history}) == len(history) == 1 + len(FAULTS[group])
    assert hansa("verify", "--all", "--warehouse", f"{lake}/wh").code == 0


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("fault", [LoseAnswer(), Answer(412, done=True)], ids=["lost", "denied"])
def test_c2_an_unclear_answer_to_the_proof_itself_promises_nothing(fault, nth, impatient, send, seen, faulty, lake):
    """The two puts of the probe and the note that it succeeded."""
    faulty.when("PUT", r"/\.conditional-put", fault, nth=nth)
    first = send("row")
    faulty.mend()
    after_first = seen()
    again = send("row")
    settled(first, again, "row", None, after_first)
    assert seen() == "row"


def test_c2_kind_a_store_that_stays_away_at_the_commit_is_one_line_and_nothing_changed(
    impatient, send, seen, faulty, monkeypatch
):
    monkeypatch.setenv("HANSA_STORE__PATIENCE", "PT2S")
    send("base")
    faulty.when("PUT", PUTS["version"], Answer(503), times=None)
    said = one_line(send("next"))
    assert seen() == "base"
    assert "run" in said
    faulty.mend()
    assert send("next").code == 0
    assert seen() == "next"


def test_c2_kind_when_nobody_answers_after_the_commit_it_is_called_unknown(
    impatient, send, seen, faulty, hansa, lake, monkeypatch
):
    monkeypatch.setenv("HANSA_STORE__PATIENCE", "PT2S")
    send("base")
    faulty.when("PUT", PUTS["version"], LoseAnswer(), times=None)
    faulty.when("GET", "/metadata/v2", Answer(503), times=None)
    said = one_line(send("next"))
    assert "not known" in said
    faulty.mend()
    assert seen() == "next"
    assert send("next").code == 0
    assert len(hansa("history", "t.c2", "--warehouse", f"{lake}/wh").out.splitlines()) == 2
    assert hansa("verify", "--all", "--warehouse", f"{lake}/wh").code == 0


def test_c2_kind_a_put_that_arrives_after_the_publisher_gave_up_breaks_nothing(
    impatient, send, seen, faulty, hansa, lake, monkeypatch
):
    """The network keeps the request of the commit and delivers it when its sender has long called it a failure."""
    monkeypatch.setenv("HANSA_STORE__PATIENCE", "PT2S")
    send("base")
    hold = faulty.when("PUT", PUTS["version"], Hold(), times=None)
    said = one_line(send("next"))
    met = len(faulty.exchanges)
    hold.release()
    while not [exchange for exchange in faulty.exchanges[met:] if re.search(PUTS["version"], exchange.path)]:
        pass
    faulty.mend()
    assert seen() in ("base", "next"), said
    assert hansa("verify", "--all", "--warehouse", f"{lake}/wh").code == 0
    assert send("next").code == 0
    assert seen() == "next"
