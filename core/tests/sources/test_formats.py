import datetime as dt

import polars as pl
import pytest
from hansa.errors import DataError
from hansa.hooks import hookimpl
from hansa.registry.signature import check_hooks
from hansa.sources import Binding, built_in_readers, hansa_sources, read_parquet, translate


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "rows.parquet"
    frame = pl.DataFrame({"id": range(200_000), "day": [dt.date(2026, 1, 1)] * 200_000})
    frame.write_parquet(path, row_group_size=50_000)
    return path


def read(path):
    return read_parquet(path, Binding(uri="rows.parquet"))


def test_columns_keep_their_types(parquet):
    assert dict(read(parquet).collect_schema()) == {"id": pl.Int64, "day": pl.Date}


def test_the_name_of_a_folder_is_no_column_and_no_pattern(tmp_path):
    folder = tmp_path / "day=1"
    folder.mkdir()
    pl.DataFrame({"id": [1]}).write_parquet(folder / "a[b]*.parquet")
    assert read(folder / "a[b]*.parquet").collect().to_dicts() == [{"id": 1}]


@pytest.mark.parametrize(
    ("spoil", "what"),
    {
        "empty": (lambda content: b"", "the file is empty"),
        "text": (lambda content: b"id,amount\n1,2\n", "it is not a Parquet file"),
        "cut": (lambda content: content[: len(content) // 2], "the Parquet file is cut or damaged"),
        "mark_only": (lambda content: b"PAR1", "the Parquet file is cut or damaged"),
        "piece_missing": (lambda content: content[:1000] + content[9000:], "the Parquet file is cut or damaged"),
        "footer": (
            lambda content: content[:-300] + b"\xff" * 200 + content[-100:],
            "the Parquet file is cut or damaged",
        ),
    }.values(),
)
def test_a_file_that_is_not_whole_is_refused(parquet, spoil, what):
    parquet.write_bytes(spoil(parquet.read_bytes()))
    with pytest.raises(DataError, match=what):
        read(parquet)


def test_an_empty_file_is_a_matter_of_its_delivery(parquet):
    parquet.write_bytes(b"")
    with pytest.raises(DataError, match="check its delivery: a file without rows has at least its header"):
        read(parquet)


def test_damage_that_shows_only_while_reading_is_translated(parquet):
    content = bytearray(parquet.read_bytes())
    content[4:40] = b"\xff" * 36  # the header of the first page
    parquet.write_bytes(bytes(content))
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        read(parquet).collect(engine="streaming")
    error = translate(caught.value, "rows.parquet")
    assert isinstance(error, DataError)
    assert error.sentence().startswith("rows.parquet: the Parquet file is damaged")


def test_the_built_in_formats_register_by_the_hook():
    import hansa.sources

    check_hooks(hansa.sources)
    assert hansa_sources() == built_in_readers()
    assert hasattr(hansa_sources, f"{hookimpl.project_name}_impl")
