"""A file with a key that stands in another day is told which day that is, and which setting would let it."""

from pathlib import Path

import pytest

PLAIN = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
SECRET = "6222021234567890"
TOLD = (
    "primaryKey: such a key stands already in 2026-03-01; the contract's custom property keyScope: partition would let "
    "it stand once in each day"
)


def publish(hansa, made, *rows):
    Path("rows.csv").write_text("\n".join(["id,day", *rows]) + "\n")
    return hansa("publish", made, "rows.csv", "--warehouse", "wh")


def test_a_refused_key_names_the_day_in_which_it_stands_and_the_setting(hansa, contract):
    made = contract("orders", PLAIN, DAY)
    publish(hansa, made, "A,2026-03-01")
    done = publish(hansa, made, "A,2026-03-02", "B,2026-03-02")
    assert (done.code, f"note: {TOLD}" in done.err) == (0, True)


def test_a_hold_of_refused_keys_names_the_day_and_the_setting_once(hansa, contract):
    made = contract("orders", PLAIN, DAY)
    publish(hansa, made, "A,2026-03-01")
    done = publish(hansa, made, "A,2026-03-02")
    assert (done.code, done.err.count(TOLD)) == (1, 1)


@pytest.mark.parametrize("last", [("B,2026-03-02",), ()])
def test_the_value_of_a_secret_key_is_not_told(hansa, contract, last):
    made = contract("orders", PLAIN.replace("}", ", classification: C3}"), DAY)
    publish(hansa, made, f"{SECRET},2026-03-01")
    done = publish(hansa, made, f"{SECRET},2026-03-02", *last)
    assert "stands already in 2026-03-01" in done.err
    assert SECRET not in done.err + done.out


def test_the_receipt_names_the_day_and_its_digest_holds(hansa, contract):
    made = contract("orders", PLAIN, DAY)
    publish(hansa, made, "A,2026-03-01")
    publish(hansa, made, "A,2026-03-02", "B,2026-03-02")
    (*_, last) = hansa("history", "t.orders", "--warehouse", "wh", "--json").json
    assert last["receipts"][0]["elsewhere"] == {"primaryKey": ["2026-03-01"]}
    assert hansa("verify", "t.orders", "--warehouse", "wh").code == 0


def test_the_same_file_again_is_unchanged(hansa, contract):
    made = contract("orders", PLAIN, DAY)
    publish(hansa, made, "A,2026-03-01")
    publish(hansa, made, "A,2026-03-02", "B,2026-03-02")
    assert publish(hansa, made, "A,2026-03-02", "B,2026-03-02").out.startswith("unchanged")
