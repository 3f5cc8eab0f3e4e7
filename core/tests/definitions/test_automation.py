"""What runs by itself: a schedule a module, what is promised to be fresh, what follows from a change of an old day."""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.definitions.assets import build
from hansa.definitions.automation import due
from hansa.definitions.service_level import freshness_of
from hansa.errors import MeshError
from hansa.products import Input, Product, days

DAYS = [dt.date(2026, 3, n) for n in range(1, 6)]
DAY = Column("business_date", "date", 1, required=True, partitioned=True)
AMOUNT = Column("amount", "number", 2, precision=18, scale=2)


def defined(institution, settings=""):
    institution.settings = settings
    return build(institution.mesh())


# --- a job and a schedule a module ----------------------------------------------------------------------------------


def test_a_module_has_a_job_of_its_products_and_a_schedule_that_is_stopped(institution):
    made = defined(institution)
    (schedule,) = made.schedules
    job = made.resolve_job_def("desk__core")
    assert {".".join(key.path) for key in job.asset_layer.selected_asset_keys} == set(institution.mesh().products)
    assert (schedule.job_name, schedule.default_status) == ("desk__core", dg.DefaultScheduleStatus.STOPPED)
    assert schedule.execution_timezone == "Asia/Shanghai"


def test_the_settings_say_when_and_in_which_zone_a_schedule_runs_and_whether_it_does(institution):
    (schedule,) = defined(
        institution, "dagster: {schedules: on, cron: '0 6 * * 1-5', cron_zone: Europe/Berlin}\n"
    ).schedules
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * 1-5", "Europe/Berlin")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_a_cron_line_that_means_nothing_is_one_sentence(institution):
    with pytest.raises(MeshError, match=r"dagster\.cron is '99 5 \* \* \*', which is no cron line"):
        defined(institution, "dagster: {cron: '99 5 * * *'}\n")


def asked(answer):
    return {".".join(key.path) for key in answer.asset_selection}


def test_a_schedule_asks_for_the_day_that_closed_in_the_meshs_zone(institution):
    made = defined(institution)
    (schedule,) = made.schedules
    tick = dt.datetime(2026, 3, 2, 22, 0, tzinfo=dt.UTC)  # the 3rd, 06:00 in Shanghai
    context = dg.build_schedule_context(scheduled_execution_time=tick, repository_def=made.get_repository_def())
    (request,) = schedule.evaluate_tick(context).run_requests
    assert (request.partition_key, request.run_key) == ("2026-03-02", "2026-03-02")


def test_a_module_runs_what_is_not_right_of_the_day(institution):
    institution.run(("desk.trades", DAYS[0]), ("desk.people", None))
    answer = due(institution.mesh(), list(institution.mesh().products), DAYS[0])
    assert asked(answer) == {"desk.sums", "desk.prices", "desk.report"}


def test_a_day_that_is_right_is_not_run_again(institution):
    institution.run(("desk.prices", DAYS[0]))
    answer = due(institution.mesh(), ["desk.prices"], DAYS[0])
    assert answer.skip_message == "2026-03-01 is right already"


def test_a_module_waits_until_the_other_modules_day_is_published(institution):
    answer = due(institution.mesh(), ["desk.sums"], DAYS[0])
    assert answer.skip_message == "desk.sums waits for desk.trades of 2026-03-01"
    institution.run(("desk.trades", DAYS[0]))
    assert asked(due(institution.mesh(), ["desk.sums"], DAYS[0])) == {"desk.sums"}


def test_a_day_before_the_mesh_is_skipped_with_the_reason(institution):
    answer = due(institution.mesh(), ["desk.prices"], dt.date(2025, 12, 31))
    assert "before the mesh's start" in answer.skip_message


# --- service levels -------------------------------------------------------------------------------------------------


def promised(tmp_path, *levels):
    path = tmp_path / "a.odcs.yaml"
    lines = "".join(f"  - {level}\n" for level in levels)
    path.write_text(f"id: desk.a\nslaProperties:\n{lines}")
    policy = freshness_of(Contract("desk.a", "1.0.0", (DAY,), path, digest="a"))
    return policy.fail_window.to_timedelta() if policy else None


@pytest.mark.parametrize(
    ("levels", "window"),
    [
        (["{property: frequency, value: 1, unit: d}"], dt.timedelta(hours=30)),
        (
            ["{property: frequency, value: 1, unit: day}", "{property: latency, value: 2, unit: h}"],
            dt.timedelta(hours=26),
        ),
        (["{property: frequency, value: P1W}", "{property: latency, value: PT12H}"], dt.timedelta(days=7.5)),
        (["{property: frequency, value: 1, unit: months}"], dt.timedelta(days=37.5)),
        (["{property: latency, value: 2, unit: h}"], None),
        (["{property: frequency, value: often}"], None),
        (["{property: frequency, value: 0, unit: d}"], None),
        (["{property: retention, value: 5, unit: y}"], None),
    ],
)
def test_the_freshness_of_a_product_is_its_contracts_service_level(tmp_path, levels, window):
    assert promised(tmp_path, *levels) == window


@pytest.mark.parametrize(
    "text",
    [
        "slaProperties:\n- property: frequency\n  # each day\n\n  value: 1\n  unit: d\nid: desk.a\n",
        "id: desk.a\nslaProperties: [{property: frequency, value: 1, unit: d}]\n",
        '{"id": "desk.a", "slaProperties": [{"property": "frequency", "value": 1, "unit": "d"}]}',
        "levels: &all\n  - {property: frequency, value: 1}\nslaProperties: *all\n",
    ],
    ids=["block", "flow", "json", "alias"],
)
def test_service_levels_are_read_however_they_are_written(tmp_path, text):
    path = tmp_path / "a.odcs.yaml"
    path.write_text(text)
    policy = freshness_of(Contract("desk.a", "1.0.0", (DAY,), path, digest="a"))
    assert policy.fail_window.to_timedelta() == dt.timedelta(hours=30)


def test_a_contract_without_service_levels_promises_nothing():
    assert freshness_of(Contract("desk.a", "1.0.0", (DAY,), Path("none.odcs.yaml"), digest="a")) is None


# --- pools ------------------------------------------------------------------------------------------------------------


def test_the_steps_of_a_module_share_the_pool_that_is_named_and_its_slots(institution):
    institution.settings = "dagster: {pools: {desk.core: heavy, desk.people: light}, pool_slots: {heavy: 1}}\n"
    made = build(institution.mesh()).assets
    pools = {asset.key.path[-1]: asset.op.pool for asset in made if isinstance(asset, dg.AssetsDefinition)}
    slots = institution.asked(lambda instance: instance.event_log_storage.get_concurrency_info("heavy").slot_count)
    assert (pools["trades"], pools["people"], slots) == ("heavy", "light", 1)


# --- what follows from a change -------------------------------------------------------------------------------------


@pytest.fixture
def rolling(institution):
    """Five days of one trade each, and of each day the sum over it and the two before; all published."""

    def sums(trades, run):
        made = [
            trades.filter(pl.col("business_date").is_between(day - dt.timedelta(days=2), day))
            .select(pl.col("amount").sum())
            .select(pl.lit(day).alias("business_date"), "amount")
            for day in run.days
        ]
        return pl.concat(made)

    institution.extra = (Product("desk.rolling", (Input("desk.trades@1", lookback=days(2)),), function=sums),)
    institution.contracts = (Contract("desk.rolling", "1.0.0", (DAY, AMOUNT), Path("r.odcs.yaml"), digest="r"),)
    institution.amounts = {day: [f"{n}.00"] for n, day in enumerate(DAYS, 1)}
    institution.settings = "dagster: {automation: on}\n"
    institution.launch(DAYS[0], DAYS[-1], "desk.trades", "desk.rolling")
    return institution


def requested(institution, cursor=None):
    """What one look of the sensor would run, by product, and where the next look goes on."""
    made = build(institution.mesh())

    def look(instance):
        return dg.evaluate_automation_conditions(defs=made, instance=instance, cursor=cursor)

    found = institution.asked(look)
    wanted = {}
    for name in ("rolling", "sums", "report", "trades"):
        keys = found.get_requested_partitions(dg.AssetKey(["desk", name]))
        if keys:
            wanted[name] = keys
    return wanted, found.cursor


def restate(institution, day, amount):
    institution.amounts[day] = [amount]
    institution.run(("desk.trades", day))


def test_a_restated_old_day_sets_off_just_the_days_that_read_it(rolling):
    _, cursor = requested(rolling)
    restate(rolling, DAYS[1], "2.50")
    wanted, _ = requested(rolling, cursor)
    assert wanted["rolling"] == {str(day) for day in DAYS[1:4]}


def test_what_was_made_again_once_is_not_made_again(rolling):
    _, cursor = requested(rolling)
    restate(rolling, DAYS[1], "2.50")
    _, cursor = requested(rolling, cursor)
    rolling.launch(DAYS[1], DAYS[3], "desk.rolling")
    wanted, _ = requested(rolling, cursor)
    assert "rolling" not in wanted


def test_a_run_that_changes_nothing_sets_nothing_off(rolling):
    _, cursor = requested(rolling)
    rolling.run(("desk.trades", DAYS[1]))
    rolling.launch(DAYS[0], DAYS[-1], "desk.trades")
    assert requested(rolling, cursor)[0] == {}


def test_a_held_day_sets_nothing_off(rolling):
    _, cursor = requested(rolling)
    rolling.amounts[DAYS[1]] = ["-1.00", "-2.00", "3.00"]
    rolling.run(("desk.trades", DAYS[1]))
    assert requested(rolling, cursor)[0] == {}


def test_a_change_that_was_published_without_dagster_sets_off_the_same_days(rolling):
    from hansa.definitions.history import report

    _, cursor = requested(rolling)
    rolling.amounts[DAYS[1]] = ["2.50"]
    rolling.run(("desk.trades", DAYS[1]), bare=True)
    rolling.asked(lambda instance: report(rolling.mesh(), instance))
    assert requested(rolling, cursor)[0]["rolling"] == {str(day) for day in DAYS[1:4]}


@pytest.mark.parametrize(
    ("setting", "status"),
    [("on", dg.DefaultSensorStatus.RUNNING), ("stopped", dg.DefaultSensorStatus.STOPPED), ("off", None)],
)
def test_a_setting_says_whether_changes_are_followed_at_all(institution, setting, status):
    made = defined(institution, f"dagster: {{automation: {setting}}}\n")
    assert [sensor.default_status for sensor in made.sensors] == ([status] if status else [])
    specs = {spec.key.path[-1]: spec for spec in made.resolve_all_asset_specs()}
    assert (specs["sums"].automation_condition is None) == (status is None)
    assert specs["trades"].automation_condition is None
