"""The forms that docs/sources.md names are those that contracts and options have."""

import re
from pathlib import Path

import polars as pl
import pytest
import typer.main
from hansa.cast import Reading, casts
from hansa.cli import app
from hansa.contract import read_contract

PAGE = (Path(__file__).parents[3] / "docs" / "sources.md").read_text("utf-8")
HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: a.rows\nversion: 1.0.0\nstatus: active\nschema:\n- name: rows\n"
FORMS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `(\"%[^`]+)` \|$", PAGE, re.MULTILINE)
EXAMPLE = re.search(r"^```yaml\nproperties:\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def days(tmp_path, column, *texts):
    """The days that the gate reads, under this column, of these texts."""
    path = tmp_path / "rows.odcs.yaml"
    path.write_text(f"{HEAD}  properties:\n  - {column}\n", encoding="utf-8")
    contract = read_contract(path)
    name = contract.columns[0].name
    frame = pl.DataFrame({name: list(texts)})
    made = casts(contract, frame.schema, Reading(), "UTC")[name]
    return [str(one) if one else None for one in frame.select(made.value)[name]]


def test_the_page_names_forms():
    assert len(FORMS) >= 8


@pytest.mark.parametrize(("text", "letters", "pattern"), FORMS)
def test_each_form_is_read_in_both_ways(tmp_path, text, letters, pattern):
    day = "2025-02-01" if text == "1.2.2025" else "2025-12-31"
    by_format = f"{{name: day, logicalType: date, logicalTypeOptions: {{format: {letters}}}}}"
    by_formats = f"{{name: day, logicalType: date, customProperties: [{{property: formats, value: [{pattern}]}}]}}"
    assert days(tmp_path, by_format, text) == [day]
    assert days(tmp_path, by_formats, text) == [day]


def test_the_example_reads_what_it_says(tmp_path):
    first, second = (line.removeprefix("  - ") for line in EXAMPLE[1].splitlines())
    assert days(tmp_path, first, "31.12.2025", "1.2.2025", "31.02.2025") == ["2025-12-31", None, None]
    assert days(tmp_path, second, "31.12.2025", "2025-12-31") == ["2025-12-31", "2025-12-31"]


def test_each_option_of_the_page_is_one_of_the_command():
    command = typer.main.get_command(app).commands["publish"]
    known = {option for one in command.params for option in one.opts}
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE[PAGE.index("## A file without") : PAGE.index("## When values")]))
    assert named <= known
    assert {"--null-word", "--negative", "--positive"} <= named
