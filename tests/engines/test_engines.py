"""The very lines of ``docs/engines.md``, run on one product in every state of its life."""

import re
import warnings
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest
from machinery.object_store import ACCESS_KEY, SECRET_KEY

PAGE = (Path(__file__).parents[2] / "docs" / "engines.md").read_text("utf-8")
ENGINES = ["Polars", "DuckDB", "PyIceberg"]
STATES = ["published", "replaced", "evolved", "expired"]


def lines(engine, place):
    """The block of the page for an engine and a place."""
    section = PAGE.split(f"\n## {engine}\n")[1].split("\n## ")[0]
    return re.search(rf"^```python {place}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]


def read(code, **names):
    """What a block leaves in ``rows``."""
    given = dict(names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(code, given)
    rows = given["rows"]
    frame = rows if isinstance(rows, pl.DataFrame) else pl.from_arrow(rows)
    return frame.with_columns(pl.col("at").dt.convert_time_zone("UTC")).sort("id")


def for_bucket(code, bucket):
    """The page's bucket and endpoint are those of this test run."""
    host = bucket.endpoint.removeprefix("http://")
    return code.replace("127.0.0.1:9000", host).replace("s3://lake/", f"{bucket.uri}/")


def test_every_engine_of_the_table_has_its_lines_for_both_places():
    assert re.findall(r"^\| (\w+) \| \d", PAGE, re.MULTILINE) == ENGINES
    assert len(re.findall(r"^```python (?:folder|s3|snapshot)$", PAGE, re.MULTILINE)) == 3 * len(ENGINES)


def test_the_page_names_the_versions_that_are_tested():
    named = dict(re.findall(r"^\| (\w+) \| (\d[\d.]*)", PAGE, re.MULTILINE))
    assert all(version(engine.lower()).startswith(number) for engine, number in named.items())
    assert set(named) == set(ENGINES)


def test_every_engine_reads_every_state_in_a_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.folder)
    for state in STATES:
        folder.live_on()
        wanted = folder.rows()
        assert wanted.height == {"published": 120, "replaced": 125, "evolved": 115, "expired": 115}[state]
        for engine in ENGINES:
            found = read(lines(engine, "folder"))
            assert found.schema == wanted.schema, (engine, state)
            assert found.equals(wanted), (engine, state)


def test_every_engine_reads_every_state_in_a_bucket(in_bucket):
    for state in STATES:
        in_bucket.live_on()
        wanted = in_bucket.rows()
        for engine in ENGINES:
            code = for_bucket(lines(engine, "s3"), in_bucket.bucket)
            found = read(code, key_id=ACCESS_KEY, secret=SECRET_KEY)
            assert found.schema == wanted.schema, (engine, state)
            assert found.equals(wanted), (engine, state)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_earlier_snapshot_is_read_with_the_rows_that_it_had(lake, engine):
    snapshot = lake.publish_first()
    lake.publish_second()
    wanted = lake.rows(snapshot)
    found = read(lines(engine, "snapshot"), snapshot=snapshot)
    assert found.height == 20
    assert found.equals(wanted.select(found.columns))
    assert "note" not in found.columns


@pytest.mark.parametrize("engine", ENGINES)
def test_without_the_hint_an_engine_refuses_rather_than_guesses(lake, engine):
    lake.publish_first()
    (lake.folder / "warehouse/bank/transfers/metadata/version-hint.text").unlink()
    with pytest.raises(Exception, match=r"version-hint"):
        read(lines(engine, "folder"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_hint_is_mended_when_hansa_reads_the_table(lake, engine):
    lake.publish_first()
    hint = lake.folder / "warehouse/bank/transfers/metadata/version-hint.text"
    hint.unlink()
    lake.rows()
    assert read(lines(engine, "folder")).equals(lake.rows())


@pytest.mark.parametrize("engine", ENGINES)
def test_the_address_of_a_version_serves_without_the_hint(lake, engine):
    lake.publish_first()
    metadata = lake.folder / "warehouse/bank/transfers/metadata"
    number = (metadata / "version-hint.text").read_text()
    (metadata / "version-hint.text").unlink()
    address = f"warehouse/bank/transfers/metadata/v{number}.metadata.json"
    code = lines(engine, "folder").replace("warehouse/bank/transfers", address)
    assert read(code).equals(lake.rows())


def test_a_moved_folder_is_read_by_duckdb_when_it_is_told(lake):
    lake.publish_first()
    wanted = lake.rows()
    (lake.folder / "warehouse").rename(lake.folder / "elsewhere")
    code = lines("DuckDB", "folder").replace("warehouse/bank", "elsewhere/bank")
    with pytest.raises(Exception, match="Cannot open file"):
        read(code)
    assert read(code.replace("transfers')", "transfers', allow_moved_paths = true)")).equals(wanted)
