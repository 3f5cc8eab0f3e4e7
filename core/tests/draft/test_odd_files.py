"""Files as they come: one sentence for what cannot be read, and a draft for what can, however odd or large."""

import subprocess
import sys

import polars as pl
import pytest
from hansa.errors import DataError


def bytes_file(tmp_path, content):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    return path


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, tried):
    made = tried(bytes_file(tmp_path, b"\xef\xbb\xbfid,amount\nA,1.50\n"))
    assert [column.name for column in made.contract.columns] == ["id", "amount"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("编号,金额\n甲,1\n".encode("gb18030"), "is not UTF-8"),
        (b"id,amount\nA,1\nB\n", "the row has 1 fields, the header 2"),
        (b"id,amount\nA,1,2\n", "the row has 3 fields, the header 2"),
        (b"", "the file is empty"),
        (b"id,id\n1,2\n", "names a column twice"),
        (b"id;amount\n1;2\n", "the separator seems to be ';'"),
        (b"id,a\n1,\x00\n", "a NUL byte"),
        ("id,a\n1,2\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path, tried, content, sentence):
    with pytest.raises(DataError) as refused:
        tried(bytes_file(tmp_path, content))
    assert sentence in refused.value.sentence()
    assert "\n" not in refused.value.sentence()


def test_a_header_alone_is_a_draft_of_names(tmp_path, tried):
    made = tried(bytes_file(tmp_path, b"id,amount\n"))
    assert [column.logical_type for column in made.contract.columns] == ["string", "string"]
    assert "no rows" in made.said("id")


def test_empty_lines_at_the_end_and_windows_line_ends_are_no_rows(tmp_path, tried):
    made = tried(bytes_file(tmp_path, b"id,amount\r\nA,1\r\nB,2\r\n\r\n\r\n"))
    assert made.draft.rows == 2
    assert made.type_of("amount") == "integer"


def test_another_separator(tmp_path, tried):
    made = tried(bytes_file(tmp_path, b"id\tamount\nA\t1,5\n"), separator="tab")
    assert [column.name for column in made.contract.columns] == ["id", "amount"]


def test_hundreds_of_columns_make_a_contract_that_is_read(tmp_path, tried):
    names = [f"feature_number_{number}" for number in range(600)]
    pl.DataFrame({name: ["1.25", None, "3"] for name in names}).write_csv(tmp_path / "rows.csv")
    made = tried(tmp_path / "rows.csv")
    assert [column.name for column in made.contract.columns] == names
    assert {column.scale for column in made.contract.columns} == {2}


def test_a_parquet_file_that_is_cut_is_refused(tmp_path, tried):
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"x": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cut or damaged"):
        tried(path)


def test_a_damaged_page_is_refused_without_a_word_of_it(tmp_path, tried):
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"x": [f"value {n}" for n in range(20_000)]}).write_parquet(path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[2_000:6_000] = bytes(4_000)
    path.write_bytes(bytes(content))
    with pytest.raises(DataError) as refused:
        tried(path)
    assert "value " not in refused.value.sentence()


LARGE = """
import sys, time
from pathlib import Path
from hansa.contract_draft import draft_from, open_data_file
made = draft_from(open_data_file(Path(sys.argv[1])), "bank.rows")
# Its own peak: what getrusage says counts the pages of the process that started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(made.rows, int(status["VmHWM"].split()[0]) // 1024, round(time.process_time(), 1))
"""


def test_a_file_of_many_rows_passes_in_bounded_memory(tmp_path):
    number = pl.int_range(300_000, eager=True)
    frame = pl.DataFrame({"n": number}).select(
        id=pl.format("C{}", pl.col("n")),
        card=(pl.col("n") * 7919 + 6_222_020_000_000_000).cast(pl.String),
        mobile=(pl.col("n") * 97 + 13_800_000_000).cast(pl.String),
        amount=(pl.col("n") % 99_991 / 100).cast(pl.Decimal(12, 2)),
        at=(pl.datetime(2026, 1, 1) + pl.duration(seconds=pl.col("n"))).dt.to_string("%Y-%m-%d %H:%M:%S"),
        day=(pl.date(2026, 1, 1) + pl.duration(days=pl.col("n") % 300)).dt.to_string("%d.%m.%Y"),
        memo=pl.format("payment {} of {}", pl.col("n"), pl.col("n") % 1009),
    )
    frame.write_csv(tmp_path / "rows.csv")
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path / "rows.csv")], capture_output=True, text=True, check=True
    )
    rows, megabytes, seconds = map(float, done.stdout.split())
    print(f"300 000 rows x 7 columns: {megabytes:.0f} MB, {seconds} s of both cores")
    assert rows == 300_000
    assert megabytes < 400
    # Of processor time, so that a busy machine does not count.
    assert seconds < 20
