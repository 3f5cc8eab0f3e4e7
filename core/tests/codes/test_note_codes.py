"""Each kind of note that a run prints of its sources has a code, and each code a page in both languages."""

from typing import get_args, get_type_hints

import pytest
from hansa.arrivals import Arrival
from hansa.calendar import EXPECTED
from hansa.cli import app
from hansa.codes import pages
from hansa.source_notes import CODES, Note
from hansa.sources.drift import Kind

OF_FILES = ["note.waiting", "note.correction", "note.missing", "note.late", "note.early", "note.calendar"]
OF_ROWS = ["note.read", "note.outside", "note.delivered"]
OF_DRIFT = ["note.new", "note.lost", "note.renamed", "note.reordered", "note.type", "note.words"]


def test_these_are_all_kinds():
    assert sorted(CODES.values()) == sorted([*OF_FILES, *OF_ROWS, *OF_DRIFT])


@pytest.mark.parametrize("kind", [*get_args(Kind), *get_args(get_type_hints(Arrival)["state"])])
def test_what_drifts_and_what_comes_out_of_its_time_has_a_code(kind):
    assert Note("a.rows", kind, "").code == f"note.{kind}"


@pytest.mark.parametrize("code", [*OF_FILES, *OF_ROWS, *OF_DRIFT, "delivery.expected"])
@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_each_has_a_page(code, spoken):
    assert code in {page.code for page in pages(spoken)}


def test_the_rule_that_holds_a_day_without_a_file_is_such_a_code():
    assert EXPECTED == "delivery.expected"


@pytest.mark.parametrize("word", ["missing", "outside", "note.outside"])
def test_the_word_at_the_head_of_a_line_finds_its_page(word, place, capsys):
    app(["why", word, "--lang", "en"], standalone_mode=False)
    assert capsys.readouterr().out.startswith(f"note.{word.removeprefix('note.')}\n")


def test_a_word_that_is_a_family_too_lists_both(place, capsys):
    app(["why", "new", "--lang", "en"], standalone_mode=False)
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed[-1] == "note.new"
    assert len(listed) > 1


def test_json_names_the_code():
    assert Note("a.rows", "outside", "").as_json()["code"] == "note.outside"
