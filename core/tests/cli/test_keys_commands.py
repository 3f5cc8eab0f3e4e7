"""``hansa keys``: what there is, what still needs it, and nothing of a key itself."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import polars as pl
import pytest
from hansa.secrets import open_set, rotate
from hansa.vault import Request, Vault, place_of

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
MOBILE = (
    "{name: mobile, logicalType: string, classification: C2, customProperties: [{property: tokenise, value: mobile}]}"
)
AMOUNT = "{name: amount, logicalType: integer, classification: C2}"
KEYS = Path(".hansa/keys")


@pytest.fixture
def published(hansa, contract):
    """A warehouse with one sealed row in quarantine: its file of data, under its contract."""
    made = contract("people", KEY, MOBILE, AMOUNT)
    Path("people.csv").write_text("id,mobile,amount\nA,19900000017,1\nB,19900000018,many\n")
    assert hansa("publish", made, "people.csv").code in (0, 1)
    return made


@pytest.fixture
def vault(published, monkeypatch):
    """A vault with the mobile of A; its token."""
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    keys = open_set(KEYS).keys_for()
    clear = pl.Series(["19900000017"])
    tokens = keys.tokens(clear, "mobile")
    with Vault(place_of("vault.db", Path()), keys) as made:
        made.put("mobile", tokens, clear, "t.people@1")
    return tokens[0]


def ids(purpose):
    return {key.state: key.id for key in open_set(KEYS).keys if key.purpose == purpose}


def secrets():
    return [entry["secret"] for entry in json.loads((KEYS / "keys.json").read_text())["keys"]]


def test_the_list_names_each_key_and_shows_none(hansa, published):
    done = hansa("keys")
    assert done.code == 0
    assert all(ids(purpose)["current"] in done.out for purpose in ("token", "sealing"))
    assert "mode 700" in done.out
    assert not any(secret[:16] in done.out for secret in secrets())


def test_the_list_as_json_says_which_key_serves_the_warehouse(hansa, published):
    listed = hansa("keys", "list", "--json").json
    assert {(key["purpose"], key["state"], key["age_days"], key["serves_warehouse"]) for key in listed["keys"]} == {
        ("token", "current", 0, True),
        ("sealing", "current", 0, False),
    }
    assert listed == hansa("keys", "--json").json


def test_options_before_the_subcommand_are_refused_not_ignored(hansa, published):
    assert "after the subcommand" in hansa("keys", "--json", "list").sentence


@pytest.mark.parametrize("words", [[], ["list"], ["check"], ["rotate", "--token"], ["retire", "x"], ["reseal"]])
def test_where_no_keys_are_none_are_made(hansa, words):
    assert "no keys here" in hansa("keys", *words).sentence or words == ["reseal"]
    assert not KEYS.exists()


@pytest.mark.parametrize("options", [[], ["--token", "--sealing"]])
def test_a_rotation_is_of_one_purpose(hansa, published, options):
    assert "--token or --sealing" in hansa("keys", "rotate", *options).sentence
    assert len(secrets()) == 2


def test_after_a_rotation_of_sealing_rows_in_quarantine_are_shown(hansa, published):
    assert hansa("keys", "rotate", "--sealing").code == 0
    [row] = hansa("quarantine", "show", "t.people", "--json").json["shown"]
    assert row["row"]["id"] == "B"


def test_after_a_rotation_of_tokens_the_warehouse_goes_on_and_nothing_mixes(hansa, published):
    before = ids("token")["current"]
    tokens = hansa("read", "t.people", "--json").out
    hansa("keys", "rotate", "--token")
    Path("people.csv").write_text("id,mobile,amount\nA,+86 19900000017,1\n")
    assert hansa("publish", published, "people.csv").code == 0
    assert hansa("read", "t.people", "--json").out == tokens
    assert hansa("keys", "--json").json["warehouse_token_key"] == before


def test_a_new_warehouse_gets_the_new_token_key(hansa, published):
    hansa("keys", "rotate", "--token")
    hansa("publish", published, "people.csv", "--warehouse", "new")
    assert hansa("keys", "list", "--warehouse", "new", "--json").json["warehouse_token_key"] == ids("token")["current"]


def test_a_sealing_key_that_rows_need_is_not_retired(hansa, published):
    hansa("keys", "rotate", "--sealing")
    refused = hansa("keys", "retire", ids("sealing")["old"], "--now").sentence
    assert "1 rows of quarantine or values of the vault" in refused
    assert len(secrets()) == 3


def test_a_sealing_key_that_nothing_needs_is_retired_after_a_day_or_at_once_on_demand(hansa, published):
    for file in Path("warehouse").glob("*/*/quarantine/*.parquet"):
        file.unlink()
    hansa("keys", "rotate", "--sealing")
    old = ids("sealing")["old"]
    assert "wait until" in hansa("keys", "retire", old).sentence
    assert hansa("keys", "retire", old, "--now").out == f"retired  {old}\n"
    assert list(ids("sealing")) == ["current"]


def test_a_sealing_key_is_retired_once_the_rows_that_it_sealed_are_decided_and_kept_up(hansa, published):
    hansa("keys", "rotate", "--sealing")
    old = ids("sealing")["old"]
    assert "hansa quarantine list" in hansa("keys", "retire", old, "--now").sentence
    assert hansa("upkeep", "--keep-days", "0").code == 0
    assert hansa("keys", "retire", old, "--now").code == 1
    hansa("quarantine", "reject", "t.people", "--reason", "wrong")
    assert hansa("upkeep").code == 0
    assert hansa("keys", "retire", old, "--now").code == 1
    assert "1 decided rows of quarantine emptied" in hansa("upkeep", "--keep-days", "0").out
    assert hansa("keys", "retire", old, "--now").code == 0
    assert hansa("keys", "check").code == 0
    assert hansa("quarantine", "list", "--all").out == "t.people  0 rows, 1 rejected\n"
    (row,) = hansa("quarantine", "show", "t.people", "--state", "all", "--json").json["shown"]
    assert (row["state"], row["rules"], row["row"]) == ("rejected", ["amount.type"], None)
    assert "was removed by hansa upkeep" in hansa("quarantine", "show", "t.people", "--state", "all").out


def test_a_sealing_key_that_the_vault_needs_is_retired_once_the_vault_is_sealed_anew(hansa, vault):
    for file in Path("warehouse").glob("*/*/quarantine/*.parquet"):
        file.unlink()
    hansa("keys", "rotate", "--sealing")
    old = ids("sealing")["old"]
    assert "hansa keys reseal" in hansa("keys", "retire", old, "--now").sentence
    assert "1 values" in hansa("keys", "reseal").out
    assert hansa("keys", "retire", old, "--now").code == 0
    with Vault(place_of("vault.db", Path()), open_set(KEYS).keys_for()) as opened:
        assert opened.open("mobile", vault, Request("why", "me", None)) == "19900000017"


def test_the_token_key_of_the_warehouse_is_not_retired(hansa, published):
    hansa("keys", "rotate", "--token")
    old = ids("token")["old"]
    assert f"bound to token key {old}" in hansa("keys", "retire", old, "--now").sentence
    assert hansa("keys", "retire", old, "--now", "--warehouse", "new").code == 0


def test_neither_the_current_key_nor_an_unknown_one_is_retired(hansa, published):
    assert "cannot be retired" in hansa("keys", "retire", ids("token")["current"]).sentence
    assert hansa("keys", "retire", "f" * 16).code == 2


def test_older_tokens_are_written_beside_newer_ones_for_their_owner_only(hansa, vault):
    hansa("keys", "rotate", "--token")
    found = ids("token")
    assert hansa("keys", "alias", "alias.parquet", "--from", found["old"]).code == 0
    keys = open_set(KEYS).keys_for()
    expected = ("mobile", vault, keys.tokens(pl.Series(["19900000017"]), "mobile")[0])
    assert pl.read_parquet("alias.parquet").rows() == [expected]
    assert stat.S_IMODE(Path("alias.parquet").stat().st_mode) == 0o600
    assert "there already" in hansa("keys", "alias", "alias.parquet", "--from", found["old"]).sentence


def test_a_check_of_keys_that_fit_holds(hansa, vault):
    done = hansa("keys", "check", "--json")
    assert done.code == 0
    assert done.json == {
        "holds": True,
        "faults": [],
        "sealed": {ids("sealing")["current"]: 3},
        "warehouse_token_key": ids("token")["current"],
    }


def test_a_check_names_keys_of_another_institution(hansa, vault):
    (KEYS / "keys.json").rename("kept.json")
    hansa("publish", "people.odcs.yaml", "people.csv", "--warehouse", "others")
    done = hansa("keys", "check", "--json")
    assert done.code == 1
    told = " ".join(done.json["faults"])
    assert "was filled with token key" in told
    assert "not here: 1" in told
    assert "the vault does not belong to these keys" in told


def test_a_check_names_a_folder_that_is_open(hansa, published):
    KEYS.chmod(0o755)
    assert "mode 755" in hansa("keys", "check").out


def test_keys_that_others_may_read_are_refused_by_every_command(hansa, published):
    (KEYS / "keys.json").chmod(0o644)
    for words in (["keys"], ["keys", "check"], ["publish", published, "people.csv"]):
        assert "chmod 600" in hansa(*words).sentence


def test_publishing_to_a_warehouse_of_others_names_both_fingerprints(hansa, published):
    before = ids("token")["current"]
    (KEYS / "keys.json").unlink()
    hansa("publish", published, "people.csv", "--warehouse", "others")
    refused = hansa("publish", published, "people.csv").sentence
    assert before in refused
    assert ids("token")["current"] in refused


def test_a_rotation_by_hand_is_what_the_command_does(hansa, published):
    rotate(KEYS, "sealing")
    assert hansa("keys", "check").code == 0
