"""Asked days through Dagster: what is held stops what is made from it, and nothing else."""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.products import Input, Product, days

MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
BAD = ["-1.00", "-2.00", "3.00"]
DAY = Column("business_date", "date", 1, required=True, partitioned=True)
AMOUNT = Column("amount", "number", 2, precision=18, scale=2)


@pytest.fixture
def held(institution):
    """Trades of Monday are too bad; the sums are made from them, the prices are not."""
    institution.amounts[MONDAY] = BAD
    institution.outcomes = institution.run(("desk.trades", MONDAY), ("desk.sums", MONDAY), ("desk.prices", MONDAY))
    return institution


def test_a_hold_is_a_failed_blocking_check_and_no_materialisation(held):
    quarantine = held.checks("desk.trades")["quarantine"]
    assert (quarantine.passed, quarantine.severity, quarantine.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert held.materialisations("desk.trades") == []


def test_what_is_made_from_a_held_product_is_not_started(held):
    assert held.calls["desk.sums"] == 0
    assert held.outcomes["desk.sums"].reason == "because desk.trades is held"


def test_what_does_not_read_a_held_product_runs(held):
    assert held.outcomes["desk.prices"].state == "published"
    assert len(held.materialisations("desk.prices")) == 1


def test_a_held_day_does_not_stop_the_next_one(institution):
    institution.amounts[MONDAY] = BAD
    institution.run(("desk.trades", MONDAY), ("desk.trades", TUESDAY))
    assert [shown.partition for shown in institution.materialisations("desk.trades")] == ["2026-03-03"]


def test_what_does_not_read_the_held_day_itself_runs(institution):
    def eve(trades, run):
        return trades.select(business_date=pl.lit(run.first), amount=pl.col("amount").sum())

    institution.extra = (
        Product("desk.eve", (Input("desk.trades@1", lookback=days(1), own_days=False),), function=eve),
    )
    institution.contracts = (Contract("desk.eve", "1.0.0", (DAY, AMOUNT), Path("desk.eve.odcs.yaml"), digest="eve"),)
    institution.amounts[TUESDAY] = BAD
    outcomes = institution.run(("desk.trades", MONDAY), ("desk.trades", TUESDAY), ("desk.eve", TUESDAY))
    assert (outcomes["desk.trades"].state, outcomes["desk.eve"].state) == ("held", "published")


def test_a_good_run_after_a_hold_mends_the_check(held):
    held.amounts[MONDAY] = ["1.00"]
    assert held.run(("desk.trades", MONDAY), ("desk.sums", MONDAY))["desk.sums"].state == "published"
    assert held.checks("desk.trades")["quarantine"].passed


def test_what_is_made_from_a_failed_product_is_not_started(institution):
    institution.faults["desk.trades"] = ValueError("no")
    outcomes = institution.run(("desk.trades", MONDAY), ("desk.sums", MONDAY))
    assert (outcomes["desk.trades"].state, outcomes["desk.sums"].state) == ("failed", "not run")
    statuses = institution.asked(lambda instance: [run.status for run in instance.get_runs()])
    assert statuses == [dg.DagsterRunStatus.FAILURE]


def test_each_day_is_a_run_of_its_own(institution):
    institution.run(("desk.trades", MONDAY), ("desk.sums", MONDAY), ("desk.trades", TUESDAY))
    runs = institution.asked(lambda instance: [run.tags["dagster/partition"] for run in instance.get_runs()])
    assert sorted(runs) == ["2026-03-02", "2026-03-03"]


def test_a_run_names_the_location_that_the_pages_load(institution):
    institution.run(("desk.trades", MONDAY))
    (run,) = institution.asked(lambda instance: instance.get_runs())
    assert (run.remote_job_origin.location_name, run.remote_job_origin.job_name) == ("mesh", "__ASSET_JOB")
    assert run.tags[".dagster/repository"] == "__repository__@mesh"


def test_dagster_prints_nothing(institution, capfd):
    institution.run(("desk.trades", MONDAY), ("desk.people", None))
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_stops_the_days_that_are_left(institution):
    institution.interrupted = "desk.trades"
    with pytest.raises(KeyboardInterrupt):
        institution.run(("desk.trades", MONDAY), ("desk.trades", TUESDAY))
    assert institution.calls["desk.trades"] == 1


def test_what_lacks_an_input_that_was_held_is_told_as_not_run_with_the_cause(institution):
    institution.extra = (
        Product(
            "desk.eve", (Input("desk.trades@1", lookback=days(1), own_days=False),), function=lambda trades: trades
        ),
    )
    institution.contracts = (Contract("desk.eve", "1.0.0", (DAY, AMOUNT), Path("desk.eve.odcs.yaml"), digest="eve"),)
    institution.amounts[MONDAY] = BAD
    outcome = institution.run(("desk.trades", MONDAY), ("desk.eve", TUESDAY))["desk.eve"]
    assert (outcome.state, outcome.reason) == (
        "not run",
        "because it reads desk.trades, which was never published, since it is held",
    )


def test_the_page_of_a_run_says_that_a_step_without_its_input_was_not_run(institution):
    institution.extra = (
        Product(
            "desk.eve", (Input("desk.trades@1", lookback=days(1), own_days=False),), function=lambda trades: trades
        ),
    )
    institution.contracts = (Contract("desk.eve", "1.0.0", (DAY, AMOUNT), Path("desk.eve.odcs.yaml"), digest="eve"),)
    institution.run(("desk.eve", TUESDAY))
    (failure,) = institution.asked(
        lambda instance: [
            one.dagster_event.step_failure_data.error.message
            for run in instance.get_runs()
            for one in instance.all_logs(run.run_id)
            if one.is_dagster_event and one.dagster_event.is_step_failure
        ]
    )
    assert "not run: because it reads desk.trades, which was never published" in failure
