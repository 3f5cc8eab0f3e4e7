"""Bank exports: those that are plain tables in UTF-8 are drafted, the others refused in one sentence."""

import json
from pathlib import Path

import pytest
from hansa.contract_draft import draft_from, open_data_file
from hansa.errors import HansaError

FOLDER = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
CASES = sorted((FOLDER / "exports" / "cases").glob("*/input.*"))

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not CASES, reason="../shared is not there")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_an_export_is_drafted_and_taken_or_refused_in_one_sentence(path, tried):
    options = json.loads((path.parent / "expected.json").read_text()).get("options", {})
    separator = options.get("separator") or ","
    try:
        made = tried(path, separator=separator)
    except HansaError as refused:
        assert len(refused.sentence().splitlines()) == 1
        assert refused.next_step
    else:
        failed = made.failures()
        assert all(failed[one["name"]] == one["not_cast"] for one in made.draft.reading()["columns"])


def test_a_real_table_of_a_bank_is_drafted_whole():
    made = draft_from(open_data_file(FOLDER / "bank_marketing" / "bank-full.csv"))
    types = {one["name"]: one["type"] for one in made.reading()["columns"]}
    assert made.rows == 36_169
    assert (types["age"], types["balance"], types["job"], types["default"]) == (
        "integer",
        "integer",
        "string",
        "string",
    )
