import polars as pl
import pytest
from hansa_sandbox import changes, export
from hansa_sandbox.accuracy import accuracy, clean_of
from hansa_sandbox.dirt import KINDS

KEYS = {"customers": "CUST_NO", "accounts": "ACCT_NO", "merchants": "MER_ID", "logins": "LOGIN_NO", "cards": "CARD_NO"}


@pytest.fixture(scope="module")
def clean(books):
    return export.sources(books, changes.entry_modes(books.moves, 5))


@pytest.mark.parametrize("name", KINDS)
def test_the_clean_file_comes_back_from_the_dirty_one_and_its_list(bank, clean, name):
    dirt = bank.truth["dirt"].filter(pl.col("file") == name)
    assert clean_of(bank.sources[name], dirt).equals(clean[name])


@pytest.mark.parametrize("name", KEYS)
def test_a_dirty_file_is_a_little_less_than_accurate_and_a_cleaned_one_is(bank, clean, name):
    dirt = bank.truth["dirt"].filter(pl.col("file") == name)
    assert 0.95 < accuracy(clean[name], bank.sources[name], KEYS[name]) < 1
    assert accuracy(clean[name], clean_of(bank.sources[name], dirt), KEYS[name]) == 1


def test_a_wrong_cell_a_missing_row_and_a_null_are_counted():
    truth = pl.DataFrame({"k": ["a", "b", "c"], "v": ["1", None, "3"]})
    found = pl.DataFrame({"k": ["a", "b", "x"], "v": ["2", None, "9"]})
    assert accuracy(truth, found, "k") == 3 / 6
    assert accuracy(truth, truth, "k") == 1
    assert accuracy(truth.clear(), truth, "k") == 1
