"""The vault: clear values by token, sealed, in a file and in a real PostgreSQL."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest
from hansa.digest import canonical, sha256
from hansa.errors import MeshError, WorldError
from hansa.secrets import KINDS, Keys
from hansa.vault import Request, Vault, place_of
from hansa.vault.tables import audit, audit_head, entries
from sqlalchemy import create_engine, select, text, update

KEYS = Keys(token=b"t" * 32, sealing=b"s" * 32)
OTHERS = Keys(token=b"u" * 32, sealing=b"v" * 32)
ROTATED = Keys(token=b"t" * 32, sealing=b"n" * 32, opening=(b"s" * 32,))
RETOKENED = replace(KEYS, token=b"k" * 32)
ASKED = Request("a complaint", "clerk", None)
UNKNOWN = "0" * 32


def raw(address, tmp_path):
    """The database as somebody sees it who goes round the vault."""
    place = place_of(address, tmp_path)
    return create_engine(place.url or f"sqlite:///{place.file}")


def unguarded(connection):
    """Take away what refuses a change of the audit, as the owner of the database can."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER audit_no_UPDATE"))
        connection.execute(text("DROP TRIGGER audit_no_DELETE"))
    else:
        connection.execute(text("DROP TRIGGER audit_append_only ON audit"))


def test_a_value_is_found_by_its_token_in_its_normal_form(filled):
    vault, tokens = filled
    assert vault.open("mobile", tokens[1], ASKED) == "19900000018"


def test_an_unknown_token_is_none_and_stands_in_the_audit_as_not_found(filled):
    vault, _ = filled
    assert vault.open("mobile", UNKNOWN, ASKED) is None
    assert [line.found for line in vault.audit()[0]] == [False]


def test_a_token_of_another_kind_is_not_found(filled):
    vault, tokens = filled
    assert vault.open("card_number", tokens[0], ASKED) is None


def test_what_was_put_before_is_not_put_again(filled):
    vault, tokens = filled
    clear = pl.Series(["19900000017", "19900000099"])
    assert vault.put("mobile", KEYS.tokens(clear, "mobile"), clear, "governance.customers@1") == 1
    assert vault.open("mobile", tokens[0], ASKED) == "19900000017"


def test_rows_without_a_token_are_left_out(vault):
    assert vault.put("mobile", pl.Series([None, None], dtype=pl.String), pl.Series(["-", None]), "t.a@1") == 0


def test_values_are_counted_by_product(filled):
    assert filled[0].counts() == {"governance.customers@1": 3, "service.calls@1": 1}


def test_a_forgotten_token_is_gone_from_every_product(filled):
    vault, tokens = filled
    assert vault.forget(tokens[0]) == 1
    assert vault.open("mobile", tokens[0], ASKED) is None
    assert vault.counts() == {"governance.customers@1": 2}


def test_no_clear_value_lies_in_the_database(filled, address, tmp_path):
    with raw(address, tmp_path).connect() as connection:
        held = [row for table in (entries, audit, audit_head) for row in connection.execute(select(table))]
    written = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in held for value in row)
    assert len(held) == 4
    assert b"0000001" not in written


def test_a_sealed_value_moved_to_another_token_is_not_opened(filled, address, tmp_path):
    vault, tokens = filled
    with raw(address, tmp_path).begin() as connection:
        other = connection.execute(select(entries.c.sealed).where(entries.c.token == tokens[1])).scalar_one()
        connection.execute(update(entries).where(entries.c.token == tokens[0]).values(sealed=other))
    with pytest.raises(WorldError) as raised:
        vault.open("mobile", tokens[0], ASKED)
    assert raised.value.code == "keys.other"


def test_keys_of_another_institution_are_refused_before_anything_is_put(filled, opened):
    with pytest.raises(WorldError, match="does not belong to these keys") as raised:
        opened(OTHERS)
    assert raised.value.code == "keys.other"


def test_a_vault_of_another_release_is_refused(vault, opened, address, tmp_path):
    with raw(address, tmp_path).begin() as connection:
        connection.execute(text("UPDATE vault_version SET version = 2"))
    with pytest.raises(WorldError) as raised:
        opened()
    assert raised.value.code == "vault.version"


def test_a_vault_that_is_not_there_is_not_made_by_looking(opened):
    with pytest.raises(WorldError) as raised:
        opened(create=False)
    assert raised.value.code == "vault.missing"


@pytest.mark.parametrize("bad", ["' OR '1'='1", "x", "19900000017", "A" * 32, UNKNOWN + "\n", ""])
def test_what_is_no_token_is_refused_and_neither_repeated_nor_written_down(filled, bad):
    vault, _ = filled
    with pytest.raises(MeshError) as raised:
        vault.open("mobile", bad, ASKED)
    assert raised.value.code == "reveal.token"
    assert not bad.strip() or bad not in raised.value.sentence() or bad == "x"
    assert vault.audit() == ([], None)


@pytest.mark.parametrize("purpose", ["", "  ", "\u200b", "...", "\x00", "x" * 501])
def test_a_purpose_that_says_nothing_is_refused(purpose):
    with pytest.raises(MeshError) as raised:
        Request.asked(purpose)
    assert raised.value.code == "reveal.purpose"


@pytest.mark.parametrize("purpose", ["who is 19900000017", "call １９９ 0000-0017 back"])
def test_a_purpose_that_says_the_value_is_refused(filled, purpose):
    vault, tokens = filled
    with pytest.raises(MeshError) as raised:
        vault.open("mobile", tokens[0], replace(ASKED, purpose=purpose))
    assert raised.value.code == "reveal.purpose"
    assert vault.audit() == ([], None)


def test_the_user_is_the_one_of_the_system_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("HANSA_USER", "clerk 7")
    asked = Request.asked("why")
    assert (asked.os_user == "somebody", asked.given_user) == (False, "clerk 7")


def test_the_audit_says_who_saw_what_and_why(filled):
    vault, tokens = filled
    vault.reveal("mobile", tokens[:2], Request("a complaint", "root", "clerk"))
    lines, fault = vault.audit()
    assert [(x.line, x.os_user, x.given_user, x.purpose, x.kind, x.token, x.found) for x in lines] == [
        (1, "root", "clerk", "a complaint", "mobile", tokens[0], True),
        (2, "root", "clerk", "a complaint", "mobile", tokens[1], True),
    ]
    assert fault is None


def test_nothing_is_revealed_if_the_audit_cannot_be_written(filled, address, tmp_path):
    vault, tokens = filled
    with raw(address, tmp_path).begin() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_gone"))
    with pytest.raises(WorldError) as raised:
        vault.open("mobile", tokens[0], ASKED)
    assert raised.value.code == "vault.unusable"


@pytest.mark.parametrize("statement", ["UPDATE audit SET purpose = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_line(filled, address, tmp_path, statement):
    vault, tokens = filled
    vault.open("mobile", tokens[0], ASKED)
    with raw(address, tmp_path).begin() as connection, pytest.raises(Exception, match="never changed"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE audit SET purpose = 'x' WHERE line = 2", "line 2 was changed"),
        ("UPDATE audit SET at = '2020' WHERE line = 1", "line 1 was changed"),
        ("DELETE FROM audit WHERE line = 2", "line 2 is missing"),
        ("DELETE FROM audit WHERE line = 3", "line 3 is missing"),
        ("DELETE FROM audit", "line 1 is missing"),
        ("UPDATE audit SET line = 4 - line WHERE line <> 2", "line 1 was changed"),
        ("UPDATE audit SET line = 4 WHERE line = 3", "line 3 is missing"),
    ],
)
def test_a_changed_audit_is_named_by_its_place(filled, address, tmp_path, change, place):
    vault, tokens = filled
    vault.reveal("mobile", tokens, ASKED)
    with raw(address, tmp_path).begin() as connection:
        unguarded(connection)
        if "4 - line" in change:
            for step in ("line = 9 WHERE line = 1", "line = 1 WHERE line = 3", "line = 3 WHERE line = 9"):
                connection.execute(text(f"UPDATE audit SET {step}"))
        else:
            connection.execute(text(change))
    assert vault.audit()[1] == place


def test_lines_from_before_the_form_was_written_down_hold_and_say_that_nobody_knows_it(filled, address, tmp_path):
    vault, tokens = filled
    for token, masked in zip(tokens, (None, True, False), strict=True):
        vault.open("mobile", token, replace(ASKED, masked=masked))
    lines, fault = vault.audit()
    assert ([line.masked for line in lines], {line.kind for line in lines}, fault) == (
        [None, True, False],
        {"mobile"},
        None,
    )
    # A line of before: the digest is of its columns as they lie there.
    with raw(address, tmp_path).connect() as connection:
        first = dict(connection.execute(select(audit).where(audit.c.line == 1)).mappings().one())
    assert (first["kind"], first["digest"]) == ("mobile", sha256(canonical(first | {"digest": ""})))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fits_into_its_line_with_its_form(filled, kind):
    vault, _ = filled
    vault.open(kind, UNKNOWN, replace(ASKED, masked=True))
    (line,) = vault.audit()[0]
    assert (line.kind, line.masked, len(line.stored()["kind"]) <= audit.c.kind.type.length) == (kind, True, True)


def test_a_chain_that_was_made_anew_without_the_key_is_found(filled, address, tmp_path):
    vault, tokens = filled
    vault.reveal("mobile", tokens[:2], ASKED)
    lines, _ = vault.audit()
    forged = replace(lines[1], purpose="nothing", digest="")
    with raw(address, tmp_path).begin() as connection:
        unguarded(connection)
        values = {"purpose": "nothing", "digest": forged.computed()}
        connection.execute(update(audit).where(audit.c.line == 2).values(**values))
    assert vault.audit()[1] == "line 2 was changed or added"
    with pytest.raises(WorldError) as raised:
        vault.open("mobile", tokens[0], ASKED)
    assert raised.value.code == "audit.changed"


def test_after_a_rotation_older_values_are_opened_and_the_older_key_is_needed(filled, opened):
    _, tokens = filled
    rotated = opened(ROTATED)
    assert rotated.open("mobile", tokens[0], ASKED) == "19900000017"
    assert rotated.sealed_counts()[KEYS.sealing_id] == 3


def test_what_was_sealed_anew_needs_the_older_key_no_more(filled, opened):
    _, tokens = filled
    assert opened(ROTATED).reseal() == 3
    alone = opened(replace(ROTATED, opening=()))
    assert alone.open("mobile", tokens[0], ASKED) == "19900000017"
    assert set(alone.sealed_counts()) == {ROTATED.sealing_id}


def test_sealing_anew_leaves_the_audit_whole(filled, opened):
    vault, tokens = filled
    vault.open("mobile", tokens[0], ASKED)
    rotated = opened(ROTATED)
    rotated.reseal()
    assert rotated.audit()[1] is None


def test_older_tokens_are_told_by_newer_ones(filled):
    vault, tokens = filled
    pairs = vault.retoken(KEYS.fingerprint, RETOKENED)
    clear = pl.Series(["19900000017", "19900000018", "19900000019"])
    expected = dict(zip(tokens, RETOKENED.tokens(clear, "mobile").to_list(), strict=True))
    assert dict(pairs.select("token_old", "token_new").iter_rows()) == expected


def test_older_tokens_of_a_key_without_values_are_an_empty_table(filled):
    assert filled[0].retoken("f" * 16, RETOKENED).shape == (0, 3)


def test_many_values_are_put_and_found(vault):
    clear = pl.Series([f"199{number:08d}" for number in range(25_000)])
    tokens = KEYS.tokens(clear, "mobile")
    assert vault.put("mobile", tokens, clear, "t.a@1") == 25_000
    assert vault.put("mobile", tokens.reverse(), clear.reverse(), "t.a@1") == 0
    assert vault.counts() == {"t.a@1": 25_000}


PUT = """
import sys, polars as pl, pathlib
from hansa.secrets import Keys
from hansa.vault import Request, Vault, place_of
keys = Keys(token=b"t" * 32, sealing=b"s" * 32)
clear = pl.Series([f"199{number:08d}" for number in range(6_000)])
tokens = keys.tokens(clear, "mobile")
with Vault(place_of(sys.argv[1], pathlib.Path()), keys) as vault:
    for way in (clear, clear.reverse()):
        vault.put("mobile", keys.tokens(way, "mobile"), way, "t.a@1")
    for token in tokens.head(20).to_list():
        vault.open("mobile", token, Request("both", sys.argv[2], None))
"""


def test_processes_that_make_a_vault_and_fill_it_at_once_agree(address, opened):
    running = [subprocess.Popen([sys.executable, "-c", PUT, address, str(number)]) for number in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    vault = opened()
    lines, fault = vault.audit()
    assert (vault.counts(), len(lines), fault) == ({"t.a@1": 6_000}, 60, None)


def test_a_file_is_for_its_owner_only(tmp_path):
    with Vault(place_of("deep/vault.db", tmp_path), KEYS):
        pass
    assert stat.S_IMODE((tmp_path / "deep" / "vault.db").stat().st_mode) == 0o600


def test_a_file_that_others_may_read_is_refused(tmp_path):
    place = place_of("vault.db", tmp_path)
    Vault(place, KEYS).close()
    place.file.chmod(0o640)
    with pytest.raises(WorldError, match="mode 640") as raised:
        Vault(place, KEYS)
    assert raised.value.code == "keys.open"


@pytest.mark.parametrize("content", [b"no database, but long enough to look like one" * 40, b"SQLite format 3\0junk"])
def test_a_file_that_is_no_vault_is_one_sentence(tmp_path, content):
    (tmp_path / "vault.db").write_bytes(content)
    (tmp_path / "vault.db").chmod(0o600)
    with pytest.raises(WorldError) as raised:
        Vault(place_of("vault.db", tmp_path), KEYS)
    assert raised.value.code == "vault.unusable"


def test_an_erased_value_does_not_stay_in_the_file(tmp_path):
    place = place_of("vault.db", tmp_path)
    with Vault(place, KEYS) as vault:
        clear = pl.Series([f"199{number:08d}" for number in range(100)])
        tokens = KEYS.tokens(clear, "mobile")
        vault.put("mobile", tokens, clear, "t.a@1")
        vault.forget(tokens[50])
    assert tokens[51].encode() in place.file.read_bytes()
    assert tokens[50].encode() not in place.file.read_bytes()


def test_a_vault_may_not_lie_in_the_warehouse(tmp_path):
    with pytest.raises(WorldError) as raised:
        place_of("warehouse/vault.db", tmp_path).refuse_inside(tmp_path / "warehouse")
    assert raised.value.code == "vault.inside"


@pytest.mark.parametrize("given", [None, "", "  ", "none", "NONE"])
def test_no_vault_is_a_choice(tmp_path, given):
    assert place_of(given, tmp_path) is None


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://clerk:s3cret@host:s3cret/db",
        "postgresql://clerk:s3cret@s3cret@host/db",
        "postgresql:/clerk:s3cret@host/db",
        "postgresql://clerk:s3cret@host",
        "mysql://clerk:s3cret@host/db",
        "clerk:s3cret@host/db",
        "host=h password=s3cret",
        "postgresql://[s3cret",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_and_not_shown(tmp_path, given):
    with pytest.raises(MeshError) as raised:
        place_of(given, tmp_path)
    assert "s3cret" not in raised.value.sentence()


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(tmp_path):
    place = place_of(f"postgresql://clerk:s3cret@/db?host={tmp_path}&password=s3cret", tmp_path)
    with pytest.raises(WorldError) as raised:
        Vault(place, KEYS)
    assert raised.value.code == "vault.unusable"
    assert "s3cret" not in raised.value.sentence()


def test_a_revealed_value_does_not_show_itself(filled):
    vault, tokens = filled
    [found] = vault.reveal("mobile", tokens[:1], ASKED)
    assert "19900000017" not in repr(found)


def test_a_line_of_the_audit_reads_as_json(filled):
    vault, tokens = filled
    vault.open("mobile", tokens[0], ASKED)
    assert "19900000017" not in json.dumps([vars(line) for line in vault.audit()[0]])
