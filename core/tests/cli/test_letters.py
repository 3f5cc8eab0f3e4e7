"""What a terminal cannot show is shown as its number, and ends nothing."""

import json
import os
from pathlib import Path

import pytest

ID = "{name: id, logicalType: string, required: true, primaryKey: true, description: 订单号 😀 é}"


@pytest.fixture
def narrow(process):
    """A process whose standard output has these letters only."""

    def call(encoding, *words):
        narrowed = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        return process(*words, env=narrowed, errors="strict", encoding=encoding)

    return call


@pytest.mark.parametrize(("encoding", "shown"), [("latin-1", "é"), ("cp1251", "\\u00e9")])
def test_letters_that_cannot_be_shown_end_no_command(narrow, contract, encoding, shown):
    done = narrow(encoding, "contract", "show", contract("orders", ID))
    assert (done.code, done.err) == (0, "")
    assert f"\\u8ba2\\u5355\\u53f7 \\ud83d\\ude00 {shown}" in done.out


@pytest.mark.parametrize("encoding", ["latin-1", "cp1251", "utf-8"])
def test_json_stays_json_and_keeps_every_letter(narrow, contract, encoding):
    done = narrow(encoding, "contract", "show", contract("orders", ID), "--json")
    assert done.code == 0
    assert "订单号 😀 é" in json.dumps(json.loads(done.out), ensure_ascii=False)


def test_a_name_that_is_no_text_is_shown(narrow):
    Path(os.fsdecode(b"or\xffders.odcs.yaml")).write_text("kind: DataContract\n")
    done = narrow("utf-8", "contract", "lint", ".")
    assert done.code == 1
    assert "or\\udcffders.odcs.yaml:1: error: " in done.out
