"""Many days in one run: each has a verdict, a receipt and a row of its own, and one bad day stops no other one."""

import datetime as dt

import dagster as dg
import pytest
from hansa.errors import DataError, PluginError, WorldError
from hansa.receipt import book_of

FIRST, LAST = dt.date(2026, 3, 2), dt.date(2026, 3, 6)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(5)]
EMPTY, HELD = DAYS[2], DAYS[3]
BAD = ["-1.00", "-2.00", "3.00"]
BOTH = "desk.trades", "desk.sums"


def materialised(institution, product):
    """Rows by day, of the newest materialisation of each."""
    shown = reversed(institution.materialisations(product))
    return {event.partition: event.metadata["dagster/row_count"].value for event in shown}


@pytest.fixture
def mixed(institution):
    """Five days of prices in one run: the trades of one are too bad; the result of the run, too."""
    institution.amounts[HELD] = BAD
    institution.result = institution.launch(FIRST, LAST, *BOTH)
    return institution


def good():
    return {str(day) for day in DAYS if day != HELD}


def test_each_good_day_is_materialised_with_its_own_receipt(institution):
    institution.amounts[EMPTY] = ["7.00"] * 3
    assert institution.launch(FIRST, LAST, "desk.trades").success
    assert materialised(institution, "desk.trades") == {str(day): 3 if day == EMPTY else 2 for day in DAYS}
    book = book_of(institution.mesh().warehouse, "desk.trades").current()
    shown = institution.materialisations("desk.trades")
    assert len(shown) == 5
    assert {e.metadata["hansa/receipt"].value for e in shown} == {p.digest for _, p in book.values()}


def test_equal_rows_have_one_data_version_whether_run_alone_or_with_other_days(institution):
    institution.launch(FIRST, LAST, "desk.trades")
    institution.run(("desk.trades", DAYS[1]))
    versions = [e.tags["dagster/data_version"] for e in institution.materialisations("desk.trades")]
    days = [e.partition for e in institution.materialisations("desk.trades")]
    assert len(set(versions)) == 5
    assert versions[0] == dict(zip(days[1:], versions[1:], strict=True))[days[0]]


def test_each_day_has_its_checks_in_the_run(institution):
    result = institution.launch(FIRST, LAST, "desk.trades")
    told = [e.event_specific_data for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    quarantine = [one.metadata["day"].value for one in told if one.check_name == "quarantine" and one.passed]
    assert quarantine == [str(day) for day in DAYS]


def test_the_page_of_a_check_shows_the_worst_day_of_a_run(institution):
    institution.amounts[EMPTY] = ["7.00", "8.00", "-1.00"]
    institution.launch(FIRST, LAST, "desk.trades")
    shown = institution.checks("desk.trades")["values"]
    assert (shown.passed, shown.metadata["day"].value) == (False, str(EMPTY))


def test_a_held_day_is_no_materialisation_and_a_failed_check(mixed):
    assert set(materialised(mixed, "desk.trades")) == good()
    last = mixed.checks("desk.trades")["quarantine"]
    assert (last.passed, last.severity, last.metadata["day"].value) == (False, dg.AssetCheckSeverity.ERROR, str(HELD))


def test_what_is_made_from_the_other_days_is_made(mixed):
    assert set(materialised(mixed, "desk.sums")) == good()


def test_the_run_fails_and_names_each_day_that_is_not_right(mixed):
    assert not mixed.result.success
    (failure,) = [e for e in mixed.result.all_events if e.is_step_failure]
    told = failure.step_failure_data.error.message
    assert f"held: desk.trades {HELD}" in told
    assert f"not run: desk.sums {HELD}: because desk.trades is held" in told


def test_the_receipts_say_what_dagster_says(mixed):
    latest = book_of(mixed.mesh().warehouse, "desk.trades").latest()
    assert {day for day, (receipt, _) in latest.items() if receipt.state == "held"} == {str(HELD)}
    assert set(book_of(mixed.mesh().warehouse, "desk.sums").latest()) == good()


def test_a_held_day_fails_the_run_also_where_nothing_is_made_from_it(institution):
    institution.amounts[HELD] = BAD
    assert not institution.launch(FIRST, LAST, "desk.trades").success
    assert set(materialised(institution, "desk.trades")) == good()


def test_nothing_is_told_twice(mixed):
    from hansa.definitions.history import report

    assert mixed.asked(lambda instance: report(mixed.mesh(), instance)) == 0


def test_the_same_days_again_change_nothing_and_are_materialised_under_their_receipts(institution):
    institution.launch(FIRST, LAST, *BOTH)
    before = {e.metadata["hansa/receipt"].value for e in institution.materialisations("desk.sums")}
    assert institution.launch(FIRST, LAST, *BOTH).success
    again = institution.materialisations("desk.sums")[:5]
    assert {e.metadata["hansa/receipt"].value for e in again} == before
    assert {e.partition for e in again} == {str(day) for day in DAYS}


def test_a_mended_day_alone_changes_and_the_others_keep_their_receipts(mixed):
    before = {e.partition: e.metadata["hansa/receipt"].value for e in mixed.materialisations("desk.trades")}
    mixed.amounts[HELD] = ["9.00"]
    assert mixed.launch(FIRST, LAST, *BOTH).success
    after = {e.partition: e.metadata["hansa/receipt"].value for e in mixed.materialisations("desk.trades")[:5]}
    assert {day for day in after if before.get(day) != after[day]} == {str(HELD)}


def test_a_product_whose_input_day_is_not_published_is_not_run_for_that_day(institution):
    institution.run(*[("desk.trades", day) for day in DAYS[:2]])
    result = institution.launch(DAYS[0], DAYS[2], "desk.sums")
    assert not result.success
    assert set(materialised(institution, "desk.sums")) == {str(day) for day in DAYS[:2]}
    told = next(e for e in result.all_events if e.is_step_failure).step_failure_data.error.message
    assert f"not run: desk.sums {DAYS[2]}: because desk.trades is not published" in told


def test_a_whole_product_in_the_same_run_is_not_made_of_lost_days(institution):
    institution.amounts[HELD] = BAD
    result = institution.launch(FIRST, LAST, *BOTH, "desk.people", "desk.report")
    assert not result.success
    assert institution.calls["desk.report"] == 0
    assert len(institution.materialisations("desk.people")) == 1


def test_a_day_that_fails_stops_no_other_day(institution):
    institution.days_that_fail = {HELD: ValueError("secret 19900000017")}
    result = institution.launch(FIRST, LAST, "desk.trades")
    assert set(materialised(institution, "desk.trades")) == good()
    told = next(e for e in result.all_events if e.is_step_failure).step_failure_data.error.message
    assert f"failed: desk.trades {HELD}" in told
    assert "19900000017" not in told


# --- what is tried again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (WorldError("catalog.unreachable", "the catalog does not answer"), 3),
        (DataError("source.missing", "the file is gone"), 1),
        (PluginError("product.failed", "its function failed"), 1),
        (ValueError("no"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_an_error_of_the_surroundings_is_tried_again(institution, fault, calls):
    institution.settings = "dagster: {retries: 2, retry_delay: 0}\n"
    institution.faults["desk.prices"] = fault
    assert not institution.launch(FIRST, FIRST, "desk.prices").success
    assert institution.calls["desk.prices"] == calls


def test_what_passes_at_the_next_try_is_published_once(institution):
    institution.settings = "dagster: {retries: 2, retry_delay: 0}\n"
    institution.once["desk.prices"] = WorldError("catalog.unreachable", "the catalog does not answer")
    result = institution.launch(FIRST, LAST, "desk.prices")
    (again,) = [event.step_retry_data for event in result.all_events if event.is_step_up_for_retry]
    assert "the catalog does not answer" in again.error.to_string()
    assert result.success
    assert len(institution.materialisations("desk.prices")) == 5


def test_a_run_of_the_command_line_is_not_tried_again(institution):
    institution.faults["desk.prices"] = WorldError("catalog.unreachable", "the catalog does not answer")
    assert institution.run(("desk.prices", FIRST))["desk.prices"].state == "failed"
    assert institution.calls["desk.prices"] == 1
