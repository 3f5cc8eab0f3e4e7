import polars as pl
import pytest
from hansa_sandbox.dirt import DAILY, DAILY_SHARE, KINDS, UNDATED_SHARE

FILES = [*KINDS]
#: Files whose days have so few rows in a small bank that none can bear a rejected one.
SPARSE = ("fraud_labels", "campaign_events")


def listed(bank, name):
    return bank.truth["dirt"].filter(pl.col("file") == name)


@pytest.mark.parametrize("name", [name for name in FILES if name not in SPARSE])
def test_each_kind_of_dirt_is_there_and_listed(bank, name):
    assert set(listed(bank, name)["kind"]) == {kind.name for kind in KINDS[name]}


@pytest.mark.parametrize("name", SPARSE[1:])
def test_a_large_bank_has_each_kind_in_them_too(large, name):
    assert set(listed(large, name)["kind"]) == {kind.name for kind in KINDS[name]}


def test_labels_get_no_rejected_row_on_a_day_that_could_not_bear_it(bank):
    assert set(listed(bank, "fraud_labels")["fate"]) == {"read", "repeated"}


@pytest.mark.parametrize("name", FILES)
def test_the_list_says_what_stands_in_the_file(bank, name):
    frame = bank.sources[name]
    for note in listed(bank, name).iter_rows(named=True):
        assert frame[note["column"]][note["line"] - 2] == note["dirty"], note["kind"]


@pytest.mark.parametrize("name", FILES)
def test_about_one_row_in_a_hundred_is_dirty(large, name):
    share = listed(large, name)["line"].n_unique() / len(large.sources[name])
    assert 0.003 < share < 0.025


@pytest.mark.parametrize("name", ["customers", "accounts", "cards", "merchants"])
def test_a_small_bank_keeps_well_below_the_share_of_its_contracts(bank, name):
    rejected = listed(bank, name).filter(pl.col("fate") == "quarantined")["line"].n_unique()
    assert rejected / len(bank.sources[name]) < 0.05


@pytest.mark.parametrize("name", [*DAILY])
def test_no_day_of_a_daily_file_is_spoiled(large, name):
    frame = large.sources[name].with_row_index("line", offset=2)
    bad = listed(large, name).filter(pl.col("fate") == "quarantined")
    marked = frame.with_columns(
        bad=pl.col("line").is_in(bad["line"].to_list()), day=pl.col(DAILY[name]).str.slice(0, 10)
    )
    days = marked.filter(pl.col("day").str.contains("^2026-")).group_by("day").agg(pl.col("bad").mean())
    assert days["bad"].max() <= DAILY_SHARE * 1.1


def test_rows_without_a_day_are_few_against_one_day(large):
    kinds = [kind.name for kind in KINDS["transactions"] if kind.undated]
    undated = listed(large, "transactions").filter(pl.col("kind").is_in(kinds))
    assert 2 <= len(undated) <= UNDATED_SHARE * len(large.sources["transactions"]) / 180


def test_identical_rows_are_identical(bank):
    frame = bank.sources["transactions"]
    for line in listed(bank, "transactions").filter(pl.col("kind") == "duplicate_identical")["line"]:
        assert frame.row(line - 2) == frame.row(line - 3)


def test_conflicting_rows_share_a_key_and_differ(bank):
    frame = bank.sources["transactions"]
    for line in listed(bank, "transactions").filter(pl.col("kind") == "duplicate_conflicting")["line"]:
        one, other = frame.row(line - 3, named=True), frame.row(line - 2, named=True)
        assert one["TXN_NO"] == other["TXN_NO"]
        assert one["TXN_AMT"] != other["TXN_AMT"]


def test_no_row_carries_two_kinds_of_dirt(large):
    kinds = large.truth["dirt"].group_by("file", "line").agg(pl.col("kind").n_unique())
    assert kinds["kind"].max() == 1
