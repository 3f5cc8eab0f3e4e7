import os

import polars as pl
import pytest
from hansa.errors import DataError, MeshError, WorldError
from hansa.sources.files import fingerprint, listed, located, translate


def test_a_relative_uri_starts_at_the_mesh_file_and_may_leave_its_folder(tmp_path):
    assert located("../a b/x.csv", tmp_path / "mesh", "e").resolve() == (tmp_path / "a b/x.csv").resolve()


@pytest.mark.parametrize("uri", ["file:///data/a%20b.csv", "file://localhost/data/a%20b.csv", "/data/a b.csv"])
def test_these_uris_name_one_file(tmp_path, uri):
    assert str(located(uri, tmp_path, "e")) == "/data/a b.csv"


@pytest.mark.parametrize(
    "uri", ["s3://bucket/x.csv", "https://user:word@host/x.csv", "file://host/x.csv", "file:x.csv"]
)
def test_these_uris_are_refused_without_showing_them(tmp_path, uri):
    with pytest.raises(MeshError) as caught:
        located(uri, tmp_path, "sources.a.b.uri")
    assert caught.value.where == "sources.a.b.uri"
    assert "word" not in caught.value.sentence()


def test_a_missing_file_names_the_near_one(tmp_path):
    (tmp_path / "transactions.csv").touch()
    with pytest.raises(DataError) as caught:
        fingerprint(tmp_path / "transaction.csv", "transaction.csv")
    assert caught.value.sentence() == (
        f"transaction.csv: there is no such file in {tmp_path}; did you mean 'transactions.csv'?"
    )


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        fingerprint(tmp_path / "no" / "x.csv", "no/x.csv")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="it is a folder, not a file"):
        fingerprint(tmp_path, "x")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="it is no regular file"):
        fingerprint(tmp_path / "pipe.csv", "pipe.csv")


def test_a_name_that_is_too_long_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="it cannot be read"):
        fingerprint(tmp_path / ("x" * 300), "x" * 300)


def test_the_fingerprint_changes_with_the_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a")
    first = fingerprint(path, "x.csv")
    assert fingerprint(path, "x.csv") == first
    os.utime(path, ns=(1, 1))
    assert fingerprint(path, "x.csv") != first


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        (PermissionError(13, "Permission denied", "/data/x.csv"), DataError, "this user may not read it"),
        (FileNotFoundError("No such file or directory (os error 2): /data/x.csv"), DataError, "it vanished"),
        (OSError(28, "No space left on device"), WorldError, "no room is left on the disk"),
        (OSError("No space left on device (os error 28)"), WorldError, "no room is left on the disk"),
        (pl.exceptions.NoDataError("empty CSV"), DataError, "the file is empty"),
        (pl.exceptions.ComputeError("could not parse `secret` as dtype `str`"), DataError, "changed while it was read"),
    ],
)
def test_these_errors_have_a_sentence_that_quotes_nothing(error, kind, what):
    told = translate(error, "data/x.csv")
    assert type(told) is kind
    assert what in told.what
    assert "secret" not in told.sentence()


@pytest.mark.parametrize(
    "error",
    [
        OSError(13, "Permission denied", "/warehouse/part.parquet"),
        pl.exceptions.ColumnNotFoundError("x"),
        pl.exceptions.ComputeError("something else"),
        ValueError("x"),
    ],
)
def test_errors_of_other_rooms_are_left_to_them(error):
    assert translate(error, "data/x.csv") is None


@pytest.mark.parametrize("name", ["596", "2018-04-01", "a@b.cn", "110101199003078515", "12,50"])
def test_a_first_row_of_values_is_not_shown_as_names(name):
    assert listed(["id", name]) == "2 columns whose names look like values (has the file a header?)"


def test_many_names_are_cut():
    assert listed([f"c{n}" for n in range(40)]).endswith("'c29' and 10 more")
