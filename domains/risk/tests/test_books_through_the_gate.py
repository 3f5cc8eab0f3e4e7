"""Lists, snoozes and decisions as an institution binds them, through the gate: what is refused, how tokens meet."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.gate import publish
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from hansa_risk.lists import hits
from hansa_risk.outcomes import one_stream
from hansa_risk.snoozes import snoozed
from hansa_risk.subjects import with_subjects

CONTRACTS = Path(str(files("hansa_contracts")))
DAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
PAYMENT = {
    "txn_id": "T1",
    "account_token": "6222-0001",
    "card_token": None,
    "counterparty_token": None,
    "merchant_id": "M7",
    "booked_at": NOON,
    "known_at": NOON,
    "amount": "10.00",
    "currency": "CNY",
    "direction": "debit",
    "channel": "transfer",
    "mcc": None,
    "country": "CN",
    "device_token": None,
    "ip_prefix": None,
    "business_date": DAY,
}
ENTRY = {
    "entry_id": "W1",
    "kind": "account",
    "token": "6222-0001",
    "merchant_id": None,
    "list": "black",
    "reason": "named in a case",
    "source": "police",
    "valid_from": "2026-01-01",
    "valid_to": None,
    "known_at": None,
}
SNOOZE = {
    "snooze_id": "S1",
    "kind": "account",
    "token": "6222-0001",
    "until": "2026-03-09",
    "by_token": "E042",
    "why": "travels until the ninth",
    "made_at": "2026-03-01T08:00:00Z",
    "lifted_at": None,
}
DECISION = {
    "txn_id": "T1",
    "decided_at": "2026-03-02T15:00:00Z",
    "outcome": "fraud",
    "decision": "block",
    "by_token": "E042",
    "note_class": "customer_reached",
}
LABEL = {
    "txn_id": "T0",
    "known_at": "2026-03-02T09:00:00Z",
    "is_fraud": True,
    "scenario": None,
    "source": "chargeback",
}


@pytest.fixture
def send(tmp_path):
    """Publishes rows of text under a first-party contract; gives the publication and what a reader then sees."""
    house, keys = Warehouse(tmp_path / "wh"), load_keys(tmp_path / "keys")

    def one(product: str, *rows: dict):
        domain, name = product.split(".")
        contract = read_contract(CONTRACTS / domain / f"{name}.odcs.yaml")
        frame = pl.DataFrame(list(rows), infer_schema_length=None)
        days = (DAY, DAY) if contract.partition is not None else (None, None)
        made = publish(frame.lazy(), contract, Run("r", "UTC", *days), house, keys=keys)
        return made, Door(house).open(product, contract.major).frame if made.landed else None

    return one


def test_the_token_of_a_listed_account_is_that_of_its_transactions(send):
    _, transactions = send("governance.transactions", PAYMENT)
    _, watchlist = send("risk.watchlist", ENTRY)
    (hit,) = hits(with_subjects(transactions, None), watchlist).collect().to_dicts()
    assert (hit["list"], hit["list_source"], hit["list_reason"]) == ("black", "police", "named in a case")
    assert watchlist.collect()["token"].item() != ENTRY["token"]


def test_a_listed_merchant_is_found_by_its_number(send):
    _, transactions = send("governance.transactions", PAYMENT)
    merchant = {"kind": "merchant", "token": None, "merchant_id": "M7", "list": "grey"}
    _, watchlist = send("risk.watchlist", ENTRY | {"entry_id": "W0", "token": "other"}, ENTRY | merchant)
    assert hits(with_subjects(transactions, None), watchlist).collect()["list_entry_id"].to_list() == ["W1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"merchant_id": "M7"},
        {"token": None},
        {"kind": "merchant"},
        {"kind": "person"},
        {"list": "yellow"},
        {"valid_from": "soon"},
    ],
)
def test_one_entry_that_names_nobody_or_two_or_means_nothing_holds_the_list(send, wrong):
    made, _ = send("risk.watchlist", ENTRY, ENTRY | {"entry_id": "W2"} | wrong)
    assert made.landed is None


def test_a_snooze_needs_a_reason_and_a_name(send):
    for missing in ("why", "by_token"):
        made, _ = send("risk.fraud_snoozes", SNOOZE, SNOOZE | {"snooze_id": "S2", missing: None})
        assert made.total("quarantined") == 1


def test_a_snooze_meets_the_transactions_of_its_account(send):
    _, transactions = send("governance.transactions", PAYMENT)
    _, snoozes = send("risk.fraud_snoozes", SNOOZE)
    assert snoozed(with_subjects(transactions, None), snoozes).collect().rows() == [("T1", dt.date(2026, 3, 9))]


def test_decisions_become_labels_beside_those_of_the_book(send):
    _, book = send("governance.fraud_labels", LABEL)
    _, decisions = send("risk.fraud_decisions", DECISION, DECISION | {"txn_id": "T2", "outcome": "genuine"})
    stream = one_stream(book, decisions).sort("txn_id").collect()
    assert stream.select("txn_id", "is_fraud", "source").rows() == [
        ("T0", True, "chargeback"),
        ("T1", True, "review"),
        ("T2", False, "review"),
    ]
    assert stream["business_date"].to_list() == [DAY] * 3


@pytest.mark.parametrize("wrong", [{"outcome": "maybe"}, {"decision": "ignore"}, {"note_class": "called her mother"}])
def test_a_decision_in_other_words_than_the_contract_s_is_refused(send, wrong):
    made, _ = send("risk.fraud_decisions", DECISION, DECISION | {"txn_id": "T2"} | wrong)
    assert made.total("quarantined") == 1
