"""The search itself: a planted value is found in every container and every form, and where nothing is, nothing is."""

from __future__ import annotations

import base64
import gzip
import io
import sqlite3
import struct
import tarfile
import time
import zipfile
import zlib
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from machinery.clear_data import FORMS, Search, find_clear, find_clear_in_bucket
from machinery.decoding import UndecodableError, pieces

SECRET = "990001198001011234"
NAME = "欧阳建国"
OTHER = ["990002197512120019", "15400000001", "user0000001@example.com"]
VALUES = [*OTHER, SECRET, NAME]


def places(folder):
    """Where the planted values were found; any other hit is a fault of the search."""
    hits = find_clear(VALUES, [folder])
    assert {hit.value_index for hit in hits} <= {3, 4}
    return [(hit.where, hit.form) for hit in hits]


def wheres(folder):
    return " | ".join(where for where, _ in places(folder))


def parquet(folder, values, **options):
    pq.write_table(pa.table({"id": values, "n": list(range(len(values)))}), folder / "x.parquet", **options)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_in_a_parquet_column(tmp_path, compression):
    # Noise keeps the page compressible only as a whole, and no statistics show it.
    parquet(tmp_path, ["a" * 50, SECRET, "z" * 50], compression=compression, write_statistics=False)
    assert "column id" in wheres(tmp_path)


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_in_a_parquet_file_of_polars(tmp_path, use_dictionary):
    frame = pl.DataFrame({"id": [SECRET, "b"] * 500})
    frame.write_parquet(tmp_path / "x.parquet", compression="zstd", use_pyarrow=use_dictionary)
    assert "column id" in wheres(tmp_path)


def test_in_a_parquet_statistic_alone(tmp_path):
    parquet(tmp_path, ["a", SECRET], compression="zstd")
    assert "statistics of id" in wheres(tmp_path)


def test_in_a_parquet_dictionary_that_no_row_uses(tmp_path):
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), ["x" * 40, SECRET])
    pq.write_table(pa.table({"id": column}), tmp_path / "x.parquet", compression="zstd", write_statistics=False)
    assert pq.read_table(tmp_path / "x.parquet")["id"].to_pylist() == ["x" * 40] * 2
    assert "zstd frame" in wheres(tmp_path)


def test_in_the_footer_of_a_parquet_file(tmp_path):
    table = pa.table({"n": [1]}).replace_schema_metadata({"note": SECRET})
    pq.write_table(table, tmp_path / "x.parquet")
    assert "footer note" in wheres(tmp_path)


def test_in_numbers_binary_and_nested_columns_of_a_parquet_file(tmp_path):
    nested = [{"who": [NAME]}]
    pq.write_table(pa.table({"n": [int(SECRET)], "b": [SECRET.encode()], "s": nested}), tmp_path / "x.parquet")
    assert {"raw: column n", "raw: column b", "raw: column s"} <= {where for where, _ in places(tmp_path)}


def long(number):
    """An Avro number."""
    number, made = number << 1, b""
    while number > 0x7F:
        made, number = made + bytes([number & 0x7F | 0x80]), number >> 7
    return made + bytes([number])


def raw_deflate(block):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(block) + packer.flush()


CODECS = {
    "null": lambda block: block,
    "deflate": raw_deflate,
    "snappy": lambda block: pa.Codec("snappy").compress(block, asbytes=True) + struct.pack(">I", zlib.crc32(block)),
    "zstandard": zstandard.compress,
}


@pytest.mark.parametrize("codec", CODECS)
def test_in_a_compressed_avro_block(tmp_path, codec):
    block = long(len(SECRET)) + SECRET.encode() + b"a" * 200
    packed, sync = CODECS[codec](block), b"S" * 16
    head = {"avro.codec": codec.encode(), "avro.schema": b'"string"'}
    entries = b"".join(long(len(k)) + k.encode() + long(len(v)) + v for k, v in head.items())
    one = CODECS[codec](b"abc")
    first = long(1) + long(len(one)) + one + sync
    content = (
        b"Obj\x01" + long(len(head)) + entries + b"\0" + sync + first + long(1) + long(len(packed)) + packed + sync
    )
    (tmp_path / "manifest.avro").write_bytes(content)
    assert "block 1" in wheres(tmp_path)


@pytest.fixture
def iceberg_table(tmp_path):
    """A table of PyIceberg in a folder, with the planted value in one row."""
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("x", uri="sqlite:///:memory:", warehouse=f"file://{tmp_path}/lake")
    catalog.create_namespace("a")
    table = catalog.create_table("a.b", pa.schema([("id", pa.string())]))
    table.append(pa.table({"id": [SECRET]}))
    return tmp_path / "lake"


def test_in_the_bounds_that_an_iceberg_manifest_keeps_of_a_column(iceberg_table):
    manifests = [path for path in iceberg_table.rglob("*-m0.avro") if SECRET[:15].encode() not in path.read_bytes()]
    assert manifests, "the manifest is compressed, so plain reading finds nothing"
    assert any("cut" in hit.form for hit in find_clear([SECRET], manifests))


def database(path, **pragmas):
    connection = sqlite3.connect(path)
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name} = {value}")
    connection.execute("CREATE TABLE t (a)")
    return connection


def test_in_a_sqlite_table(tmp_path):
    with database(tmp_path / "x.db") as connection:
        connection.execute("INSERT INTO t VALUES (?)", (int(SECRET),))
    connection.close()
    assert set(places(tmp_path)) == {("raw: table t", "clear"), ("raw: table t", "cut")}


def test_in_a_sqlite_cell_that_is_compressed(tmp_path):
    with database(tmp_path / "x.db") as connection:
        connection.execute("INSERT INTO t VALUES (?)", (gzip.compress(SECRET.encode()),))
        connection.execute("INSERT INTO t VALUES (?)", (base64.b64encode(zlib.compress(NAME.encode())).decode(),))
    connection.close()
    assert {hit.value_index for hit in find_clear(VALUES, [tmp_path])} == {3, 4}


def test_in_a_free_page_of_a_sqlite_file(tmp_path):
    with database(tmp_path / "x.db", secure_delete=0) as connection:
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{SECRET}-{n}-{'x' * 900}",) for n in range(20)])
    with connection:
        connection.execute("DROP TABLE t")
    assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 0
    connection.close()
    assert ("raw", "clear") in places(tmp_path)


def test_in_the_write_ahead_log_of_a_sqlite_file(tmp_path):
    connection = database(tmp_path / "x.db", journal_mode="wal", wal_autocheckpoint=0)
    with connection:
        connection.execute("INSERT INTO t VALUES (?)", (int(SECRET),))
    try:
        assert "table t" in wheres(tmp_path)
    finally:
        connection.close()


def archive_zip(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", content)
    return buffer.getvalue()


def archive_tar(content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("inner.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def arrow_file(content):
    buffer = io.BytesIO()
    table = pa.table({"b": [content]})
    with pa.ipc.new_file(buffer, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return buffer.getvalue()


WRAPPINGS = {
    "log": lambda content: b"2026-03-01 INFO row " + content + b" refused\n",
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": zstandard.compress,
    "zip": archive_zip,
    "tar": archive_tar,
    "arrow": arrow_file,
    "gzip in zip": lambda content: archive_zip(gzip.compress(content)),
    "parquet in gzip": lambda content: gzip.compress(parquet_bytes(content)),
}


def parquet_bytes(content):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"b": [content]}), buffer, compression="zstd")
    return buffer.getvalue()


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_in_files_and_archives(tmp_path, wrapping):
    (tmp_path / "x").write_bytes(WRAPPINGS[wrapping](b"before " + SECRET.encode() + b" behind" + b"." * 100))
    assert places(tmp_path)


def test_in_the_name_of_a_folder(tmp_path):
    (tmp_path / f"id={SECRET}").mkdir()
    (tmp_path / f"id={SECRET}" / "x").write_bytes(b"")
    assert "name" in wheres(tmp_path)


def test_in_a_text_that_was_printed():
    assert [hit.path for hit in find_clear(VALUES, [], {"stdout": f"row {SECRET} is bad", "stderr": "fine"})] == [
        "stdout"
    ] * 2


def test_in_a_bucket(bucket):
    bucket.client().put_object(Bucket=bucket.name, Key="a/b", Body=gzip.compress(SECRET.encode()))
    assert {hit.path for hit in find_clear_in_bucket(VALUES, bucket)} == {f"{bucket.uri}/a/b"}


SPELLED = {
    "clear": SECRET,
    "cut": SECRET[:16],
    "UTF-16": SECRET.encode("utf-16"),
    "full width": "９９０００１１９８００１０１１２３４",
    "base64": b"xx" + base64.b64encode(b"id=" + SECRET.encode() + b";"),
    "JSON": '{"name": "\\u6b27\\u9633\\u5efa\\u56fd"}',
    "URL": quote(NAME),
    "hex": SECRET.encode().hex(),
    "reversed": SECRET[::-1],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [SECRET, NAME])
def test_every_form_is_found_by_its_name(tmp_path, form, value):
    spelled = FORMS[form](value)
    for n, content in enumerate(spelled):
        (tmp_path / str(n)).write_bytes(b"<" + content + b">")
    found = {(hit.path, hit.value_index) for hit in find_clear(VALUES, [tmp_path])}
    assert found == {(str(tmp_path / str(n)), VALUES.index(value)) for n in range(len(spelled))}


@pytest.mark.parametrize("form", SPELLED)
def test_a_form_is_what_other_programs_write(tmp_path, form):
    content = SPELLED[form]
    (tmp_path / "x").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert form in {found for _, found in places(tmp_path)}


def test_a_hit_never_holds_the_value(tmp_path):
    (tmp_path / "x").write_text(SECRET)
    assert SECRET not in repr(find_clear(VALUES, [tmp_path]))


def test_what_is_left_out_is_not_searched(tmp_path):
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "x").write_text(SECRET)
    assert find_clear(VALUES, [tmp_path], without=[tmp_path / "bank"]) == []


def test_a_value_across_two_chunks_is_found(tmp_path):
    (tmp_path / "x").write_bytes(b"." * ((1 << 20) - 9) + SECRET.encode() + b"." * 100)
    assert ("raw", "clear") in places(tmp_path)


def test_a_value_too_short_to_be_told_from_chance_is_refused():
    with pytest.raises(ValueError, match="too short"):
        Search(["1234"])


@pytest.mark.parametrize(
    ("text", "found"),
    [("8615400000001,", True), ("x15400000001x", True), ("0.15400000001", False), ("915400000001", False)],
)
def test_a_short_number_counts_where_it_stands_alone(tmp_path, text, found):
    (tmp_path / "x").write_text(text)
    assert bool(find_clear(["15400000001"], [tmp_path])) is found


def test_a_broken_container_is_no_clean_one(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"junk" * 10 + b"PAR1")
    with pytest.raises(UndecodableError):
        find_clear(VALUES, [tmp_path])


def test_a_bomb_of_containers_ends(tmp_path):
    content = b"."
    for _ in range(20):
        content = gzip.compress(content)
    assert len(list(pieces(content))) <= 6


def test_twenty_thousand_values_are_searched_in_seconds(tmp_path):
    values = [f"9900{n:014d}" for n in range(20_000)]
    lines = "\n".join(f"{n},2026-03-01,9900,card_present,{n * 7919 % 10**9}" for n in range(300_000))
    (tmp_path / "lines.csv").write_text(lines)
    # Time of the processor: others may be using the machine.
    began = time.process_time()
    assert find_clear(values, [tmp_path]) == []
    assert time.process_time() - began < 20
