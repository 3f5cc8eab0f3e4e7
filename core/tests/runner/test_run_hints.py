"""``hansa run`` says what may help where rows were refused, in the words of ``hansa publish``."""

import json
import sys

import pytest
from hansa.cli import main
from machinery.mailroom import DATED, Mailroom

SEALED = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
  - {name: amount, logicalType: integer, required: true, classification: C2}"""


@pytest.fixture
def ran(house, monkeypatch, capfd):
    """What a run of the house prints, on both channels."""
    monkeypatch.setenv("HANSA_KEYS", str(house.folder / "keys"))

    def call(*words, place=house):
        mesh = place.mesh("vault: none")
        monkeypatch.setattr("hansa.registry.load", lambda **_: place.registry())
        monkeypatch.setattr(sys, "argv", ["hansa", "run", "a.rows", "--bare", *words, "--mesh", str(mesh.path)])
        with pytest.raises(SystemExit):
            main()
        return capfd.readouterr()

    return call


def bound(house, *amounts, **more):
    house.source("a.rows", [(1, amount) for amount in amounts], **more)


def test_a_file_of_which_every_row_was_refused_is_told_what_reads_it(house, ran):
    bound(house, '"1,5"', '"2,5"')
    told = ran("--to", "2026-03-01").err
    assert "note: a.rows: amount.type: " in told
    assert "decimal" in told


def test_json_has_the_hints_by_product_and_rule(house, ran):
    bound(house, '"1,5"', 7)
    assert "decimal" in json.loads(ran("--json").out)["hints"]["a.rows"]["amount.type"]


def test_a_run_that_refused_nothing_has_no_hint(house, ran):
    bound(house, 7)
    assert json.loads(ran("--json").out)["hints"] == {}


def test_a_run_of_which_most_rows_are_good_has_no_hint(house, ran):
    bound(house, '"1,5"', 7, 8)
    assert json.loads(ran("--json").out)["hints"] == {}


def test_what_stands_already_is_not_told_again(house, ran):
    bound(house, '"1,5"', 7)
    ran()
    assert json.loads(ran("--json").out)["hints"] == {}


def test_a_value_of_a_sealed_column_is_not_looked_at(house, ran):
    bound(house, "n/a", 7, columns=SEALED)
    hint = json.loads(ran("--json").out)["hints"]["a.rows"]["amount.type"]
    assert "n/a" not in hint
    assert "null_words of its source" in hint


def test_files_that_arrive_are_read_by_their_own_words(folder, ran):
    room = Mailroom(folder)
    room.words = f"{DATED}, separator: ';'"
    room.write("s_20260301.csv", "business_date;txn;amount\n2026-03-01;t1;1,5\n2026-03-01;t2;2\n")
    assert "decimal" in json.loads(ran("--json", place=room).out)["hints"]["a.rows"]["amount.type"]
