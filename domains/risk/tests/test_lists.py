"""Lists and snoozes: whom an entry names, from when until when, and which of several speaks."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa_risk.lists import hits
from hansa_risk.snoozes import snoozed
from hansa_risk.subjects import with_subjects
from hypothesis import given
from hypothesis import strategies as st

DAY = dt.date(2026, 3, 10)
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
INSTANT = pl.Datetime("us", "UTC")
ENTRY = {
    "entry_id": pl.String,
    "kind": pl.String,
    "token": pl.String,
    "merchant_id": pl.String,
    "list": pl.String,
    "reason": pl.String,
    "source": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "known_at": INSTANT,
}
SNOOZE = {"kind": pl.String, "token": pl.String, "until": pl.Date, "made_at": INSTANT, "lifted_at": INSTANT}
PAYMENT = {
    "txn_id": "t",
    "account_token": "A",
    "card_token": "K",
    "counterparty_token": "O",
    "device_token": "D",
    "merchant_id": "M",
    "booked_at": NOON,
    "business_date": DAY,
}
TEXTS = dict.fromkeys(("account_token", "card_token", "counterparty_token", "device_token", "merchant_id"), pl.String)
ACCOUNTS = pl.LazyFrame({"account_token": ["A"], "customer_token": ["C"]})


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def entry(id: str = "1", list: str = "black", **said: object) -> dict:
    ordinary = {"kind": "card", "token": "K", "source": "desk", "reason": "why", "valid_from": DAY - days(5)}
    return {"entry_id": id, "list": list, **ordinary, **said}


def found(*entries: dict, payment: dict = PAYMENT, accounts: pl.LazyFrame | None = ACCOUNTS) -> list[dict]:
    subjects = with_subjects(pl.LazyFrame([payment], schema_overrides=TEXTS | {"booked_at": INSTANT}), accounts)
    return hits(subjects, pl.LazyFrame(entries, schema=ENTRY)).collect().to_dicts()


def speaks(*entries: dict, **given: object) -> str | None:
    hit = found(*entries, **given)
    return hit[0]["list_entry_id"] if hit else None


@pytest.mark.parametrize(
    ("kind", "token"),
    [("customer", "C"), ("account", "A"), ("card", "K"), ("counterparty", "O"), ("device", "D")],
)
def test_an_entry_names_a_customer_account_card_counterparty_or_device_by_its_token(kind, token):
    assert speaks(entry(kind=kind, token=token)) == "1"


def test_a_merchant_is_named_by_its_number():
    assert speaks(entry(kind="merchant", token=None, merchant_id="M")) == "1"


def test_a_token_of_another_kind_names_nobody():
    assert speaks(entry(kind="account", token="K")) is None


def test_a_payment_without_a_card_or_device_is_named_by_no_empty_token():
    bare = PAYMENT | {"card_token": None, "device_token": None}
    assert speaks(entry(token=None), entry("2", kind="device", token=None), payment=bare) is None


def test_without_accounts_nobody_is_named_by_customer_and_the_rest_still_is():
    assert speaks(entry(kind="customer", token="C"), accounts=None) is None
    assert speaks(entry(), accounts=None) == "1"


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "counts"),
    [
        (DAY, None, True),
        (DAY + days(1), None, False),
        (DAY - days(9), DAY + days(1), True),
        (DAY - days(9), DAY, False),
        (DAY - days(9), DAY - days(1), False),
    ],
)
def test_an_entry_counts_from_its_first_day_up_to_and_without_its_last(valid_from, valid_to, counts):
    assert (speaks(entry(valid_from=valid_from, valid_to=valid_to)) == "1") is counts


def test_an_expired_black_entry_gives_way_to_a_valid_grey_one():
    assert speaks(entry("old", valid_to=DAY), entry("new", "grey")) == "new"


@pytest.mark.parametrize(("seconds", "counts"), [(-1, True), (0, False), (1, False)])
def test_an_entry_says_nothing_of_what_was_not_booked_after_it_was_entered(seconds, counts):
    known = NOON + dt.timedelta(seconds=seconds)
    assert (speaks(entry(valid_from=DAY - days(30), known_at=known)) == "1") is counts


@pytest.mark.parametrize(
    ("lists", "word"),
    [
        (("black", "white"), "black"),
        (("white", "grey"), "white"),
        (("black", "grey"), "black"),
        (("grey", "white", "black"), "black"),
    ],
)
def test_black_goes_before_white_and_white_before_grey_whoever_is_named(lists, word):
    kinds = [("customer", "C"), ("card", "K"), ("device", "D")]
    entries = [entry(str(n), one, kind=k, token=t) for n, (one, (k, t)) in enumerate(zip(lists, kinds, strict=False))]
    assert found(*entries)[0]["list"] == word


def test_of_one_list_the_newest_entry_speaks_then_the_smallest_number():
    old, new = entry("1", valid_from=DAY - days(9)), entry("3", valid_from=DAY - days(2))
    assert speaks(old, new, entry("2", valid_from=DAY - days(2))) == "2"


def test_a_hit_tells_source_reason_number_and_who_is_named():
    hit = found(entry("7", source="police", reason="mule"))[0]
    assert hit == {
        "txn_id": "t",
        "list": "black",
        "list_source": "police",
        "list_reason": "mule",
        "list_entry_id": "7",
        "list_subject": "card",
    }


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["black", "white", "grey"]),
        st.sampled_from([("customer", "C"), ("account", "A"), ("card", "K")]),
        st.integers(-3, 1),
        st.sampled_from([None, -1, 0, 1, 2]),
    ),
    max_size=6,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_a_transaction_has_at_most_one_hit_and_no_order_of_entries_changes_it(given_entries, random):
    entries = [
        entry(str(n), word, kind=kind, token=token, valid_from=DAY + days(first), valid_to=last and DAY + days(last))
        for n, (word, (kind, token), first, last) in enumerate(given_entries)
    ]
    hit = found(*entries)
    assert len(hit) <= 1
    assert found(*random.sample(entries, len(entries))) == hit


# Snoozes


def until(*snoozes: dict) -> dt.date | None:
    ordinary = {"kind": "customer", "token": "C", "until": DAY + days(2), "made_at": NOON - days(1)}
    rows = pl.LazyFrame([ordinary | said for said in snoozes], schema=SNOOZE)
    subjects = with_subjects(pl.LazyFrame([PAYMENT], schema_overrides={"booked_at": INSTANT}), ACCOUNTS)
    kept = snoozed(subjects, rows).collect()
    return kept["snoozed_until"].item() if len(kept) else None


def test_a_snooze_of_a_customer_covers_the_payments_of_all_accounts_of_the_customer():
    assert until({}) == DAY + days(2)


def test_on_the_day_until_alerts_are_queued_again():
    assert until({"until": DAY}) is None
    assert until({"until": DAY + days(1)}) is not None


@pytest.mark.parametrize(("seconds", "counts"), [(-1, True), (0, False), (1, False)])
def test_a_snooze_says_nothing_of_what_was_not_booked_after_it_was_made(seconds, counts):
    made = NOON + dt.timedelta(seconds=seconds)
    assert (until({"made_at": made}) is not None) is counts


def test_a_snooze_that_was_lifted_ends_then():
    assert until({"lifted_at": NOON}) is None
    assert until({"lifted_at": NOON + dt.timedelta(seconds=1)}) is not None


def test_a_snooze_of_somebody_else_covers_nobody_here():
    assert until({"token": "somebody"}) is None


def test_of_several_snoozes_the_longest_counts():
    assert until({}, {"kind": "card", "token": "K", "until": DAY + days(30)}) == DAY + days(30)
