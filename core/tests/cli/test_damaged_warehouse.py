"""A warehouse in which something is gone or damaged, as the command line tells it: the file, and what to do."""

from pathlib import Path

import pytest

WH = ("--warehouse", "wh")


@pytest.fixture
def published(hansa, orders):
    assert hansa("publish", *orders, *WH).code == 0
    return Path("wh/t/orders")


def files(folder, pattern):
    (found,) = folder.rglob(pattern)
    return found


@pytest.mark.parametrize("size", [None, 0, 300])
@pytest.mark.parametrize("output", [(), ("-o", "o.csv"), ("-o", "o.parquet")])
def test_reading_names_the_data_file_that_cannot_be_read(hansa, published, size, output):
    file = files(published / "data", "*.parquet")
    if size is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:size])
    done = hansa("read", "t.orders", *WH, *output)
    assert (done.code, file.name in done.sentence, "[table.data]" in done.sentence) == (1, True, True)


@pytest.mark.parametrize("output", ["none/o.csv", "/proc/nothing.csv", "/proc/nothing.parquet", "/proc/nothing.json"])
def test_an_output_that_cannot_be_written_is_told_as_that(hansa, published, output):
    done = hansa("read", "t.orders", *WH, "-o", output)
    assert (done.code, output in done.sentence, "[read.output]" in done.sentence) == (1, True, True)


@pytest.mark.parametrize("name", ["*-m0.avro", "snap-*.avro"])
@pytest.mark.parametrize("words", [("read", "t.orders"), ("upkeep",)])
def test_metadata_that_were_cut_are_no_interrupt(hansa, published, name, words):
    file = files(published / "metadata", name)
    file.write_bytes(file.read_bytes()[:1])
    done = hansa(*words, *WH)
    assert (done.code, "stopped" in done.err) == (1, False)
    assert "a file of the table's metadata is cut or damaged" in done.err
    assert "[table.metadata]" in done.err


def test_what_is_wrong_with_one_product_hides_no_other(hansa, published, contract):
    Path("q.csv").write_text("id\nA\n")
    other = contract("q", "{name: id, logicalType: string, required: true, primaryKey: true}")
    assert hansa("publish", other, "q.csv", *WH).code == 0
    files(published / "metadata", "snap-*.avro").unlink()
    done = hansa("verify", "--all", *WH)
    assert (done.code, "WRONG  t.orders" in done.out, "right  t.q" in done.out) == (1, True, True)
