"""Drafts of the exports of banks, without help: read by their words they give what was expected, or are unsure.

``expected.json`` was made by a reader of plain Python that was given all options.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hansa.errors import DataError
from hansa.registry import load
from hansa.source_draft import draft_source, written
from hansa.source_draft.masked import typed
from hansa.source_draft.trial import tried
from hansa.sources import Binding

CASES = Path(__file__).resolve().parents[4] / "shared/data/exports/cases"
ALL = {
    path.name: json.loads((path / "expected.json").read_text(encoding="utf-8"))
    for path in (sorted(CASES.iterdir()) if CASES.is_dir() else [])
}
READ = [name for name, expected in ALL.items() if expected["verdict"] == "accept"]
REFUSED = [name for name, expected in ALL.items() if expected["verdict"] == "refuse"]
#: What a draft cannot find in the file itself, and says so.
MISSING = {"012-ofd-fixed-gbk": "columns", "022-knab-zero-rows": "mapping"}
#: Statements say themselves what they are: their columns are those of the format, and its own tests hold them.
STATEMENTS = ("037-ofx-charset-lie", "039-camt053-batch")
#: NUL bytes: there is nothing to draft, and it is refused with its line.
NEVER_WRITTEN = "035-nul-bytes"
#: A draft is to be right without help in so many of them.
RIGHT = 15
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def readers():
    return load().readers


@pytest.fixture(scope="module")
def drafted(readers):
    """Each case with its draft."""
    return {
        name: draft_source(CASES / name / expected["input"], readers)
        for name, expected in ALL.items()
        if name not in (*STATEMENTS, NEVER_WRITTEN)
    }


def column_of(draft, source):
    """The column of the draft that is read from a column of the file, by its header or its position."""
    if isinstance(source, int):
        return next(column.name for column in draft.columns if column.line == source)
    rename = draft.words.get("mapping", {}).get("rename", {})
    return next((name for name, header in rename.items() if header == source), source)


def signed_column(draft, expected):
    """The column that the draft made of the columns of which the case makes one."""
    sources = {c["field"]: c["source"] for c in expected["options"]["columns"]}
    sign = expected["options"]["sign"]
    wanted = sources[sign.get("amount") or sign["plus"]]
    signs = draft.words["mapping"]["sign"]
    return next(name for name, words in signs.items() if wanted in (words.get("column"), words.get("plus")))


def as_expected(draft, expected, row):
    """A row of the draft's reading, by the fields of the case."""
    fields = {c["field"]: c["source"] for c in expected["options"]["columns"]}
    names = {field: column_of(draft, source) for field, source in fields.items()}
    if (into := expected["options"]["sign"].get("into")) is not None:
        names[into] = signed_column(draft, expected)
    return {field: row[name] for field, name in names.items()}


def plain(value):
    """A value for a comparison: what is a number in the file may have decimals that are zeros."""
    made = typed(value) if not isinstance(value, dict) else value
    if made["type"] in ("decimal", "integer"):
        return Decimal(made["value"])
    return made["value"]


def differences(draft, expected, path, readers):
    """What a reading by the draft gives otherwise than expected."""
    trial = tried(path, Binding(uri=str(path), **draft.words), readers, draft.contract())
    if trial.refusal is not None:
        return [trial.refusal.sentence]
    found = []
    if trial.rows != expected["rows"]:
        found.append(f"{trial.rows} rows, expected {expected['rows']}")
    for key, row in (("first_row", trial.first), ("last_row", trial.last)):
        if not row:
            continue
        got = as_expected(draft, expected, row)
        wanted = {name: plain(value) for name, value in expected[key].items()}
        found += [f"{key} {name}" for name in wanted if plain(got[name]) != wanted[name]]
    if trial.rows:
        sums = as_expected(draft, expected, dict.fromkeys(trial.nulls) | trial.sums)
        nulls = as_expected(draft, expected, trial.nulls)
        if sums["amount"] != Decimal(expected["amount_sum"]):
            found.append(f"sum {sums['amount']}, expected {expected['amount_sum']}")
        found += [f"nulls of {name}" for name, times in expected["null_counts"].items() if nulls[name] != times]
    return found


@pytest.mark.parametrize("name", [name for name in READ if name not in MISSING and name not in STATEMENTS])
def test_a_draft_reads_the_file_as_it_is_meant(drafted, readers, name):
    expected = ALL[name]
    assert differences(drafted[name], expected, CASES / name / expected["input"], readers) == []


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_known_by_what_it_is(readers, name):
    draft = draft_source(CASES / name / ALL[name]["input"], readers)
    assert draft.words["format"] == {"037": "ofx", "039": "camt"}[name[:3]]
    if draft.words["format"] in readers:
        assert (draft.read, draft.refusal) == (ALL[name]["rows"], "")


@pytest.mark.parametrize("name", MISSING)
def test_what_the_file_does_not_show_is_said_to_be_missing(drafted, name):
    assert MISSING[name] in {finding.path[0] for finding in drafted[name].unsure}


@pytest.mark.parametrize("name", [name for name in REFUSED if name != NEVER_WRITTEN])
def test_a_file_that_is_to_be_refused_leaves_a_question(drafted, name):
    assert drafted[name].unsure
    assert all(finding.question for finding in drafted[name].unsure)


def test_a_file_that_was_never_written_whole_has_no_draft(readers):
    with pytest.raises(DataError) as caught:
        draft_source(CASES / NEVER_WRITTEN / "input.csv", readers)
    assert (caught.value.code, caught.value.where.rpartition(":")[2]) == ("source.nul", "10")


def test_enough_of_them_are_found_without_help(drafted, readers):
    right = [
        name
        for name in READ
        if name in drafted and name not in MISSING
        if not differences(drafted[name], ALL[name], CASES / name / ALL[name]["input"], readers)
    ]
    assert len(right) >= RIGHT


def test_no_value_of_the_data_stands_in_a_draft(drafted):
    """Long texts and amounts of the first and last row, as they would be copied."""
    for name in READ:
        if name not in drafted or not ALL[name]["rows"]:
            continue
        text = written(drafted[name])
        values = [one["value"] for key in ("first_row", "last_row") for one in ALL[name][key].values()]
        copied = {value for value in values if value and len(value) > 5 and value in text}
        assert copied == set()
