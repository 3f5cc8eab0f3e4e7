"""A receipt as check results: whatever holds a publication is an error of one check, and nothing else is."""

import dagster as dg
import pytest
from hansa.definitions.events import check_results, metadata
from hansa.receipt import InputRead, Publication, Receipt
from hypothesis import given
from hypothesis import strategies as st

COUNTS = {"incoming": 4, "accepted": 4, "quarantined": 0, "identical": 0, "published": 4}


@pytest.fixture(scope="module")
def trades(tmp_path_factory):
    from hansa.mesh import MeshProduct
    from hansa.products import Product

    contract = _contract()
    return MeshProduct(Product("desk.trades", function=lambda: None), "desk.core", contract)


def _contract():
    from pathlib import Path

    from hansa.contract.model import Column, Contract, Rule

    columns = (
        Column("business_date", "date", 1, required=True, partitioned=True),
        Column("id", "string", 2, key_position=1, pattern="^[a-z]+$"),
    )
    rules = (
        Rule("volume", "rowCount", (), "mustBeGreaterThan", (0.0,), line=9),
        Rule("volume: late", "rowCount", (), "mustBeGreaterThan", (0.0,), line=9),
    )
    return Contract("desk.trades", "1.0.0", columns, Path("a"), "d", rules=rules, quarantine_share=0.1)


def errors(trades, receipt):
    return [r.check_name for r in check_results(trades, receipt) if r.severity == dg.AssetCheckSeverity.ERROR]


def receipt(state="held", broken=None, reasons=()):
    return Receipt("2026-03-02", state, COUNTS, broken=broken or {}, reasons=tuple(reasons))


@pytest.mark.parametrize(
    ("reason", "check"),
    [
        ("volume: 0 rows, the contract wants more than 0", "table"),
        ("volume: late: 0 rows, the contract wants more than 0", "table"),
        ("2 of 4 rows quarantined (50.0%, the contract allows 10.0%): id.pattern 2", "quarantine"),
        ("all 4 rows quarantined, none is left to publish: id.pattern 4", "quarantine"),
        ("no rows came, so there is no day to publish", "quarantine"),
        ("primaryKey: 3 keys also stand in a day that stays", "unique"),
    ],
)
def test_the_check_of_the_rule_that_held_is_the_error(trades, reason, check):
    assert errors(trades, receipt(reasons=[reason])) == [check]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_every_hold_is_an_error_of_some_check_whatever_its_reason_says(trades, reasons):
    assert errors(trades, receipt(reasons=reasons))


def test_rows_in_quarantine_warn(trades):
    broken = {r.check_name: r for r in check_results(trades, receipt("published", {"id.pattern": 2}))}
    assert not broken["values"].passed
    assert errors(trades, receipt("published", {"id.pattern": 2})) == []
    assert broken["values"].metadata["broken"].value == {"id.pattern": 2}


def test_the_check_says_why_the_publication_was_held(trades):
    held = {r.check_name: r for r in check_results(trades, receipt(reasons=["volume: 0 rows"]))}
    assert held["table"].metadata["held because"].value == "volume: 0 rows"
    assert "held because" not in held["values"].metadata


def test_the_check_names_the_rules_that_were_passed_over(trades):
    holiday = Receipt("2026-03-02", "published", COUNTS | {"incoming": 0}, unchecked=("volume", "volume: late"))
    told = {r.check_name: r.metadata for r in check_results(trades, holiday)}
    assert told["table"]["not checked"].value == "volume, volume: late"
    assert "not checked" not in told["values"]


def published(holiday, rows):
    inputs = (InputRead("source of desk.trades"), *([InputRead(f"calendar: {holiday}")] if holiday else []))
    day = Receipt("2026-03-02", "published", COUNTS | {"published": rows}, digests={"published": "0:0:0"})
    return metadata(Publication("desk.trades", "1.0.0", "c", "r", "2026-03-03", (day,), inputs), day)


def test_a_materialisation_of_a_declared_holiday_says_which_one_it_was():
    assert published("holiday Harvest", rows=0)["hansa/holiday"] == "holiday Harvest"


@pytest.mark.parametrize(("calendar", "rows"), [("", 0), ("rows are expected daily", 0), ("holiday Harvest", 4)])
def test_no_other_materialisation_speaks_of_a_holiday(calendar, rows):
    assert "hansa/holiday" not in published(calendar, rows)
