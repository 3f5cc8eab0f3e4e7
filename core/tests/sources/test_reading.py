from dataclasses import replace

import polars as pl
import pytest
from hansa.contract.model import Column
from hansa.errors import DataError, MeshError
from hansa.sources import built_in_readers, open_file


def test_columns_of_the_contracts_own_names_are_taken_without_a_mapping(published):
    opened = published(b"amount,id,memo\n2.50,007,x\n")
    assert opened.frame.collect().to_dicts() == [{"id": "007", "amount": "2.50"}]
    assert opened.absent == ("direction", "booked_at", "known_at", "booked_on")
    assert opened.surplus == ("memo",)


def test_the_place_is_the_path_as_given(bound, tmp_path):
    assert bound(b"id,amount\n1,2\n").place == "rows.csv"


def test_a_file_that_lacks_required_columns_lists_them_and_what_it_has(published):
    with pytest.raises(DataError) as caught:
        published(b"ident,sum\n1,2\n")
    assert caught.value.what == "it lacks the required columns 'id', 'amount'; it has 'ident', 'sum'"


def test_a_header_that_seems_to_be_a_row_is_not_shown(published):
    with pytest.raises(DataError) as caught:
        published(b"6222021234567890123,12.50\n1,2\n")
    assert "6222021234567890123" not in caught.value.sentence()


def test_a_mesh_is_told_to_map_them(bound):
    with pytest.raises(DataError) as caught:
        bound(b"ids,amount\n1,2\n")
    assert caught.value.next_step == "did you mean 'ids'? write id: ids under sources.bank.movements.mapping.rename"


def test_a_missing_required_column_names_the_near_one_of_the_file(published):
    with pytest.raises(DataError) as caught:
        published(b"id,amuont\n1,2\n")
    assert caught.value.next_step == "did you mean 'amuont'? give its header the contract's names"


def test_a_column_that_is_taken_is_not_proposed_for_a_missing_one(bound):
    with pytest.raises(DataError) as caught:
        bound(b"amounts,memo\n1,2\n", {"rename": {"id": "amounts"}})
    assert "did you mean" not in caught.value.sentence()


@pytest.mark.parametrize("name", ["directon", "Direction", "DIRECTION", "booked-at"])
def test_an_optional_column_that_seems_misspelled_in_a_published_file_is_refused(published, name):
    with pytest.raises(DataError) as caught:
        published(f"id,amount,{name}\n1,2,x\n".encode())
    wanted = "booked_at" if name == "booked-at" else "direction"
    assert caught.value.sentence().endswith(
        f"rows.csv: the file has '{name}', the contract wants '{wanted}'; rename it in the file"
    )


def test_an_optional_column_that_seems_misspelled_in_a_bound_file_may_be_renamed_in_the_mapping(bound):
    with pytest.raises(DataError) as caught:
        bound(b"id,amount,directon\n1,2,x\n")
    mend = "rename it in the file, or write direction: directon under sources.bank.movements.mapping.rename"
    assert caught.value.next_step == mend


@pytest.mark.parametrize("name", ["booked_by", "erection", "direction_of_payment", "memo"])
def test_another_column_of_the_file_is_no_misspelling(published, name):
    assert "direction" in published(f"id,amount,{name}\n1,2,x\n".encode()).absent


def test_names_that_differ_in_a_number_are_two_columns(published, contract):
    numbered = replace(contract, columns=(*contract.columns, Column("address_2", "string", 7)))
    assert "address_2" in published(b"id,amount,address_1\n1,2,x\n", contract=numbered).absent


def test_a_bound_file_of_another_separator_is_told_before_its_mapping(bound):
    with pytest.raises(DataError) as caught:
        bound(b"no;sum\n1;2\n", {"rename": {"id": "no", "amount": "sum"}})
    assert caught.value.sentence() == (
        "rows.csv: its header is one column, the separator seems to be ';'; "
        "write separator: ';' under sources.bank.movements"
    )


@pytest.mark.parametrize(("sign", "word"), [(";", "';'"), ("|", "'|'"), ("\t", "tab")])
def test_a_wrong_separator_is_told_with_what_to_set(published, sign, word):
    with pytest.raises(DataError) as caught:
        published(f"id{sign}amount\n1{sign}2\n".encode())
    assert f"the separator seems to be {word}" in caught.value.what
    assert f"--separator {word}" in caught.value.next_step


def test_the_separator_of_the_command_line_is_used(published):
    assert published(b"id;amount\n1;2\n", separator=";").frame.collect().rows() == [("1", "2")]


def test_a_wrong_separator_option_is_the_users_mistake(published):
    with pytest.raises(MeshError) as caught:
        published(b"id,amount\n", separator="a")
    assert caught.value.where == "--separator"


def test_an_unknown_ending_lists_the_formats(published):
    with pytest.raises(DataError, match=r"the ending '.tsv' names no format; rename it, known are csv, "):
        published(b"", name="rows.tsv")


def test_a_folder_is_told_before_its_ending(tmp_path, contract):
    with pytest.raises(DataError, match="it is a folder"):
        open_file(tmp_path, contract, built_in_readers())


def test_a_format_overrides_the_ending(bound):
    assert bound(b"id,amount\n1,2\n", name="rows.dat", format="csv").frame.collect().height == 1


def test_an_unknown_format_names_the_entry(bound):
    with pytest.raises(MeshError) as caught:
        bound(b"", format="parket")
    assert caught.value.sentence() == (
        "sources.bank.movements.format: nothing reads the format 'parket'; did you mean 'parquet'?"
    )


def test_a_file_of_no_rows_is_legal(published):
    frame = published(b"id,amount\n").frame.collect()
    assert (frame.height, frame.columns) == (0, ["id", "amount"])


def test_a_readers_own_polars_error_becomes_a_sentence(tmp_path, contract):
    def stumble(path, binding):
        raise pl.exceptions.ShapeError("secret")

    (tmp_path / "x.odd").touch()
    with pytest.raises(DataError, match="it cannot be read") as caught:
        open_file(tmp_path / "x.odd", contract, {"odd": stumble})
    assert "secret" not in caught.value.sentence()
