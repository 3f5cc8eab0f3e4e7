"""Exports that change within the span: a column from March on, another code from April on, batches that come late."""

import datetime as dt

import polars as pl
from hansa_sandbox.changes import ENTRY_FROM, LATEST, WEB_FROM


def days(bank):
    moves = bank.sources["transactions"]
    return moves.with_columns(day=pl.col("TXN_NO").str.slice(0, 8).str.to_date("%Y%m%d"))


def test_the_new_column_is_empty_before_its_day_and_filled_for_shops_after(bank):
    moves = days(bank)
    assert moves.filter(pl.col("day") < ENTRY_FROM)["ENTRY_MD"].null_count() == (moves["day"] < ENTRY_FROM).sum()
    assert moves.filter((pl.col("day") >= ENTRY_FROM) & (pl.col("CHNL_CD") == "POS"))["ENTRY_MD"].null_count() == 0


def test_the_code_of_net_payments_changes_on_its_day(bank):
    moves = days(bank)
    first, last = (moves.filter(pl.col("CHNL_CD") == code)["day"] for code in ("WEB", "NET"))
    assert first.min() == WEB_FROM
    assert last.max() < WEB_FROM


def test_late_batches_come_days_late_and_the_rest_at_once(large, city):
    late = city.known - city.moves["at"].to_numpy()
    assert (late >= 0).all()
    assert 0 < (late > 0).mean() < 0.005
    assert late.max() < (LATEST + 1) * 86_400
    told = large.truth["changes"].filter(pl.col("kind") == "late_batch")
    assert 3 <= len(told) <= 6
    assert told["rows"].sum() > 20


def test_a_batch_that_is_late_comes_as_a_whole(city):
    late = city.moves.with_columns(known=pl.Series(city.known)).filter(pl.col("known") > pl.col("at"))
    assert late.group_by(pl.col("at") // 86_400).agg(pl.col("known").n_unique())["known"].max() == 1


def test_the_truth_names_every_change(bank):
    told = bank.truth["changes"]
    assert set(told["kind"]) == {"new_column", "changed_code", "late_batch"}
    assert dt.date(2026, 3, 1) in told.filter(pl.col("kind") == "new_column")["day"].to_list()
