"""A run without days says which day it took and why, and all of a run is JSON; what explain prints is readable."""

import json
import sys

import pytest
from hansa.cli import main


@pytest.fixture
def house(house):
    """Rows of days 1 to 6, labels of days 1 to 4, what is made of both, and of the rows alone."""
    house.source("t.rows", [(n, n) for n in range(1, 7)])
    house.source("t.labels", [(n, n) for n in range(1, 5)])
    house.computed("t.both", "t.rows@1", "t.labels@1")
    house.computed("t.sums", "t.rows@1")
    return house


@pytest.fixture
def hansa(monkeypatch, capfd, house):
    """The command on the mesh of ``house``: its exit code, output and errors."""
    monkeypatch.setattr("hansa.registry.load", lambda **_: house.registry())

    def call(*words, text="", zone="UTC"):
        house.mesh(text, zone)
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(house.folder / "mesh.yaml")])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capfd.readouterr()

    return call


def first_line(out):
    return out.splitlines()[0]


OTHER = "; --from and --to name other days"


def test_the_day_is_the_newest_of_all_sources_and_the_source_that_ends_there_is_named(hansa):
    told = "day 2026-03-04: the newest day that every daily source holds; t.labels ends there" + OTHER
    for words in (["run", "--dry-run"], ["run", "--bare"], ["explain"]):
        _, out, _ = hansa(*words)
        assert first_line(out) == told, words


def test_only_the_sources_behind_what_is_asked_count(hansa):
    _, out, _ = hansa("run", "t.sums", "--dry-run")
    assert first_line(out) == f"day 2026-03-06: the newest day that its source t.rows holds{OTHER}"


def test_days_that_were_named_are_not_told_again(hansa):
    for words in (["--from", "2026-03-02"], ["--to", "2026-03-02"], ["--stale"]):
        assert not hansa("run", "t.sums", "--dry-run", *words)[1].startswith("day ")


def test_a_mesh_without_rows_takes_yesterday_and_says_so(hansa, house):
    house.fill("t.rows", [])
    house.fill("t.labels", [])
    _, out, _ = hansa("explain", zone="Asia/Shanghai")
    assert ": yesterday in Asia/Shanghai, for no daily source holds rows" in first_line(out)


def test_json_of_a_dry_run_has_the_day_its_reason_and_the_steps(hansa):
    code, out, _ = hansa("run", "t.sums", "--dry-run", "--json")
    told = json.loads(out)
    assert (code, told["days"], told["right"]) == (0, ["2026-03-06", "2026-03-06"], 0)
    assert told["day_because"] == "the newest day that its source t.rows holds"
    assert told["steps"] == [
        {"product": "t.rows", "days": ["2026-03-06"] * 2, "why": "missing upstream: t.sums needs it"},
        {"product": "t.sums", "days": ["2026-03-06"] * 2, "why": "asked: it is not published"},
    ]


def test_json_of_a_run_has_what_became_of_each_step(hansa):
    code, out, _ = hansa("run", "t.sums", "--from", "2026-03-05", "--to", "2026-03-06", "--bare", "--json")
    told = json.loads(out)
    assert (code, told["day_because"]) == (0, None)
    found = [(one["product"], one["state"], one["published"], one["held"]) for one in told["steps"]]
    assert sorted(found) == [("t.rows", "published", 2, [])] + [("t.sums", "published", 1, [])] * 2
    again = json.loads(hansa("run", "t.sums", "--from", "2026-03-05", "--to", "2026-03-06", "--bare", "--json")[1])
    assert (again["right"], again["steps"]) == (2, [])


def test_json_of_a_run_with_a_held_day_is_json_and_the_hold_is_told_beside_it(hansa, house):
    house.contract("t.rows", quality="{name: rows.many, metric: rowCount, mustBeGreaterThan: 5}")
    code, out, err = hansa("run", "t.rows", "--from", "2026-03-05", "--bare", "--json")
    (step,) = json.loads(out)["steps"]
    assert (code, step["state"], step["held"]) == (1, "held", ["2026-03-05"])
    assert "rows.many" in err


def test_json_of_what_is_stale_has_no_days_of_its_own(hansa):
    told = json.loads(hansa("run", "--stale", "--dry-run", "--json")[1])
    assert (told["days"], told["steps"]) == (None, [])
    assert json.loads(hansa("run", "--stale", "--bare", "--json")[1])["steps"] == []


def test_explain_has_one_fact_a_line(hansa, house):
    house.contract("t.rows", quality="{name: rows.many, metric: rowCount, mustBeGreaterThan: 5}")
    lines = hansa("explain", "t.rows")[1].splitlines()
    begin = lines.index("t.rows") + 3
    assert lines[begin:] == [
        "  refuses a row by",
        "    late, window",
        "    amount: required, type",
        "    business_date: future, required, type",
        "  holds the whole by",
        "    rows.many",
        f"  writes file://{house.folder}/warehouse/t/rows",
        f"    under t.rows 1.0.0 ({house.folder}/t.rows.odcs.yaml)",
        "  matters to",
        "    t.both (no owner)",
        "    t.sums (no owner)",
    ]
    assert max(map(len, lines)) < 200


def test_many_rules_of_one_column_are_told_in_several_lines(hansa, house):
    from hansa.cli.explain import _by_column

    told = list(_by_column([f"amount.rule_number_{n}" for n in range(20)] + ["nameless"], {}))
    assert told[0] == "nameless"
    assert (len(told) > 3, all(line.startswith("amount: ") and len(line) < 120 for line in told[1:])) == (True, True)


def test_explain_as_json_says_why_the_day_was_taken(hansa):
    told = json.loads(hansa("explain", "t.sums", "--json")[1])
    assert (told["days"], told["day_because"]) == (
        ["2026-03-06", "2026-03-06"],
        "the newest day that its source t.rows holds",
    )
