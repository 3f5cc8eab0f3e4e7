"""What was published without Dagster watching is told to Dagster, each publication once."""

import datetime as dt

import dagster as dg
from hansa.definitions.history import report

MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)


def told(institution):
    return institution.asked(lambda instance: report(institution.mesh(), instance))


def test_a_publication_is_told_once(institution):
    institution.run(("desk.prices", MONDAY), ("desk.people", None), bare=True)
    assert (told(institution), told(institution)) == (2, 0)
    shown = institution.materialisations("desk.prices")
    assert [(event.partition, event.metadata["dagster/row_count"].value) for event in shown] == [("2026-03-02", 1)]


def test_the_next_run_tells_of_what_was_published_bare(institution):
    institution.run(("desk.prices", MONDAY), bare=True)
    institution.run(("desk.prices", TUESDAY))
    shown = institution.materialisations("desk.prices")
    assert sorted(event.partition for event in shown) == ["2026-03-02", "2026-03-03"]


def test_what_dagster_ran_itself_is_not_told_again(institution):
    institution.run(("desk.trades", MONDAY))
    assert told(institution) == 0


def test_a_hold_without_dagster_is_told_as_a_failed_check(institution):
    institution.amounts[MONDAY] = ["-1.00", "-2.00", "3.00"]
    institution.run(("desk.trades", MONDAY), bare=True)
    told(institution)
    quarantine = institution.checks("desk.trades")["quarantine"]
    assert (quarantine.passed, quarantine.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert institution.materialisations("desk.trades") == []


def test_the_last_word_on_a_check_is_the_newest_days(institution):
    institution.amounts[MONDAY] = ["-1.00", "-2.00", "3.00"]
    institution.run(("desk.trades", MONDAY), ("desk.trades", TUESDAY), bare=True)
    told(institution)
    assert institution.checks("desk.trades")["quarantine"].metadata["day"].value == "2026-03-03"


def test_targets_measured_without_dagster_are_told(institution):
    institution.kpis = [("desk.hit", 0.9)]
    steps = [("desk.trades", MONDAY), ("desk.sums", MONDAY), ("desk.people", None), ("desk.report", None)]
    institution.run(*steps, bare=True)
    told(institution)
    assert institution.checks("desk.report")["desk.hit"].passed


def test_rows_of_no_day_are_no_partition(institution):
    """A receipt of refused rows comes last in its publication, and has no checks of its own to tell."""
    from hansa.definitions.history import _events
    from hansa.receipt import Publication, Receipt

    counts = {"incoming": 1, "accepted": 1, "quarantined": 0, "identical": 0, "published": 1}
    day = Receipt("2026-03-02", "published", counts, digests={"published": "1:2"})
    refused = Receipt(None, "prepared", counts | {"published": 0}, broken={"business_date.type": 1})
    mesh = institution.mesh()
    publication = Publication("desk.trades", "1.0.0", "", "", "", (day, refused))
    events = list(_events(mesh, mesh.products["desk.trades"], publication, newest=True))
    assert [event.partition for event in events if isinstance(event, dg.AssetMaterialization)] == ["2026-03-02"]
    assert all(event.passed for event in events if isinstance(event, dg.AssetCheckEvaluation))
