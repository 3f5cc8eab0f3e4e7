"""Files made for one test, drafted, and the draft tried as the gate will try it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hansa.cast import Reading, casts
from hansa.contract import Contract, read_contract
from hansa.contract_draft import Draft, draft_from, open_data_file

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity_number(seed: int) -> str:
    """A number with the check digit of GB 11643 and a region code that stands for nowhere."""
    draw = random.Random(seed)
    stem = (
        f"990100{draw.randint(1940, 2005)}{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}{draw.randint(0, 999):03d}"
    )
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]


def luhn(stem: str) -> str:
    """The number with its check digit."""
    digits = [int(sign) for sign in reversed(stem)]
    doubled = [d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits)]
    return stem + str(-sum(doubled) % 10)


def card_number(seed: int) -> str:
    """Sixteen digits of a reserved issuer."""
    return luhn(f"62999900{random.Random(seed).randint(0, 9_999_999):07d}")


@pytest.fixture(scope="session")
def invented():
    """Invented identifiers by kind, each valid by its check digit: a function of a seed."""
    return {"identity": identity_number, "card": card_number, "luhn": luhn}


@dataclass(frozen=True)
class Tried:
    """A draft, the contract that its text is, and the data that it was made from."""

    draft: Draft
    contract: Contract
    frame: pl.LazyFrame

    def column(self, name):
        """The entry of the draft's reading for a column."""
        return next(one for one in self.draft.reading()["columns"] if one["name"] == name)

    def type_of(self, name):
        return self.column(name)["type"]

    def said(self, name):
        column = self.column(name)
        return "; ".join([*column["comments"], *column["decide"]])

    def failures(self):
        """For each column how many values the gate does not cast."""
        frame = self.frame.collect()
        frame.columns = [one["name"] for one in self.draft.reading()["columns"]]
        made = casts(self.contract, frame.schema, Reading(), "UTC")
        return {name: int(frame.select(cast.failed.sum()).item() or 0) for name, cast in made.items()}


@pytest.fixture
def tried(tmp_path):
    """Draft from a file and read the draft back."""

    def over(path: Path, **words) -> Tried:
        opened = open_data_file(path, **words)
        draft = draft_from(opened, "bank.rows")
        text = tmp_path / "rows.odcs.yaml"
        text.write_text(draft.text, encoding="utf-8")
        return Tried(draft, read_contract(text), opened.frame)

    return over


@pytest.fixture
def csv(tmp_path, tried):
    """Draft from columns of texts written as CSV."""

    def over(**columns) -> Tried:
        path = tmp_path / "rows.csv"
        pl.DataFrame(columns).write_csv(path)
        return tried(path)

    return over


@pytest.fixture
def parquet(tmp_path, tried):
    """Draft from a frame written as Parquet."""

    def over(frame: pl.DataFrame) -> Tried:
        path = tmp_path / "rows.parquet"
        frame.write_parquet(path)
        return tried(path)

    return over
