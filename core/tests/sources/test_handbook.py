"""The institution file of the card data set binds one real file to five products."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from hansa.cast import casts
from hansa.contract import read_contract
from hansa.sources import Binding, built_in_readers, open_source

ROOT = Path(__file__).resolve().parents[3]
INSTITUTIONS = ROOT / "infra/institutions"
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def entries():
    return yaml.safe_load((INSTITUTIONS / "handbook.yaml").read_text())["sources"]


def failures(entries, product):
    """Rows, and by column of the contract how many values cannot be cast (required ones: or are missing)."""
    contract = read_contract(ROOT / f"contracts/hansa_contracts/governance/{product}.odcs.yaml")
    source = open_source(Binding(**entries[contract.id]), contract, INSTITUTIONS, built_in_readers())
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    counts = [
        (made[column.name].value.is_null() if column.required else made[column.name].failed).sum().alias(column.name)
        for column in contract.columns
    ]
    found = source.frame.select(pl.len().alias("rows"), *counts).collect(engine="streaming").row(0, named=True)
    return found.pop("rows"), found


@pytest.mark.parametrize(
    ("product", "rows"),
    {
        "transactions": 1_303_778,
        "customers": 4_987,
        "accounts": 4_987,
        "merchants": 10_000,
        "fraud_labels": 1_303_778,
    }.items(),
)
def test_the_mapping_alone_gives_every_column(entries, product, rows):
    counted, failed = failures(entries, product)
    assert counted == rows
    assert {name: times for name, times in failed.items() if times} == {}


def test_no_amount_is_lost_to_the_noise_of_doubles(entries):
    assert failures(entries, "transactions")[1]["amount"] == 0
