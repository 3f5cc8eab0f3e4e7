"""What becomes known only after a day changes nothing of that day: neither features nor scores."""

import datetime as dt

import polars as pl
import pytest
from hansa.mesh import load_mesh
from hansa.store.door import Door

PRODUCTS = ("risk.fraud_features", "risk.fraud_models", "risk.fraud_scores", "risk.fraud_alerts")
#: Days of the range that are over before the cut.
BEFORE = 3


@pytest.fixture(scope="module")
def cut(bare):
    """The first day of which nothing may be known."""
    return bare.days[BEFORE]


@pytest.fixture(scope="module")
def changed(bare, cut, tmp_path_factory):
    """The same bank with another future, run over the same days into an empty warehouse with the same keys."""
    bank = bare.copy(tmp_path_factory.mktemp("changed"))
    _transactions(bank.home / "bank" / "transactions.csv", cut)
    _labels(bank.home / "bank" / "fraud_labels.csv", bank.home / "bank" / "transactions.csv", cut)
    done = bank.week()
    assert done.code == 0, done.err
    return bank


def _later(column, cut):
    """True for rows that became known on the day ``cut`` or after it."""
    return pl.col(column).str.replace_all("/", "-").str.slice(0, 10) >= str(cut)


def _transactions(path, cut):
    """Later movements get other amounts and merchants, every fifth is gone, and some are new."""
    rows = pl.read_csv(path, infer_schema=False)
    later = rows.filter(_later("TXN_TIME", cut)).with_row_index("n")
    shops = rows["MER_ID"].drop_nulls().unique().sort()
    moved = later.filter(pl.col("n") % 5 != 0).with_columns(
        TXN_AMT=pl.format("{}7.77", pl.col("n") % 900),
        MER_ID=pl.when(pl.col("MER_ID").is_not_null()).then(pl.lit(shops).gather(pl.col("n") % len(shops))),
    )
    new = moved.filter(pl.col("n") % 7 == 1).with_columns(TXN_NO=pl.format("NEW{}", "n"))
    earlier = rows.filter(_later("TXN_TIME", cut).not_())
    assert min(earlier.height, moved.height, new.height) > 100
    pl.concat([earlier, moved.drop("n"), new.drop("n")]).write_csv(path)


def _labels(path, transactions, cut):
    """Later notices are turned round, half of them are gone, and early movements get new ones."""
    rows = pl.read_csv(path, infer_schema=False)
    later = rows.filter(_later("NOTICE_TIME", cut)).with_row_index("n")
    turned = later.filter(pl.col("n") % 2 == 0).with_columns(
        FRAUD_FLG=pl.when(pl.col("FRAUD_FLG") == "Y").then(pl.lit("N")).otherwise(pl.lit("Y"))
    )
    numbers = pl.read_csv(transactions, infer_schema=False).filter(_later("TXN_TIME", cut).not_())["TXN_NO"]
    new = pl.DataFrame({"TXN_NO": numbers.unique().sort()[::40]}).select(
        "TXN_NO",
        NOTICE_TIME=pl.lit(f"{cut} 00:00:00"),
        FRAUD_FLG=pl.lit("Y"),
        CASE_TYP=pl.lit("F01"),
        SRC_CD=pl.lit("CB"),
    )
    earlier = rows.filter(_later("NOTICE_TIME", cut).not_())
    assert min(earlier.height, turned.height, new.height) > 0
    pl.concat([earlier, turned.drop("n"), new]).write_csv(path)


def _days(bank, product, first, last):
    door = Door(load_mesh(bank.mesh).warehouse)
    frame = door.open(product, days=(first, last), partition="business_date").frame.collect()
    return frame.sort(frame.columns)


@pytest.mark.parametrize("product", PRODUCTS)
def test_days_before_the_cut_have_the_same_digests(bare, changed, cut, product):
    def before(bank):
        return {day: digest for (_, day), digest in bank.digests(product).items() if day < str(cut)}

    assert before(bare)
    assert before(changed) == before(bare)


@pytest.mark.parametrize("product", PRODUCTS)
def test_days_before_the_cut_have_the_same_rows_to_the_byte(bare, changed, cut, product):
    span = bare.days[0], cut - dt.timedelta(days=1)
    ours, theirs = (_days(bank, product, *span) for bank in (bare, changed))
    assert ours.height > 0
    assert theirs.write_ipc(None, compression="uncompressed").getvalue() == (
        ours.write_ipc(None, compression="uncompressed").getvalue()
    )


@pytest.mark.parametrize("product", ["risk.fraud_features", "risk.fraud_scores"])
def test_days_after_the_cut_do_differ(bare, changed, cut, product):
    ours, theirs = bare.digests(product), changed.digests(product)
    after = [key for key in ours if key[1] >= str(cut)]
    assert len(after) == 7 - BEFORE
    assert all(ours[key] != theirs[key] for key in after)
