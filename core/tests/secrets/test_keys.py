"""Tokens and sealing."""

from __future__ import annotations

import hmac
import time
from dataclasses import replace

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hansa.errors import WorldError
from hansa.secrets import Keys, fingerprint, normal
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = Keys(token=b"t" * 32, sealing=b"s" * 32)
ROTATED = replace(KEYS, sealing=b"n" * 32, opening=(KEYS.sealing,))
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


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_column_without_values_has_no_tokens(values):
    assert tokens(values) == values


def test_another_key_gives_another_token():
    assert tokens(["1"]) != tokens(["1"], keys=replace(KEYS, token=b"u" * 32))


def test_another_sealing_key_gives_the_same_token():
    assert tokens(["1"]) == tokens(["1"], keys=ROTATED)


def test_another_kind_gives_another_token():
    assert tokens(["1"], "identifier") != tokens(["1"], "name")


def test_a_token_never_changes():
    assert tokens(["19900000017"]) == ["1c6786b39940c985ce289d262cf66be7"]


@settings(deadline=None)
@given(values=st.lists(st.none() | st.sampled_from(["a", "b"]) | st.text(max_size=90), max_size=12))
def test_a_token_is_the_keyed_digest_of_kind_and_form(values):
    forms = normal(pl.Series(values, dtype=pl.String), "name").to_list()
    expected = [
        hmac.digest(KEYS.token, f"name\x1f{form}".encode(), "sha256")[:16].hex() if form else None for form in forms
    ]
    assert tokens(values, "name") == expected


def test_tokens_keep_the_name_of_their_column():
    assert KEYS.tokens(pl.Series("mobile", ["19900000017", "19900000017", None]), "mobile").name == "mobile"


def test_a_quarter_million_different_values_are_tokenised_in_time():
    values = pl.Series([f"199{number:08d}" for number in range(250_000)])
    began = time.process_time()
    assert KEYS.tokens(values, "mobile").n_unique() == 250_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize("written", [repr, str, lambda keys: f"{keys}"])
def test_keys_do_not_show_themselves(written):
    shown = written(KEYS)
    assert "tttt" not in shown
    assert KEYS.token.hex() not in shown


def test_the_fingerprint_is_of_the_token_key_alone_and_holds_no_key():
    assert KEYS.fingerprint == ROTATED.fingerprint == fingerprint("token", KEYS.token)
    assert KEYS.token.hex()[:16] not in KEYS.fingerprint


def test_what_was_sealed_is_opened():
    assert KEYS.open(KEYS.seal(b"secret", "t.a:1"), "t.a:1") == b"secret"


def test_the_same_content_is_never_sealed_to_the_same_bytes():
    assert KEYS.seal(b"secret", "x") != KEYS.seal(b"secret", "x")


SEALED = KEYS.seal(b"secret", "t.a:1")


@pytest.mark.parametrize(
    "sealed",
    [
        KEYS.seal(b"secret", "t.a:2"),
        replace(KEYS, sealing=b"x" * 32).seal(b"secret", "t.a:1"),
        SEALED[:-1],
        SEALED[:20],
        SEALED[:1] + bytes(8) + SEALED[9:],
        b"\x02" + SEALED[1:],
        b"short",
        b"",
    ],
    ids=["context", "key", "cut", "no more than a head", "another id", "another version", "short", "empty"],
)
def test_another_context_another_key_and_cut_bytes_are_refused(sealed):
    with pytest.raises(WorldError) as raised:
        KEYS.open(sealed, "t.a:1")
    assert raised.value.code == "keys.other"


def test_a_key_that_is_not_here_is_named():
    other = replace(KEYS, sealing=b"x" * 32)
    with pytest.raises(WorldError, match=other.sealing_id):
        KEYS.open(other.seal(b"secret", "x"), "x")


def test_after_a_rotation_what_was_sealed_before_is_opened_and_the_new_key_seals():
    assert ROTATED.open(SEALED, "t.a:1") == b"secret"
    assert ROTATED.opener(ROTATED.seal(b"secret", "x"), "x") == ROTATED.sealing_id
    assert ROTATED.opener(SEALED, "t.a:1") == KEYS.sealing_id


@pytest.mark.parametrize("first", [b"\x00", b"\x01"])
def test_bytes_of_before_keys_had_ids_are_opened(first):
    nonce = first + b"n" * 11
    sealed = nonce + AESGCM(KEYS.sealing).encrypt(nonce, b"secret", b"x")
    assert (ROTATED.open(sealed, "x"), ROTATED.opener(sealed, "x")) == (b"secret", KEYS.sealing_id)


@settings(deadline=None)
@given(content=st.binary(max_size=200), context=st.text(max_size=20))
def test_any_content_comes_back(content, context):
    assert KEYS.open(KEYS.seal(content, context), context) == content
