"""A file whose rows are too bad is held: exit code 1, four lines, and readers go on with the last good rows."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = "{name: amount, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterOrEqualTo: 2, severity: error}"
SHARE = "{property: quarantineShare, value: 0.1}"


def four(done):
    """The first words of the lines on standard error of a hold."""
    assert done.code == 1
    return [line.split()[0] for line in done.err.splitlines()]


def publish(hansa, contract, text):
    Path("rows.csv").write_text(text)
    return hansa("publish", contract, "rows.csv", "--warehouse", "wh")


@pytest.fixture(params=["share", "rowCount"])
def spoiled(request, contract, hansa):
    """A contract under which two good rows are published, and a later file that is too bad for it."""
    if request.param == "share":
        made, bad = contract("held", KEY, AMOUNT, custom=SHARE), "id,amount\nC,3\nD,-1\n"
    else:
        made, bad = contract("held", KEY, AMOUNT, quality=ENOUGH), "id,amount\nC,3\n"
    publish(hansa, made, "id,amount\nA,1\nB,2\n")
    return made, publish(hansa, made, bad)


def test_a_hold_is_told_in_four_lines(spoiled):
    assert four(spoiled[1]) == ["held", "contract", "serving", "next"]


def test_a_hold_names_product_contract_last_good_rows_and_the_next_command(spoiled):
    held, contract, serving, following = spoiled[1].err.splitlines()
    assert "t.held" in held
    assert "held.odcs.yaml" in contract
    assert "the last good 2 rows" in serving
    assert "hansa " in following


def test_readers_go_on_with_the_last_good_rows(spoiled, hansa):
    assert hansa("read", "t.held", "--warehouse", "wh").out == "id,amount\nA,1\nB,2\n"


def test_history_has_the_hold_with_its_reason(spoiled, hansa):
    lines = hansa("history", "t.held", "--warehouse", "wh").out.splitlines()
    assert [line.split()[1] for line in lines] == ["published", "held", "whole:"]


def test_a_warehouse_with_a_hold_verifies(spoiled, hansa):
    assert hansa("verify", "--all", "--warehouse", "wh").code == 0


def test_a_first_publication_that_is_held_serves_nothing(contract, hansa):
    done = publish(hansa, contract("held", KEY, AMOUNT, custom=SHARE), "id,amount\nC,3\nD,-1\n")
    assert four(done) == ["held", "contract", "serving", "next"]
    assert "nothing of this product yet" in done.err


def test_only_the_bad_day_of_a_file_is_held(contract, hansa):
    made = contract("held", KEY, AMOUNT, DAY, quality=ENOUGH)
    done = publish(hansa, made, "id,amount,day\nA,1,2026-03-01\nB,2,2026-03-01\nC,3,2026-03-02\n")
    assert four(done) == ["held", "contract", "serving", "next"]
    assert "partition 2026-03-02" in done.err
    assert hansa("read", "t.held", "--warehouse", "wh").out.count("2026-03-01") == 2


def test_json_of_a_hold_names_what_was_held(contract, hansa):
    made = contract("held", KEY, AMOUNT, DAY, quality=ENOUGH)
    Path("rows.csv").write_text("id,amount,day\nC,3,2026-03-02\n")
    done = hansa("publish", made, "rows.csv", "--warehouse", "wh", "--json")
    assert (done.code, done.json["held"], done.json["published"]) == (1, ["2026-03-02"], 0)
