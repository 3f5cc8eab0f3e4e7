"""Column names: kept as they are, mended where no contract can have them, refused where they are data."""

import pytest
from hansa.contract_draft.header import mended, names_person, shown
from hansa.errors import DataError
from hypothesis import given
from hypothesis import strategies as st


def test_names_are_kept_as_in_the_file_and_in_its_order(csv):
    names = ["Zeta", "alpha", "金额", "_x", "yes", "null", "on"]
    made = csv(**{name: ["a", "b"] for name in names})
    assert [column.name for column in made.contract.columns] == names


def test_a_name_that_is_none_is_mended_and_the_way_to_bind_it_is_said(csv):
    made = csv(**{"Booking No.": ["a"], "2nd": ["b"], "ID": ["c"], "id": ["d"], "": ["e"]})
    assert [column.name for column in made.contract.columns] == ["booking_no", "column_2nd", "ID", "id_2", "column_5"]
    assert '{rename: {booking_no: "Booking No."' in made.draft.text.replace("\n# ", " ")
    assert 'called "Booking No." in the file, which is no name' in made.said("booking_no")
    assert "upper case only" in made.said("id_2")


@given(st.lists(st.text(max_size=12), min_size=1, max_size=12))
def test_any_names_become_names_that_differ(names):
    made = mended(names)
    assert len({name.casefold() for name in made}) == len(names)
    assert all(name.isidentifier() and not name.startswith("__") for name in made)


@given(st.text())
def test_a_name_in_a_comment_stays_on_its_line(name):
    assert len(shown(name).splitlines()) == 1
    assert shown(name).isprintable()


@pytest.mark.parametrize(
    "row",
    [
        "Li,13800138000,a",
        "Li,12.50,a",
        "Li,2026-01-31,a",
        "Li,x@example.com,a",
        "Li,{identity},a",
        "Li,+86 138 0013 8000,a",
    ],
)
def test_a_file_without_header_is_refused_and_nothing_of_it_is_quoted(tmp_path, tried, invented, row):
    text = row.replace("{identity}", invented["identity"](5))
    (tmp_path / "rows.csv").write_text(f"{text}\n{text}x\n")
    with pytest.raises(DataError) as refused:
        tried(tmp_path / "rows.csv")
    assert refused.value.code == "draft.header"
    assert "no header" in refused.value.what
    assert not any(
        cell in refused.value.sentence().replace(str(tmp_path), "") for cell in text.split(",") if len(cell) > 1
    )


def test_a_header_that_is_repeated_among_the_rows_is_refused(tmp_path, tried):
    (tmp_path / "rows.csv").write_text("id,state\nA,open\nid,state\nB,open\n")
    with pytest.raises(DataError, match="names of 2 columns stand among their own values"):
        tried(tmp_path / "rows.csv")


@pytest.mark.parametrize("name", ["amount_2024", "q1", "score6m", "a1b2", "top10"])
def test_digits_in_a_name_are_fine(csv, name):
    assert csv(**{name: ["x", "y"]}).contract.columns[0].name == name


def test_words_of_a_name_decide_not_letters():
    assert names_person("payee_name")
    assert not names_person("rename_count")
