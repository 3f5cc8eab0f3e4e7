"""Each code of a source, raised by a file or a binding that has this one thing wrong."""

import os
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hansa.contract import read_contract
from hansa.errors import HansaError
from hansa.sources import Binding, built_in_readers, open_file, open_source, translate

GOOD = b"id,amount\nA,1\nB,2\n"
FILES = {
    "source.columns": b"name,amount\nA,1\n",
    "source.empty": b"",
    "source.encoding": b"id,amount\n\xff,1\n",
    "source.header": b"id,id\nA,1\n",
    "source.kind": b"PK\x03\x04" + b"x" * 50,
    "source.line_ends": b"id,amount\rA,1\rB,2\r",
    "source.nul": b"id,amount\nA\0,1\n",
    "source.quote": b'id,amount\n"A,1\n',
    "source.row": b"id,amount\nA,1,2\n",
    "source.separator": b"id;amount\nA;1\n",
}
BINDINGS = {
    "source.scheme": {"uri": "ftp://host/a.csv"},
    "source.uri": {"uri": "file://host/a.csv"},
    "source.format": {"uri": "rows.csv", "format": "punch-cards"},
    "source.mapping": {"uri": "rows.csv", "mapping": {"rename": {"id": "nothing"}}},
    "source.missing": {"uri": "no.csv"},
}


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: t.orders\nversion: 1.0.0\nstatus: active\n"
        "schema:\n- name: orders\n"
        "  properties:\n  - {name: id, logicalType: string, required: true, primaryKey: true}\n"
        "  - {name: amount, logicalType: integer}\n"
    )
    return read_contract(path)


@pytest.fixture
def code_of(contract, tmp_path):
    def opened(name, content):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(HansaError) as caught:
            open_file(path, contract, built_in_readers()).frame.collect()
        return caught.value.code

    return opened


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "maps"),
        (pa.array([Decimal("1.5")], pa.decimal256(60, 3)), "decimals of 60 digits"),
        (pa.array([[[("a", 1)]]], pa.list_(pa.map_(pa.string(), pa.int64()))), "maps"),
    ],
    ids=["map", "decimal256", "list of maps"],
)
def test_a_type_that_cannot_be_read_is_told_with_its_column(contract, tmp_path, column, named):
    pq.write_table(pa.table({"id": pa.array(["A"]), "amount": column}), tmp_path / "rows.parquet")
    with pytest.raises(HansaError) as caught:
        open_file(tmp_path / "rows.parquet", contract, built_in_readers())
    assert (caught.value.code, caught.value.what) == ("source.type", f"'amount' has {named}, which cannot be read")


def test_a_parquet_file_with_a_doubled_column_has_the_code_of_a_csv_file(contract, tmp_path):
    pq.write_table(pa.Table.from_arrays([pa.array(["A"])] * 2, names=["id", "id"]), tmp_path / "rows.parquet")
    with pytest.raises(HansaError) as caught:
        open_file(tmp_path / "rows.parquet", contract, built_in_readers())
    assert caught.value.code == "source.header"


@pytest.mark.parametrize("code", FILES)
def test_a_file_with_one_thing_wrong_has_its_code(code, code_of):
    assert code_of("rows.csv", FILES[code]) == code


@pytest.mark.parametrize("code", BINDINGS)
def test_a_binding_with_one_thing_wrong_has_its_code(code, contract, tmp_path):
    (tmp_path / "rows.csv").write_bytes(GOOD)
    with pytest.raises(HansaError) as caught:
        open_source(Binding(**BINDINGS[code]), contract, tmp_path, built_in_readers())
    assert caught.value.code == code


def test_a_folder_is_no_source(code_of, tmp_path):
    (tmp_path / "rows.csv").mkdir()
    assert code_of("rows.csv", None) == "source.folder"


def test_a_cut_parquet_file_has_its_code(code_of, tmp_path):
    pl.DataFrame({"id": ["A"], "amount": [1]}).write_parquet(tmp_path / "whole.parquet")
    assert code_of("rows.parquet", (tmp_path / "whole.parquet").read_bytes()[:-20]) == "source.cut"


def test_damage_within_a_parquet_file_shows_when_it_is_read(tmp_path):
    path = tmp_path / "rows.parquet"
    frame = pl.DataFrame({"id": [f"row {n}" for n in range(20_000)]})
    frame.write_parquet(path, compression="zstd")
    whole = bytearray(path.read_bytes())
    whole[40:400] = b"\0" * 360
    path.write_bytes(whole)
    with pytest.raises((pl.exceptions.PolarsError, OSError)) as caught:
        pl.scan_parquet(path).collect()
    assert translate(caught.value, str(path)).code == "source.damaged"


@pytest.mark.parametrize(
    ("number", "code"),
    [(13, "source.permission"), (2, "source.missing"), (28, "world.disk_full"), (5, "source.unreadable")],
)
def test_what_the_system_refuses_has_its_code(number, code):
    assert translate(OSError(number, os.strerror(number), "rows.csv"), "rows.csv").code == code
