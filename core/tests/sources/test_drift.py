"""What changed in a source's columns is told with what the contract allows."""

import polars as pl
import pytest
from hansa.sources import Binding
from hansa.sources.drift import columns_told, drift, new_words, words_broken

BEFORE = (("id", "String"), ("sum", "String"), ("note", "String"))


@pytest.fixture
def contract(contract_of):
    return contract_of(
        "  - {name: id, logicalType: string, required: true}\n"
        "  - {name: sum, logicalType: number, required: true}\n"
        "  - {name: state, logicalType: string, quality: [{name: state.known, metric: invalidValues,"
        " arguments: {validValues: [open, paid]}, mustBe: 0}]}\n"
    )


@pytest.fixture
def contract_of(tmp_path):
    from hansa.contract import read_contract

    def made(columns):
        path = tmp_path / "a.rows.odcs.yaml"
        path.write_text(
            "apiVersion: v3.1.0\nkind: DataContract\nid: a.rows\nname: a.rows\nversion: 1.0.0\nstatus: active\n"
            f"domain: a\nschema:\n- name: rows\n  properties:\n{columns}"
        )
        return read_contract(path)

    return made


def changes(contract, now, before=BEFORE, **mapping):
    binding = Binding(uri="a.csv", mapping=mapping)
    return [(one.kind, one.column, one.goes_on) for one in drift(before, now, binding, contract)]


def test_nothing_is_told_of_columns_that_stay(contract):
    assert changes(contract, BEFORE) == []


def test_nothing_is_told_where_nothing_is_known(contract):
    assert changes(contract, BEFORE, before=()) == []


def test_a_new_column_that_nothing_takes_goes_on(contract):
    assert changes(contract, (*BEFORE, ("extra", "String"))) == [("new", "extra", True)]


def test_a_new_column_names_the_minor_version(contract):
    [one] = drift(BEFORE, (*BEFORE, ("extra", "String")), Binding(uri="a.csv"), contract)
    assert one.sentence() == (
        "column 'extra' is new: nothing takes it; add it to the contract as a minor version, if it is wanted"
    )


def test_a_lost_column_that_the_contract_requires_does_not_go_on(contract):
    assert changes(contract, (BEFORE[0], BEFORE[2])) == [("lost", "sum", False)]


def test_a_lost_column_that_nothing_took_goes_on(contract):
    assert changes(contract, BEFORE[:2]) == [("lost", "note", True)]


def test_a_column_under_another_name_in_its_place_is_asked_for_as_renamed(contract):
    now = (BEFORE[0], ("betrag", "String"), BEFORE[2])
    assert changes(contract, now) == [("renamed", "sum", False)]


def test_a_column_that_is_written_alike_is_renamed_wherever_it_stands(contract):
    now = (("Sum", "String"), BEFORE[0], BEFORE[2], ("more", "String"))
    assert ("renamed", "sum", False) in changes(contract, now)


def test_another_order_goes_on(contract):
    assert changes(contract, BEFORE[::-1]) == [("reordered", "", True)]


def test_a_changed_type_names_what_the_contract_reads_it_as(contract):
    now = (BEFORE[0], ("sum", "Int64"), BEFORE[2])
    assert changes(contract, now) == [("type", "sum", True)]


def test_the_columns_that_a_mapping_renames_are_those_of_the_file(contract):
    before = (("id", "String"), ("betrag", "String"))
    assert changes(contract, before[:1], before=before, rename={"sum": "betrag"}) == [("lost", "betrag", False)]


def test_where_a_name_may_be_a_value_no_name_is_told(contract):
    told = columns_told({"12345678901": pl.String(), "Eva": pl.String()})
    assert told == (("", "String"), ("", "String"))
    assert drift((("id", "String"), ("sum", "String")), told, Binding(uri="a.csv"), contract) == []


def test_nothing_is_told_of_a_first_row_that_stands_for_a_header(contract):
    assert changes(contract, (("C01", "String"), ("Eva", "String"), ("Wien", "String"))) == []


def test_words_that_a_list_does_not_have_are_counted_and_not_quoted(contract):
    rows = pl.LazyFrame({"state": ["open", "gone", "gone", None]})
    broken = words_broken(contract, rows)
    assert broken == {"state.known": 2}
    [one] = new_words(contract, broken)
    assert (one.kind, one.column, "gone" in one.sentence()) == ("words", "state", False)
