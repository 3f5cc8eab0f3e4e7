"""``python -m hansa_risk`` and what it looks up: a mistake is one sentence, never a traceback."""

from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest
from hansa.errors import DataError
from hansa_risk import __main__ as command
from hansa_risk import lookup

DAY = dt.date(2026, 3, 1)
VERSION = "2026-03-01-abc"


@dataclasses.dataclass
class Publication:
    """What a publication of models says of itself."""

    receipts: list
    landed: object
    run: str = "r1"
    made_at: str = "2026-03-01T00:00:00Z"
    digest: str = "d" * 64


def publication(*days: dt.date, snapshot: int = 1) -> Publication:
    receipts = [SimpleNamespace(state="published", partition=str(day)) for day in days]
    return Publication(receipts, SimpleNamespace(snapshot=snapshot))


def models(*days: dt.date) -> pl.DataFrame:
    return pl.DataFrame({"business_date": days, "model_version": [f"{day}-v" for day in days]})


def mesh_with(*products: str) -> SimpleNamespace:
    kept = SimpleNamespace(contract=SimpleNamespace(major=1, owner="o@bank.example"))
    return SimpleNamespace(products=dict.fromkeys(products, kept), file=SimpleNamespace(name="a bank"))


@pytest.mark.parametrize("words", [["report", "v"], ["reproduce", "v"]])
def test_a_mesh_without_the_module_is_one_sentence_with_its_mend(words, monkeypatch, capsys):
    monkeypatch.setattr("hansa.mesh.load_mesh", lambda path: mesh_with("governance.transactions"))
    assert command.main(words) == 1
    told = capsys.readouterr().err
    assert "[model.unknown]" in told
    assert "turn the module risk.fraud on" in told


def test_a_publication_of_two_days_is_not_credited_with_a_row_that_stood_between_them(monkeypatch):
    first, between, last = (DAY + dt.timedelta(days=n) for n in range(3))
    made = [publication(between), publication(first, last)]
    standing = SimpleNamespace(warehouse=None, book=lambda product: SimpleNamespace(all=lambda: made))
    monkeypatch.setattr(lookup, "Door", lambda warehouse: None)
    monkeypatch.setattr(
        lookup,
        "_at",
        lambda door, product, major, snapshot, span: (
            models(first, between, last).lazy().filter(pl.col("business_date").is_between(*span))
        ),
    )
    brought = [(row["model_version"], of) for of, row in lookup._rows(mesh_with(lookup.PRODUCT), standing)]
    assert brought == [(f"{first}-v", made[1]), (f"{last}-v", made[1]), (f"{between}-v", made[0])]


@pytest.fixture
def one_version(monkeypatch):
    """A version with a report, found without a warehouse."""
    artefacts = SimpleNamespace(get=lambda digest: b"<!-- receipt -->")
    standing = SimpleNamespace(warehouse=SimpleNamespace(artefacts=artefacts))
    found = lookup.Found({"business_date": DAY, "report": "e" * 64}, publication(DAY), standing)
    monkeypatch.setattr("hansa.mesh.load_mesh", lambda path: mesh_with(lookup.PRODUCT))
    monkeypatch.setattr(lookup, "found", lambda mesh, version: found)


@pytest.mark.parametrize("place", ["no/such/folder/card.html", ".", "file/card.html", "x" * 300])
def test_a_report_that_cannot_be_written_is_one_sentence(one_version, tmp_path, capsys, place):
    (tmp_path / "file").write_text("")
    assert command.main(["report", VERSION, "-o", str(tmp_path / place)]) == 1
    assert "[report.file]" in capsys.readouterr().err


def test_what_refuses_a_report_is_named(one_version, tmp_path):
    asked = SimpleNamespace(mesh=None, version=VERSION, output=tmp_path / "none" / "card.html")
    with pytest.raises(DataError, match="cannot be written: No such file or directory") as refused:
        command._report(asked)
    assert (refused.value.code, refused.value.where) == ("report.file", str(asked.output))


def test_a_report_is_written_to_the_file_that_is_named(one_version, tmp_path, capsys):
    place = tmp_path / "card.html"
    assert command.main(["report", VERSION, "-o", str(place)]) == 0
    assert "o@bank.example" in place.read_text("utf-8")
    assert capsys.readouterr().out.strip() == str(place)
