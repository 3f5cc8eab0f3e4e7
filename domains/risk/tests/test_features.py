from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.errors import MeshError
from hansa_risk.features import COLUMNS, MODEL_FEATURES, fraud_features, matrix

ZONE = "Asia/Shanghai"
NOON = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 10)
WEEK = [dt.date(2026, 2, 20) + dt.timedelta(days=n) for n in range(7)]


def ago(**span: float) -> dt.datetime:
    return NOON - dt.timedelta(**span)


def features_of(bank, days=(DAY,), history_days: int = 62) -> pl.DataFrame:
    return fraud_features(bank.transactions.lazy(), bank.labels.lazy(), days, ZONE, history_days).collect()


def asked(bank, **options) -> dict:
    return features_of(bank, **options).row(by_predicate=pl.col("txn_id") == "asked", named=True)


ASKED = {"txn_id": "asked", "booked_at": NOON}


def test_columns_and_types_are_the_contract_s(bank, promised):
    assert dict(features_of(bank, WEEK, 40).schema) == promised("fraud_features")


def test_one_row_for_each_transaction_of_the_days_and_no_other(bank):
    wanted = bank.transactions.filter(pl.col("business_date").is_in(WEEK))
    assert features_of(bank, WEEK, 40)["txn_id"].sort().equals(wanted["txn_id"].sort())


def test_the_order_of_rows_changes_nothing(bank):
    assert features_of(bank.shuffled(), WEEK, 40).equals(features_of(bank, WEEK, 40))


def test_a_day_alone_has_the_features_that_it_has_within_a_week(bank):
    whole = features_of(bank, WEEK, 40)
    day = WEEK[4]
    alone = features_of(bank.days(day - dt.timedelta(days=40), day), [day], 40)
    assert alone.equals(whole.filter(pl.col("business_date") == day))


def test_nothing_known_later_changes_a_feature(bank):
    cut = dt.datetime(2026, 2, 24, 5, tzinfo=dt.UTC)
    later = pl.col("known_at") > cut
    transactions = bank.transactions.with_columns(
        amount=pl.when(later & (pl.col("booked_at") < cut)).then(999).otherwise("amount").cast(pl.Decimal(18, 2)),
        merchant_id=pl.when(later).then(pl.lit("other")).otherwise("merchant_id"),
    ).filter(~later | (pl.col("booked_at") < cut))
    labels = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ later)
    changed = type(bank)(transactions, labels)
    # A transaction's own row shows its own values; those booked before the cut but known later were changed above.
    kept = (pl.col("booked_at") <= cut) & pl.col("txn_id").is_in(bank.transactions.filter(~later)["txn_id"].to_list())
    before, after = features_of(bank, WEEK, 40).filter(kept), features_of(changed, WEEK, 40).filter(kept)
    assert len(before) > 300
    assert after.equals(before)


def test_a_card_s_own_past_is_counted_without_the_transaction_itself(make_bank):
    past = [{"txn_id": f"p{n}", "booked_at": ago(hours=n), "amount": "5.00"} for n in (1, 30, 200)]
    row = asked(make_bank([ASKED, *past]))
    assert (row["card_count_1d"], row["card_count_7d"], row["card_count_30d"]) == (1, 2, 3)
    assert (row["card_minor_1d"], row["card_minor_30d"], row["seconds_since_last"]) == (500, 1500, 3600)
    assert (row["card_mean_30d"], row["amount_to_mean_30d"]) == (5.0, 2.0)


def test_two_transactions_of_one_instant_do_not_see_each_other(make_bank):
    rows = features_of(make_bank([ASKED, {"txn_id": "twin", "booked_at": NOON}]))
    assert rows["card_count_1d"].to_list() == [0, 0]


def test_a_transaction_that_is_known_late_counts_from_then_on(make_bank):
    late = {"txn_id": "late", "booked_at": ago(hours=5), "known_at": NOON + dt.timedelta(hours=1)}
    after = {"txn_id": "after", "booked_at": NOON + dt.timedelta(hours=2)}
    rows = features_of(make_bank([ASKED, late, after])).sort("booked_at")
    assert dict(zip(rows["txn_id"], rows["card_count_1d"], strict=True)) == {"late": 0, "asked": 0, "after": 2}


def test_a_transaction_that_is_known_too_late_never_counts_however_much_is_read(make_bank):
    late = {"txn_id": "late", "booked_at": ago(days=35), "known_at": ago(days=1)}
    just = {"txn_id": "just", "booked_at": ago(days=31), "known_at": ago(days=1)}
    assert asked(make_bank([ASKED, late, just]))["card_count_7d"] == 1


def test_a_movement_without_a_card_is_followed_by_its_account(make_bank):
    past = {"txn_id": "p", "booked_at": ago(hours=1), "card_token": None}
    row = asked(make_bank([{**ASKED, "card_token": None}, past]))
    assert (row["payer_token"], row["card_count_1d"]) == ("a1", 1)


@pytest.mark.parametrize(("known", "frauds"), [(ago(seconds=1), 1), (NOON, 0), (NOON + dt.timedelta(hours=1), 0)])
def test_a_label_speaks_from_the_instant_at_which_it_is_known(make_bank, known, frauds):
    old = {"txn_id": "old", "booked_at": ago(days=10), "card_token": "c2"}
    row = asked(make_bank([ASKED, old], [{"txn_id": "old", "known_at": known, "is_fraud": True}]))
    assert row["merchant_frauds_7d"] == frauds


def test_a_label_that_is_taken_back_no_longer_counts(make_bank):
    old = {"txn_id": "old", "booked_at": ago(days=10)}
    said = [{"txn_id": "old", "known_at": ago(days=d), "is_fraud": d != 2} for d in (5, 4, 2)]
    row = asked(make_bank([ASKED, old], said))
    assert (row["merchant_frauds_7d"], row["card_frauds_30d"], row["merchant_frauds_1d"]) == (0, 0, 0)


def test_a_label_said_twice_counts_once(make_bank):
    old = {"txn_id": "old", "booked_at": ago(days=10)}
    said = [{"txn_id": "old", "known_at": ago(days=d), "is_fraud": True} for d in (5, 4)]
    row = asked(make_bank([ASKED, old], said))
    assert (row["merchant_frauds_7d"], row["merchant_risk_30d"]) == (1, 1.0)


def test_a_cleared_suspicion_that_was_never_fraud_is_nothing(make_bank):
    old = {"txn_id": "old", "booked_at": ago(days=10)}
    row = asked(make_bank([ASKED, old], [{"txn_id": "old", "known_at": ago(days=4), "is_fraud": False}]))
    assert row["merchant_frauds_7d"] == 0


def test_a_device_is_new_until_it_was_seen(make_bank):
    seen = {"txn_id": "p", "booked_at": ago(days=3), "device_token": "d1", "card_token": "c2"}
    row = asked(make_bank([{**ASKED, "device_token": "d1"}, seen]))
    assert (row["new_device"], row["new_device_for_card"], row["device_count_30d"]) == (False, True, 1)


def test_without_device_or_merchant_their_features_are_missing(make_bank):
    row = asked(make_bank([{**ASKED, "merchant_id": None}, {"txn_id": "p", "booked_at": ago(days=3)}]))
    missing = ("new_device", "device_count_30d", "merchant_count_7d", "merchant_risk_30d", "new_merchant_for_card")
    assert [row[name] for name in missing] == [None] * 5


def test_a_country_is_new_for_the_card_that_was_not_there(make_bank):
    past = {"txn_id": "p", "booked_at": ago(days=3)}
    assert asked(make_bank([{**ASKED, "country": "SG"}, past]))["new_country_for_card"]
    assert not asked(make_bank([ASKED, past]))["new_country_for_card"]


def test_night_and_weekend_are_those_of_the_mesh_s_zone(make_bank):
    row = asked(
        make_bank([{"txn_id": "asked", "booked_at": dt.datetime(2026, 3, 13, 17, tzinfo=dt.UTC)}]),
        days=[dt.date(2026, 3, 14)],
    )
    assert (row["hour"], row["night"], row["weekend"]) == (1, True, True)


def test_a_history_shorter_than_the_windows_is_refused(bank):
    with pytest.raises(MeshError, match="history_days is 20"):
        features_of(bank, WEEK, 20)


def test_the_matrix_has_the_model_s_features_in_order_and_missing_as_nan(bank):
    rows = features_of(bank, WEEK, 40)
    numbers = matrix(rows, MODEL_FEATURES)
    assert tuple(numbers.columns) == MODEL_FEATURES
    assert set(numbers.dtypes) == {pl.Float32}
    assert numbers["channel_transfer"].sum() == (rows["channel"] == "transfer").sum()
    assert numbers["seconds_since_last"].is_nan().sum() == rows["seconds_since_last"].null_count()


def test_no_label_of_the_transaction_itself_is_a_column():
    assert not {"is_fraud", "scenario"} & set(COLUMNS)
