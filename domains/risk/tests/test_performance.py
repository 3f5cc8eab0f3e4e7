from __future__ import annotations

import datetime as dt
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
import yaml
from hansa_risk.performance import Period, Published, card_precision, fraud_kpis, judged_rows, measures, periods

DAY = dt.date(2026, 2, 10)
SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "fraud_handbook" / "transactions.parquet"


def start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def published(rows: list[dict], labels: list[tuple], alerts: tuple[str, ...] = ()) -> Published:
    """Transactions of model version ``v`` scored on their day; labels are (txn_id, known_at, is_fraud)."""
    frame = pl.DataFrame(
        [{"card_token": row["txn_id"], "score": 0.5, "amount": 10.0, "scored": True, **row} for row in rows]
    ).with_columns(business_date=pl.col("booked_at").dt.date(), account_token=pl.lit("a"), model_version=pl.lit("v"))
    scored = frame.filter("scored").with_columns(payer_token="card_token")
    rules = {"card_count_1d": 0, "merchant_frauds_7d": 0, "new_device_for_card": False, "new_country_for_card": False}
    said = pl.DataFrame(
        labels,
        schema={"txn_id": pl.String, "known_at": pl.Datetime("us", "UTC"), "is_fraud": pl.Boolean},
        orient="row",
    ).with_columns(business_date=pl.col("known_at").dt.date())
    ratios = scored.with_columns(amount_to_mean_30d=pl.col("amount") / 10, **{k: pl.lit(v) for k, v in rules.items()})
    return Published(
        scored.lazy(), scored.filter(pl.col("txn_id").is_in(alerts)).lazy(), ratios.lazy(), frame.lazy(), said.lazy()
    )


def left(given: Published, days: int = 2) -> set[str]:
    measured = tuple(DAY + dt.timedelta(days=n) for n in range(days))
    rows = judged_rows(given, Period("v", DAY, measured[-1], measured), start_of, compromised_days=14, label_wait=7)
    return set(rows["txn_id"])


def booked(day: float) -> dt.datetime:
    return start_of(DAY) + dt.timedelta(days=day)


OLD_FRAUD = {"txn_id": "old", "card_token": "k", "booked_at": booked(-5), "scored": False}
TODAY = {"txn_id": "today", "card_token": "k", "booked_at": booked(0.5)}
TOMORROW = {"txn_id": "tomorrow", "card_token": "k", "booked_at": booked(1.5)}


@pytest.mark.parametrize(
    ("happened", "known", "kept"),
    [
        (-5, -1, set()),
        (-5, 0.2, {"today"}),
        (-5, 3, {"today", "tomorrow"}),
        (-14, -1, set()),
        (-14.1, -1, {"today", "tomorrow"}),
    ],
)
def test_a_card_is_left_out_from_the_day_before_which_its_late_fraud_was_known(happened, known, kept):
    given = published([{**OLD_FRAUD, "booked_at": booked(happened)}, TODAY, TOMORROW], [("old", booked(known), True)])
    assert left(given) == kept


def test_a_card_whose_fraud_was_taken_back_is_not_left_out():
    labels = [("old", booked(-3), True), ("old", booked(-1), False)]
    assert left(published([OLD_FRAUD, TODAY, TOMORROW], labels)) == {"today", "tomorrow"}


def test_a_period_holds_the_days_of_one_version_whose_labels_are_due():
    given = published([TODAY, TOMORROW], [("today", booked(7.5), True)])
    assert list(periods(given, label_wait=7)) == [Period("v", DAY, DAY + dt.timedelta(days=1), (DAY,))]


def test_decisions_are_counted_against_the_last_label():
    rows = [
        {"txn_id": name, "booked_at": booked(0.1), "amount": amount}
        for name, amount in zip("abcd", (10, 30, 5, 5), strict=True)
    ]
    given = published(rows, [("a", booked(1), True), ("b", booked(1), True)], alerts=("b", "c"))
    judged = judged_rows(given, Period("v", DAY, DAY, (DAY,)), start_of, 14, 7)
    found = measures(judged, "score", "alerted")
    names = ("accuracy", "precision", "recall", "lost_share")
    assert [found[f"risk.fraud.{name}"].value for name in names] == [0.5, 0.5, 0.5, 0.25]


def test_the_rules_get_as_many_alerts_as_were_published():
    rows = [
        {"txn_id": name, "booked_at": booked(0.1), "amount": amount}
        for name, amount in zip("abc", (10, 50, 5), strict=True)
    ]
    judged = judged_rows(published(rows, [], alerts=("c",)), Period("v", DAY, DAY, (DAY,)), start_of, 14, 7)
    assert judged.filter("rules_alerted")["txn_id"].to_list() == ["b"]


def test_card_precision_takes_found_cards_out_of_the_following_days():
    judged = pl.DataFrame(
        {
            "business_date": [DAY, DAY, DAY + dt.timedelta(days=1)],
            "payer_token": ["k", "l", "k"],
            "score": [0.9, 0.1, 0.9],
            "is_fraud": [True, False, True],
        }
    )
    assert card_precision(judged, "score") == (0.01 + 0) / 2


def test_a_decision_of_the_desk_says_nothing_of_how_far_the_label_book_is():
    given = published([TODAY, TOMORROW], [("today", booked(7.5), True), ("today", booked(30), False)])
    (period,) = periods(replace(given, delivered=DAY + dt.timedelta(days=7)), label_wait=7)
    assert period.measured == (DAY,)


def test_an_alert_that_a_list_raised_is_one_of_the_rules_desk_too():
    """The rules choose only the other places: a desk without a model has its lists all the same."""
    rows = [{"txn_id": n, "booked_at": booked(0.1), "amount": a} for n, a in zip("abc", (10, 50, 5), strict=True)]
    given = published(rows, [], alerts=("a", "c"))
    lists = pl.when(pl.col("txn_id") == "c").then(pl.lit("black"))
    given = replace(given, alerts=given.alerts.with_columns(list=lists))
    judged = judged_rows(given, Period("v", DAY, DAY, (DAY,)), start_of, 14, 7)
    assert judged.filter("rules_alerted")["txn_id"].to_list() == ["b", "c"]


def test_whom_a_list_or_a_snooze_keeps_out_takes_no_place_of_the_rules():
    """A desk without a model is kept from them too; the place goes to the next one by the rules."""
    rows = [{"txn_id": n, "booked_at": booked(0.1), "amount": a} for n, a in zip("abc", (10, 50, 5), strict=True)]
    given = published(rows, [], alerts=("c",))
    given = replace(given, kept_out=pl.LazyFrame({"txn_id": ["b"]}))
    judged = judged_rows(given, Period("v", DAY, DAY, (DAY,)), start_of, 14, 7)
    assert judged.filter("rules_alerted")["txn_id"].to_list() == ["a"]
    assert judged.filter("alerted")["txn_id"].to_list() == ["c"]


def test_recall_is_told_for_each_kind_of_fraud_that_a_label_names():
    rows = [{"txn_id": name, "booked_at": booked(0.1)} for name in "abcd"]
    given = published(rows, [(name, booked(1), True) for name in "abc"] + [("d", booked(8), False)], alerts=("a",))
    kinds = pl.col("txn_id").replace_strict({"a": "mule", "b": "mule"}, default=None)
    given = replace(given, labels=given.labels.with_columns(scenario=kinds))
    kpis = {row["kpi"]: row for row in fraud_kpis(given, start_of, 7, 14).collect().to_dicts()}
    mule, unnamed = kpis["risk.fraud.recall.mule"], kpis["risk.fraud.recall.unnamed"]
    assert (mule["value"], mule["frauds"], mule["rows"]) == (0.5, 2, 2)
    assert (unnamed["value"], unnamed["frauds"]) == (0.0, 1)


def test_a_card_that_was_caught_by_one_kind_of_fraud_is_not_missed_by_another():
    rows = [
        {"txn_id": "a", "card_token": "k", "booked_at": booked(0.1)},
        {"txn_id": "b", "card_token": "k", "booked_at": booked(1.1)},
        {"txn_id": "c", "card_token": "m", "booked_at": booked(1.1)},
    ]
    given = published(rows, [(name, booked(7.5), True) for name in "abc"], alerts=("a",))
    kinds = pl.col("txn_id").replace_strict({"a": "mule", "b": "ring", "c": "ring"}, default=None)
    given = replace(given, labels=given.labels.with_columns(scenario=kinds), delivered=DAY + dt.timedelta(days=9))
    kpis = {row["kpi"]: row for row in fraud_kpis(given, start_of, 7, 14).collect().to_dicts()}
    assert (kpis["risk.fraud.recall.ring"]["value"], kpis["risk.fraud.recall.ring"]["frauds"]) == (0.0, 2)
    assert kpis["risk.fraud.recall.mule"]["value"] == 1.0
    assert kpis["risk.fraud.recall"]["value"] == 1 / 2


@pytest.mark.parametrize(("days", "fraud"), [(7.9, True), (8, False), (20, False)])
def test_a_label_that_came_after_its_day_was_due_changes_no_kpi(days, fraud):
    """Else a longer run, which reads later labels, would measure the same day otherwise."""
    given = published([TODAY], [("today", booked(days), True)])
    given = replace(given, labels=given.labels.with_columns(scenario=pl.lit("mule")))
    judged = judged_rows(given, Period("v", DAY, DAY, (DAY,)), start_of, 14, 7)
    assert (judged["is_fraud"].item(), judged["scenario"].item()) == (fraud, "mule" if fraud else None)


def test_a_label_is_taken_until_the_day_is_due_by_the_mesh_s_clock():
    """A day on which clocks go back is an hour longer: what came in that hour is taken too."""

    def longer(day: dt.date) -> dt.datetime:
        return start_of(day) + dt.timedelta(hours=1 if day > DAY + dt.timedelta(days=3) else 0)

    given = published([TODAY], [("today", booked(8) + dt.timedelta(minutes=30), True)])
    assert judged_rows(given, Period("v", DAY, DAY, (DAY,)), longer, 14, 7)["is_fraud"].item()


def test_rows_and_frauds_count_a_caught_payer_which_ratios_leave_out_and_the_contract_says_so():
    rows = [{"txn_id": n, "card_token": "k", "booked_at": booked(d)} for n, d in (("a", 0.1), ("b", 1.1))]
    given = published(rows, [(name, booked(7.5), True) for name in "ab"], alerts=("a",))
    given = replace(given, delivered=DAY + dt.timedelta(days=9))
    kpis = {row["kpi"]: row for row in fraud_kpis(given, start_of, 7, 14).collect().to_dicts()}
    recall = kpis["risk.fraud.recall"]
    assert (recall["value"], recall["rows"], recall["frauds"]) == (1.0, 2, 2)
    contract = yaml.safe_load((files("hansa_contracts") / "risk" / "fraud_kpis.odcs.yaml").read_text("utf-8"))
    told = {one["name"]: one for one in contract["schema"][0]["properties"]}
    for name in ("rows", "frauds"):
        assert "caught" in told[name]["description"]
        assert "\u622a\u83b7" in told[name]["customProperties"][0]["value"]


@pytest.mark.shared
def test_the_handbook_s_protocol_leaves_its_transactions_and_frauds():
    """Le Borgne et al.: test week 2018-08-08 to 14, labels seven days late."""
    raw = pl.scan_parquet(SHARED).filter(pl.col("TX_DATETIME") >= dt.datetime(2018, 7, 20))
    at = pl.col("TX_DATETIME").dt.replace_time_zone("UTC")
    first, last = dt.date(2018, 8, 8), dt.date(2018, 8, 14)
    rows = raw.select(
        txn_id=pl.col("TRANSACTION_ID").cast(pl.String),
        card_token=pl.col("CUSTOMER_ID").cast(pl.String),
        booked_at=at,
        amount="TX_AMOUNT",
        score=pl.lit(0.5),
        scored=at.dt.date().is_between(first, last),
    ).collect()
    labels = raw.select(pl.col("TRANSACTION_ID").cast(pl.String), at + pl.duration(days=7), pl.col("TX_FRAUD") == 1)
    given = published(rows.to_dicts(), labels.collect().rows())
    (period,) = periods(given, label_wait=7)
    judged = judged_rows(given, period, start_of, compromised_days=14, label_wait=7)
    assert (len(judged), judged["is_fraud"].sum()) == (58_264, 385)
