"""No value of the data stands in a draft, its comments, its JSON or an error."""

import json
import random

import polars as pl
import pytest
import xlsxwriter
from hansa.contract_draft import draft_from, open_data_file
from hansa.errors import HansaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = 400


def bank(invented):
    """Columns of every kind, with dirt, in which no cell of four signs and more is a word of the draft's own."""
    draw = random.Random(11)
    dirt = ["zzqq", "Ünbekannt", "17.13.2031", "0xC0FFEE", "姓名不详", "９９９９９"]
    pick = lambda values: [draw.choice(dirt) if draw.random() < 0.02 else value for value in values]  # noqa: E731
    return {
        "customer": [f"K{draw.randint(10**8, 10**9)}" for _ in range(ROWS)],
        "姓名": pick([f"王{draw.randint(1000, 9999)}" for _ in range(ROWS)]),
        "id_number": pick([invented["identity"](i) for i in range(ROWS)]),
        "card": pick([invented["card"](i) for i in range(ROWS)]),
        "mobile": pick([f"138{draw.randint(10**7, 10**8 - 1)}" for _ in range(ROWS)]),
        "email": [f"u{draw.randint(1000, 9999)}@bank.example" for _ in range(ROWS)],
        "amount": [f"{draw.uniform(1000, 99999):.2f}" for _ in range(ROWS)],
        "booked": [f"{draw.randint(10, 28)}.0{draw.randint(1, 9)}.2031" for _ in range(ROWS)],
        "branch": [f"{draw.randint(0, 99):04d}" for _ in range(ROWS)],
        "memo": [f"transfer {draw.randint(10**6, 10**7)} to {invented['identity'](i)}" for i in range(ROWS)],
        "one": ["unusual"] * ROWS,
    }


def cells(frame):
    texts = {str(value) for column in frame.get_columns() for value in column.drop_nulls().to_list()}
    return {text for text in texts if len(text) >= 4}


def written(kind, frame, path):
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "parquet":
        frame.write_parquet(path)
    else:
        book = xlsxwriter.Workbook(path, {"strings_to_numbers": False})
        sheet = book.add_worksheet()
        for place, column in enumerate(frame.get_columns()):
            sheet.write_column(0, place, [column.name, *column.to_list()])
        book.close()


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_no_cell_of_four_signs_occurs_in_text_or_json(tmp_path, invented, kind):
    frame = pl.DataFrame(bank(invented))
    path = tmp_path / f"rows.{kind}"
    written(kind, frame, path)
    made = draft_from(open_data_file(path), "bank.rows")
    output = made.text + json.dumps(made.reading(), ensure_ascii=False)
    assert [cell for cell in cells(frame) if cell in output] == []
    assert "identity_number" in output


def test_the_search_finds_what_is_planted(tmp_path, invented):
    frame = pl.DataFrame(bank(invented))
    assert any(cell in f"x {frame['card'][3]} y" for cell in cells(frame))


def test_neither_does_a_file_name_become_an_id_with_a_number_in_it(tmp_path):
    path = tmp_path / "wang_13800138000_2026-01-31.csv"
    pl.DataFrame({"x": ["a"]}).write_csv(path)
    assert draft_from(open_data_file(path)).id == "draft.wang"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_drafted_or_refused_without_a_word_of_them(tmp_path, content):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"id,text\n" + content)
    try:
        draft_from(open_data_file(path))
    except HansaError as refused:
        assert refused.__suppress_context__ or refused.__context__ is None
        assert refused.what
