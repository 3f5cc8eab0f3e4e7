"""``hansa reveal``: a clear value for a purpose, after a line in the audit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import polars as pl
import pytest
from hansa.secrets import load_keys
from hansa.vault import Vault, place_of

UNKNOWN = "0" * 32


@pytest.fixture
def token(monkeypatch):
    """A vault with one mobile; its token."""
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    keys = load_keys(Path(".hansa/keys"))
    clear = pl.Series(["+86 199 0000 0017"])
    tokens = keys.tokens(clear, "mobile")
    with Vault(place_of("vault.db", Path()), keys) as vault:
        vault.put("mobile", tokens, clear, "governance.customers@1")
    return tokens[0]


def test_a_token_is_revealed_for_a_purpose_and_stands_in_the_audit(hansa, token, monkeypatch):
    monkeypatch.setenv("HANSA_USER", "clerk 7")
    assert hansa("reveal", token, "--kind", "mobile", "--purpose", "a complaint").out == f"{token}  19900000017\n"
    audit = hansa("reveal", "--audit")
    assert audit.code == 0
    assert f"for clerk 7  mobile {token}  a complaint" in audit.out
    assert "19900000017" not in audit.out


def test_revealed_values_as_json(hansa, token):
    done = hansa("reveal", token, UNKNOWN, "--kind", "mobile", "--purpose", "why", "--json")
    assert done.code == 1
    assert done.json == [
        {"token": token, "kind": "mobile", "found": True, "value": "19900000017"},
        {"token": UNKNOWN, "kind": "mobile", "found": False, "value": None},
    ]


def test_the_masked_form_is_shown_on_demand_and_stands_in_the_audit_too(hansa, token):
    assert hansa("reveal", token, "--kind", "mobile", "--purpose", "why", "--masked").out == f"{token}  199****0017\n"
    assert len(hansa("reveal", "--audit", "--json").json["lines"]) == 1


def test_the_audit_says_whether_a_value_was_shown_whole_or_masked(hansa, token):
    for form in ([], ["--masked"]):
        hansa("reveal", token, "--kind", "mobile", "--purpose", "why", *form)
    told = hansa("reveal", "--audit", "--json").json
    assert [(line["kind"], line["masked"]) for line in told["lines"]] == [("mobile", False), ("mobile", True)]
    assert told["holds"]
    whole, masked, _ = hansa("reveal", "--audit").out.splitlines()
    assert ("(masked)" in whole, f"mobile {token}  (masked)  why" in masked) == (False, True)


@pytest.mark.parametrize("forged", ["mobile:whole", "mobile"])
def test_a_masked_reveal_that_was_edited_into_another_one_is_found(hansa, token, forged):
    hansa("reveal", token, "--kind", "mobile", "--purpose", "why", "--masked")
    with sqlite3.connect("vault.db") as database:
        database.execute("DROP TRIGGER audit_no_UPDATE")
        database.execute("UPDATE audit SET kind = ?", (forged,))
    assert "line 1 was changed" in hansa("reveal", "--audit").sentence


def test_a_token_that_is_not_there_is_said_and_stands_in_the_audit(hansa, token):
    done = hansa("reveal", UNKNOWN, "--kind", "mobile", "--purpose", "why")
    assert (done.code, done.out) == (1, "")
    assert "does not know this token" in done.err
    assert [line["found"] for line in hansa("reveal", "--audit", "--json").json["lines"]] == [False]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "mobile"], "for a purpose only"),
        (["--kind", "mobile", "--purpose", " "], "for a purpose only"),
        (["--purpose", "why"], "the kind of the tokens is needed"),
        (["--kind", "wish", "--purpose", "why"], "there is no such kind"),
        (["--kind", "mobile", "--purpose", "who is 19900000017"], "says the value itself"),
        (["--audit"], "reveals nothing itself"),
    ],
)
def test_without_a_purpose_or_a_kind_nothing_is_revealed(hansa, token, words, said):
    done = hansa("reveal", token, *words)
    assert said in done.sentence
    assert (done.code, done.out) == (2, "")
    assert hansa("reveal", "--audit", "--json").json["lines"] == []


@pytest.mark.parametrize("typed", ["19900000017", "' OR 1=1 --", "x" * 32])
def test_what_is_no_token_is_refused_and_not_repeated(hansa, token, typed):
    assert typed not in hansa("reveal", typed, "--kind", "mobile", "--purpose", "why").sentence
    assert typed.encode() not in Path("vault.db").read_bytes()


def test_without_a_vault_it_is_said_and_none_is_made(hansa, empty_place):
    load_keys(Path(".hansa/keys"))
    assert "no vault is configured" in hansa("reveal", UNKNOWN, "--kind", "mobile", "--purpose", "why").sentence


def test_a_vault_that_is_not_there_is_not_made(hansa, monkeypatch):
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    load_keys(Path(".hansa/keys"))
    assert "there is no vault here" in hansa("reveal", "--audit").sentence
    assert not Path("vault.db").exists()


def test_the_vault_of_a_mesh_lies_beside_its_file(hansa, token, monkeypatch, empty_place):
    monkeypatch.delenv("HANSA_VAULT")
    Path("vault.db").rename(".hansa/vault.db")
    Path("mesh.yaml").write_text("name: bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\n")
    monkeypatch.chdir("/")
    mesh = empty_place / "mesh.yaml"
    assert hansa("reveal", token, "--kind", "mobile", "--purpose", "why", "--mesh", mesh).code == 0


def test_keys_of_another_institution_reveal_nothing(hansa, token):
    Path(".hansa/keys/keys.json").unlink()
    load_keys(Path(".hansa/keys"))
    done = hansa("reveal", token, "--kind", "mobile", "--purpose", "why")
    assert "does not belong to these keys" in done.sentence
    assert done.out == ""


def test_a_changed_audit_is_listed_and_its_place_named(hansa, token):
    hansa("reveal", token, "--kind", "mobile", "--purpose", "why")
    with sqlite3.connect("vault.db") as database:
        database.execute("DROP TRIGGER audit_no_UPDATE")
        database.execute("UPDATE audit SET purpose = 'no' || char(27) || '[31m'")
    done = hansa("reveal", "--audit")
    assert (done.code, "line 1 was changed" in done.sentence, "\x1b" in done.out) == (1, True, False)
    assert hansa("reveal", "--audit", "--json").json["fault"] == "line 1 was changed"


def test_a_password_in_an_address_is_never_shown(hansa, monkeypatch):
    load_keys(Path(".hansa/keys"))
    for address in ("postgresql://clerk:s3cret@nowhere.invalid/db", "postgresql://clerk:s3cret@h:s3cret/db"):
        monkeypatch.setenv("HANSA_VAULT", address)
        assert "s3cret" not in hansa("reveal", "--audit").sentence


def test_nothing_is_shown_if_the_line_of_the_audit_cannot_be_written(hansa, token):
    with sqlite3.connect("vault.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    done = hansa("reveal", token, "--kind", "mobile", "--purpose", "why")
    assert (done.code, done.out) == (1, "")
    assert "nothing was revealed" in done.sentence
