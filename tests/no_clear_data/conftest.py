"""The demo of the end-to-end tests, made once in a test run, and what of its sources must stand nowhere else."""

import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest

_ROOT = Path(__file__).parents[2]


def _fixtures_of(place):
    """The conftest of another room as a module, for its fixtures."""
    spec = importlib.util.spec_from_file_location(place.replace("/", "_"), _ROOT / place / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    # Its data classes look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_END_TO_END = _fixtures_of("tests/end_to_end")

#: The same fixtures as over there: whoever asks first in a test run makes the demo, all others read it.
demo = _END_TO_END.demo
institution = _fixtures_of("core/tests/definitions").institution


@pytest.fixture(scope="session")
def hansa():
    """Run a command as a process of its own."""
    return _END_TO_END.run_hansa


#: Columns of the bank's files that say who somebody is. Not searched, because they say nothing of one person or stand
#: in products on purpose: birth year, sex, city, branch, dates, codes, amounts, network prefix, merchants, and the
#: numbers of transactions, which are keys of products.
IDENTIFIERS = {
    "customers": ["CUST_NO", "CUST_NAME", "ID_NO", "MOBILE_NO", "EMAIL_ADDR"],
    "accounts": ["ACCT_NO"],
    "transactions": ["CARD_NO", "OPP_ACCT_NO", "DEVICE_NO"],
}


@pytest.fixture(scope="session")
def identifiers(demo):
    """Every clear identifier of the synthetic bank, as it stands in its files, once each."""
    found = set()
    shops = (demo.home / "bank" / "merchants.csv").read_text()
    for name, columns in IDENTIFIERS.items():
        frame = pl.read_csv(demo.home / "bank" / f"{name}.csv", columns=columns, infer_schema=False)
        for column in columns:
            found |= set(frame[column].drop_nulls().to_list())
    # A few people are called as a part of some shop's name is, and shops are published by name.
    return sorted(value for value in found - {""} if value not in shops and value[::-1] not in shops)
