"""Keys, tokens and sealing."""

from __future__ import annotations

import stat
import subprocess
import sys

import polars as pl
import pytest
from hansa.errors import WorldError
from hansa.secrets import Keys, empty, load_keys

KEYS = Keys(token=b"t" * 32, sealing=b"s" * 32)
SPELLINGS = [
    "19900000017",
    "+86 199 0000 0017",
    "１９９００００００１７",
    "199-0000-0017",
    " 19900000017 ",
    "0086 199 0000 0017",
    "(+86) 199.0000.0017",
    "86-19900000017",
    "\u202d19900000017\u202c",
]


def tokens(values: list[str | None], kind: str = "mobile", keys: Keys = KEYS) -> list[str | None]:
    return keys.tokens(pl.Series(values, dtype=pl.String), kind).to_list()


def test_all_spellings_of_a_mobile_have_one_token():
    assert len(set(tokens(SPELLINGS))) == 1


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("identity_number", "11010119900101001x", "110101 19900101 001X"),
        ("card_number", "6222-0000 1111", "６２２２00001111"),
        ("email", "A@Example.com ", "a@example.com"),
        ("name", "王  小明", "王　小明"),
        ("identifier", " C1", "Ｃ1"),
    ],
)
def test_spellings_of_one_thing_have_one_token(kind, one, same):
    assert tokens([one], kind) == tokens([same], kind)


def test_letters_in_a_number_are_not_dropped():
    assert tokens(["1990000QQ17"]) != tokens(["199000017"])


@pytest.mark.parametrize("value", ["", " ", "-", "—", "\u200b", None])
def test_what_is_empty_stays_null(value):
    assert tokens([value]) == [None]


def test_what_has_no_token_counts_as_empty():
    values = pl.Series(["", " - ", None, "0", "王"])
    assert empty(values, "mobile").to_list() == [True, True, False, False, False]


def test_a_column_of_nulls_stays_null():
    assert tokens([None, None]) == [None, None]


def test_another_key_gives_another_token():
    assert tokens(["1"]) != tokens(["1"], keys=Keys(token=b"u" * 32, sealing=b"s" * 32))


def test_another_kind_gives_another_token():
    assert tokens(["1"], "identifier") != tokens(["1"], "name")


def test_a_token_never_changes():
    assert tokens(["19900000017"]) == ["1c6786b39940c985ce289d262cf66be7"]


@pytest.mark.parametrize("written", [repr, str, lambda keys: f"{keys}"])
def test_keys_do_not_show_themselves(written):
    shown = written(KEYS)
    assert "tttt" not in shown
    assert KEYS.token.hex() not in shown


def test_the_fingerprint_holds_no_key():
    assert KEYS.token.hex()[:16] not in KEYS.fingerprint


def test_what_was_sealed_is_opened():
    assert KEYS.open(KEYS.seal(b"secret", "t.a:1"), "t.a:1") == b"secret"


def test_the_same_content_is_never_sealed_to_the_same_bytes():
    assert KEYS.seal(b"secret", "x") != KEYS.seal(b"secret", "x")


@pytest.mark.parametrize(
    "sealed",
    [KEYS.seal(b"secret", "t.a:2"), Keys(b"t" * 32, b"x" * 32).seal(b"secret", "t.a:1"), b"short", b""],
    ids=["context", "key", "short", "empty"],
)
def test_another_context_another_key_and_cut_bytes_are_refused(sealed):
    with pytest.raises(WorldError) as raised:
        KEYS.open(sealed, "t.a:1")
    assert raised.value.code == "keys.other"


def test_key_files_are_read_by_their_owner_only(tmp_path):
    load_keys(tmp_path / "keys")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_keys_are_made_once(tmp_path):
    assert load_keys(tmp_path) == load_keys(tmp_path)


@pytest.mark.parametrize("content", ["", "zz", "ab" * 16])
def test_a_broken_key_file_is_an_error_that_names_it_and_not_its_content(tmp_path, content):
    (tmp_path / "token.key").write_text(content)
    with pytest.raises(WorldError) as raised:
        load_keys(tmp_path)
    assert "token.key" in raised.value.sentence()
    assert not content or content not in raised.value.sentence()


def test_processes_that_make_keys_at_once_agree(tmp_path):
    code = "import sys, pathlib, hansa.secrets as s; print(s.load_keys(pathlib.Path(sys.argv[1])).fingerprint)"
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sealing.key", "token.key"]


def test_a_warehouse_refuses_other_keys_than_its_first(bench, tmp_path):
    bench.warehouse.prepare()
    bench.warehouse.bind_keys(KEYS.fingerprint)
    bench.warehouse.bind_keys(KEYS.fingerprint)
    with pytest.raises(WorldError) as raised:
        bench.warehouse.bind_keys(bench.keys.fingerprint)
    assert raised.value.code == "keys.other"


def test_the_keys_may_not_lie_in_the_warehouse(tmp_path):
    with pytest.raises(WorldError, match="lies in the warehouse"):
        load_keys(tmp_path / "warehouse" / "keys", tmp_path / "warehouse")
    assert not (tmp_path / "warehouse").exists()
