"""Sealed rows when keys were exchanged, mistaken or lost, and when their file was cut or changed for another one.

Each ends in one sentence, nothing is published or decided by it, and with the right key and file in place all goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hansa.secrets import load_keys, open_set, rotate

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
MOBILE = (
    "{name: mobile, logicalType: string, classification: C2, customProperties: [{property: tokenise, value: mobile}]}"
)
AMOUNT = "{name: amount, logicalType: integer, classification: C2, logicalTypeOptions: {minimum: 0}}"
LOOSE = "{name: amount, logicalType: integer, classification: C2}"
SECRET = "77665544"
KEYS = Path(".hansa/keys")
DONE = "replayed  t.q  1 of 1 rows, 0 still in quarantine\n"


@pytest.fixture
def refused(hansa, contract):
    """A good row and a sealed bad one; the contract that takes it."""
    strict = contract("q", KEY, MOBILE, AMOUNT)
    Path("q.csv").write_text(f"id,mobile,amount\nA,19900000017,1\nB,19900000018,-{SECRET}\n")
    assert hansa("publish", strict, "q.csv").code == 0
    return contract("q", KEY, MOBILE, LOOSE, version="1.1.0")


@pytest.fixture
def replayed(hansa, refused):
    return lambda *words: hansa("quarantine", "replay", "t.q", "--contract", refused, *words)


def ids(purpose, state):
    return next(key.id for key in open_set(KEYS).keys if (key.purpose, key.state) == (purpose, state))


def files(product="q"):
    return sorted(Path(f"warehouse/t/{product}/quarantine").glob("*.parquet"))


def lost(*names):
    """The set of keys without some of them, as an old backup or a careless hand would leave it."""
    path = KEYS / "keys.json"
    told = json.loads(path.read_text())
    told["keys"] = [key for key in told["keys"] if key["id"] not in names]
    path.write_text(json.dumps(told))


def nothing_was_lost(hansa, refusal):
    """The sentence was one, held no secret, and left the row open and the rest published."""
    assert refusal.code == 1, refusal.err
    assert SECRET not in refusal.sentence + refusal.out
    assert hansa("read", "t.q").out.splitlines()[1].startswith("A,")
    assert not list(Path("warehouse/t/q/quarantine").glob("decisions/*"))


# --- keys -------------------------------------------------------------------------------------------------------------


def test_rows_are_replayed_after_a_rotation_of_the_sealing_key(replayed, hansa):
    hansa("keys", "rotate", "--sealing")
    assert replayed().out == DONE


def test_rows_are_replayed_after_a_rotation_of_the_token_key(replayed, hansa):
    hansa("keys", "rotate", "--token")
    assert replayed().out == DONE
    assert hansa("verify", "--all").code == 0


def test_tokens_of_replayed_rows_are_those_of_the_warehouse_after_a_rotation(replayed, hansa, contract):
    hansa("keys", "rotate", "--token")
    replayed()
    keys = open_set(KEYS).keys_for(ids("token", "old"))
    import polars as pl

    token = keys.tokens(pl.Series(["19900000018"]), "mobile")[0]
    assert token in hansa("read", "t.q").out


def test_rows_refused_under_two_sealing_keys_are_replayed_together(replayed, hansa, contract):
    hansa("keys", "rotate", "--sealing")
    Path("q.csv").write_text("id,mobile,amount\nC,19900000019,-3\n")
    hansa("publish", contract("q", KEY, MOBILE, AMOUNT), "q.csv", "--merge")
    contract("q", KEY, MOBILE, LOOSE, version="1.1.0")
    assert replayed().out == "replayed  t.q  2 of 2 rows, 0 still in quarantine\n"


def test_a_key_that_open_rows_need_cannot_be_retired(replayed, hansa):
    hansa("keys", "rotate", "--sealing")
    assert "1 rows of quarantine" in hansa("keys", "retire", ids("sealing", "old"), "--now").sentence
    assert replayed().out == DONE


def test_a_key_goes_once_its_rows_were_replayed_and_kept_up(replayed, hansa):
    hansa("keys", "rotate", "--sealing")
    replayed()
    hansa("upkeep", "--keep-days", "0")
    assert hansa("keys", "retire", ids("sealing", "old"), "--now").code == 0
    assert hansa("quarantine", "list", "--all").out == "t.q  0 rows, 1 replayed\n"
    assert hansa("verify", "--all").code == 0


def test_rows_whose_key_is_lost_name_it_and_come_back_with_it(replayed, hansa):
    hansa("keys", "rotate", "--sealing")
    old = ids("sealing", "old")
    kept = (KEYS / "keys.json").read_text()
    lost(old)
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert f"its key {old} is not here" in refusal.sentence
    assert f"its key {old} is not here" in hansa("quarantine", "show", "t.q").sentence
    (KEYS / "keys.json").write_text(kept)
    assert replayed().out == DONE


def test_a_lost_key_does_not_hinder_a_rejection(replayed, hansa):
    hansa("keys", "rotate", "--sealing")
    lost(ids("sealing", "old"))
    assert hansa("quarantine", "reject", "t.q", "--reason", "key lost").out == "rejected  t.q  1 rows\n"


def test_another_institutions_keys_are_told_by_the_warehouse(replayed, hansa, monkeypatch, tmp_path):
    load_keys(tmp_path / "other")
    monkeypatch.setenv("HANSA_KEYS", str(tmp_path / "other"))
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert "the warehouse was filled with token key" in refusal.sentence
    monkeypatch.delenv("HANSA_KEYS")
    assert replayed().out == DONE


def test_the_right_token_key_with_another_sealing_key_is_told_by_the_seal(replayed, hansa, monkeypatch):
    other = Path("other")
    shutil.copytree(KEYS, other)
    other.chmod(0o700)
    rotate(other, "sealing")
    told = json.loads((other / "keys.json").read_text())
    told["keys"] = [key for key in told["keys"] if (key["purpose"], key["state"]) != ("sealing", "old")]
    (other / "keys.json").write_text(json.dumps(told))
    monkeypatch.setenv("HANSA_KEYS", "other")
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert "cannot be opened" in refusal.sentence


def test_a_key_file_that_was_cut_is_named(replayed, hansa):
    path = KEYS / "keys.json"
    kept = path.read_bytes()
    path.write_bytes(kept[:-30])
    refusal = replayed()
    assert str(path) in refusal.sentence
    path.write_bytes(kept)
    assert replayed().out == DONE


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [0, 4, 100, -1, -10])
def test_a_file_that_was_cut_is_named_and_nothing_is_sent(replayed, hansa, left):
    (path,) = files()
    kept = path.read_bytes()
    path.write_bytes(kept[:left])
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert path.name in refusal.sentence
    assert "restore the file" in refusal.sentence
    path.write_bytes(kept)
    assert replayed().out == DONE


def test_a_file_that_is_gone_is_named_and_nothing_is_sent(replayed, hansa):
    (path,) = files()
    kept = path.read_bytes()
    path.unlink()
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert path.name in refusal.sentence
    path.write_bytes(kept)
    assert replayed().out == DONE


@pytest.fixture
def other(hansa, refused, contract):
    """The file of another product's refused row, and that of ``t.q``."""
    strict = contract("p", KEY, MOBILE, AMOUNT)
    Path("p.csv").write_text("id,mobile,amount\nA,19900000017,1\nP,19900000022,-9\n")
    assert hansa("publish", strict, "p.csv").code == 0
    return files("p")[0], files()[0]


def test_the_file_of_another_product_is_refused_under_this_ones_name(replayed, hansa, other):
    path, own = other
    kept = own.read_bytes()
    own.write_bytes(path.read_bytes())
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert own.name in refusal.sentence
    own.write_bytes(kept)
    assert replayed().out == DONE


def test_the_file_of_another_product_is_refused_in_the_place_of_a_settled_one(replayed, hansa, other):
    path, own = other
    kept = own.read_bytes()
    content = path.read_bytes()
    folder = own.parent / "settled" / own.stem
    folder.mkdir(parents=True)
    swapped = folder / f"{hashlib.sha256(content).hexdigest()}.0.parquet"
    swapped.write_bytes(content)
    own.unlink()
    refusal = replayed()
    nothing_was_lost(hansa, refusal)
    assert "another publication" in refusal.sentence
    assert "19900000022" not in hansa("quarantine", "show", "t.q").out
    own.write_bytes(kept)
    swapped.unlink()
    assert replayed().out == DONE


def test_a_rejection_says_which_rows_it_could_not_see(refused, hansa, contract):
    (path,) = files()
    Path("q.csv").write_text("id,mobile,amount\nC,19900000019,-3\n")
    hansa("publish", contract("q", KEY, MOBILE, AMOUNT), "q.csv", "--merge")
    path.write_bytes(path.read_bytes()[:-9])
    done = hansa("quarantine", "reject", "t.q", "--reason", "wrong")
    assert (done.code, done.out) == (1, "rejected  t.q  1 rows\n")
    assert path.name in done.sentence


def test_a_rejection_that_sees_no_row_for_a_harmed_file_names_the_file(refused, hansa):
    (path,) = files()
    path.write_bytes(path.read_bytes()[:-9])
    refusal = hansa("quarantine", "reject", "t.q", "--reason", "wrong")
    nothing_was_lost(hansa, refusal)
    assert path.name in refusal.sentence


def test_a_harmed_file_beside_a_whole_one_stops_no_replay_of_the_rest(replayed, hansa, contract):
    (path,) = files()
    Path("q.csv").write_text("id,mobile,amount\nC,19900000019,-3\n")
    hansa("publish", contract("q", KEY, MOBILE, AMOUNT), "q.csv", "--merge")
    contract("q", KEY, MOBILE, LOOSE, version="1.1.0")
    kept = path.read_bytes()
    path.write_bytes(kept[:-9])
    done = replayed()
    assert done.out == DONE
    assert path.name in done.sentence
    path.write_bytes(kept)
    assert replayed().out == DONE


@pytest.mark.parametrize("words", [("check",), ("retire", "old", "--now")])
def test_keys_are_neither_judged_nor_retired_while_a_file_cannot_be_read(refused, hansa, words):
    hansa("keys", "rotate", "--sealing")
    (path,) = files()
    path.write_bytes(path.read_bytes()[:-9])
    old = ids("sealing", "old")
    done = hansa("keys", *(old if word == "old" else word for word in words))
    assert (done.code, path.name in done.sentence) == (1, True)
    assert ids("sealing", "old") == old
