"""The control: a planted value is found on every way on which it can leave, and what is clean is clean."""

import base64
import hashlib
import logging
import os
import sys
import warnings
import zlib

import polars as pl
import pytest
from hansa.testing.leaks import Secrets, listening, said

VALUE = "990001195002070018"


@pytest.fixture
def secrets():
    made = Secrets()
    made.plant("shop.orders.person", VALUE)
    made.plant("shop.orders.name", "欧阳昱霁")
    return made


def fail():
    raise ValueError(VALUE)


def caught():
    try:
        fail()
    except ValueError as error:
        logging.getLogger("deep").debug("it failed", exc_info=error)


WAYS = {
    "stdout": lambda: print(VALUE),
    "stderr": lambda: print(VALUE, file=sys.stderr),
    "the file of stderr": lambda: os.write(2, VALUE.encode()),
    "a log at its lowest level": lambda: logging.getLogger("x").debug("row %s", VALUE),
    "the arguments of a log that cannot be written": lambda: logging.getLogger("x").info("row %d", VALUE),
    "the exception of a log": caught,
    "a warning": lambda: warnings.warn(VALUE, stacklevel=1),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_planted_value_is_heard_on_every_way(secrets, way):
    with listening() as heard:
        WAYS[way]()
    assert {leak.column for leak in secrets.found_in(heard.texts)} == {"shop.orders.person"}


def test_what_is_said_within_is_shown_nowhere_else(capfd, caplog):
    with listening():
        print(VALUE)
        os.write(1, VALUE.encode())
        logging.getLogger("x").error(VALUE)
    out, err = capfd.readouterr()
    assert VALUE not in out + err + caplog.text


def test_nothing_is_heard_after_the_block(secrets, capsys):
    with listening() as heard:
        pass
    print(VALUE)
    assert secrets.found_in(heard.texts) == []
    assert VALUE in capsys.readouterr().out


def test_the_exception_behind_an_exception_is_read(secrets):
    try:
        try:
            fail()
        except ValueError:
            raise RuntimeError("something went wrong") from None
    except RuntimeError as error:
        assert secrets.found_in({"exception": said(error)})


FILES = {
    "a text": VALUE.encode(),
    "JSON": b'{"name": "\\u6b27\\u9633\\u6631\\u9701"}',
    "base 64": b"x" + base64.b64encode(b"1" + VALUE.encode() + b"2"),
    "hex": VALUE.encode().hex().encode(),
    "a digest without a key": hashlib.sha256(VALUE.encode()).hexdigest().encode(),
    "something packed": zlib.compress(b"row " + VALUE.encode()),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_planted_value_is_found_in_a_file(secrets, tmp_path, kind):
    (tmp_path / "x").write_bytes(FILES[kind])
    assert secrets.found_in_files([tmp_path / "x"], tmp_path)


@pytest.mark.parametrize("column", [[VALUE, "b"], [VALUE.encode()], [[VALUE]], [{"who": VALUE}]])
def test_a_planted_value_is_found_in_a_cell_of_parquet(secrets, tmp_path, column):
    pl.DataFrame({"c": column}).write_parquet(tmp_path / "x.parquet", compression="zstd", statistics=False)
    places = {leak.place for leak in secrets.found_in_files([tmp_path / "x.parquet"], tmp_path)}
    assert "x.parquet (c)" in places


def test_a_leak_says_where_and_never_what(secrets):
    (leak,) = secrets.found_in({"stdout": f"row {VALUE} refused"})
    assert leak.sentence() == "a value of shop.orders.person stands in stdout"


def test_what_holds_no_planted_value_is_clean(secrets, tmp_path):
    pl.DataFrame({"c": ["990001195002070026"]}).write_parquet(tmp_path / "x.parquet")
    assert secrets.found_in_files([tmp_path / "x.parquet"], tmp_path) == []
    assert secrets.found_in({"stdout": "3 rows refused", "stderr": ""}) == []
