"""Two major versions are two tables: where rows that were refused under one of them can go, and where not."""

from pathlib import Path

import pytest
from hansa.cli.quarantine_replay import _contract
from hansa.errors import MeshError

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = "{name: amount, logicalType: integer, logicalTypeOptions: {minimum: 0}}"
LOOSE = "{name: amount, logicalType: integer}"
WH = ("--warehouse", "wh")


@pytest.fixture
def moved(hansa, contract):
    """A row refused under version 1; its contract was mended as version 2, under which its file was sent again."""
    Path("q.csv").write_text("id,amount\nA,1\nB,-5\n")
    assert hansa("publish", contract("q", KEY, AMOUNT), "q.csv", *WH).code == 0
    newer = contract("q", KEY, LOOSE, version="2.0.0")
    assert hansa("publish", newer, "q.csv", *WH).code == 0
    return newer


def replayed(hansa, *words):
    return hansa("quarantine", "replay", *words, *WH)


def test_each_hint_names_the_major_version_whose_rows_they_are(hansa, contract):
    Path("r.csv").write_text("id,amount\nA,1\nB,-5\n")
    assert hansa("publish", contract("r", KEY, AMOUNT), "r.csv", *WH).code == 0
    second = contract("r", KEY, AMOUNT, version="2.0.0")
    assert "hansa quarantine show t.r@2 " in hansa("publish", second, "r.csv", *WH).out
    assert "of 1 rows of t.r@2 in quarantine" in hansa("quarantine", "show", "t.r@2", *WH).out
    assert hansa("quarantine", "reject", "t.r@2", "--reason", "x", *WH).out == "rejected  t.r@2  1 rows\n"
    Path("bad.csv").write_text("id,amount\nC,-5\n")
    assert "hansa quarantine show t.r@2 " in hansa("publish", second, "bad.csv", *WH).err


def test_rows_of_one_major_are_not_replayed_into_another(hansa, moved):
    done = replayed(hansa, "t.q", "--contract", moved)
    assert done.code == 2
    assert hansa("read", "t.q@2", *WH).out.splitlines() == ["id,amount", "A,1", "B,-5"]


def test_the_refusal_has_a_code(moved):
    with pytest.raises(MeshError) as raised:
        _contract("t.q", 1, moved, None)
    assert raised.value.code == "quarantine.major"


def test_the_refusal_says_where_they_can_be_replayed_and_how_the_other_version_gets_them(hansa, moved):
    said = replayed(hansa, "t.q", "--contract", moved).sentence
    assert "were refused under version 1" in said
    assert "a contract of version 1" in said
    assert "send their file again under version 2" in said
    assert "hansa quarantine reject t.q --reason" in said


def test_the_other_way_round_names_the_table_as_it_is_typed(hansa, moved, contract):
    said = replayed(hansa, "t.q@2", "--contract", contract("q", KEY, AMOUNT)).sentence
    assert "were refused under version 2" in said
    assert "hansa quarantine reject t.q@2 --reason" in said


def test_they_are_replayed_under_a_mended_contract_of_their_own_major(hansa, moved, contract):
    mended = contract("q", KEY, LOOSE, version="1.1.0")
    assert replayed(hansa, "t.q", "--contract", mended).out == "replayed  t.q  1 of 1 rows, 0 still in quarantine\n"


def test_after_the_move_they_are_rejected_and_the_account_of_both_closes(hansa, moved):
    hansa("quarantine", "reject", "t.q", "--reason", "brought by version 2", *WH)
    (entry,) = hansa("quarantine", "list", "--all", *WH, "--json").json
    assert (entry["major"], entry["ledger"]["rejected"], entry["rows"]) == (1, 1, 0)
    assert hansa("verify", "--all", *WH).code == 0


def test_a_mesh_that_keeps_another_major_says_which(hansa, empty_place):
    Path("m.csv").write_text("merchant_id,opened_on\nM1,2026-01-02\n")
    Path("mesh.yaml").write_text(
        "name: m\ntime_zone: Europe/Berlin\nstart: 2026-01-01\nsources:\n  governance.merchants: {uri: m.csv}\n"
    )
    said = hansa("quarantine", "replay", "governance.merchants@2").sentence
    assert "the mesh keeps version 1 of governance.merchants" in said
    assert "a contract of version 2" in said


def test_what_was_refused_before_version_1_is_replayed_by_its_plain_name(hansa, contract):
    Path("q.csv").write_text("id,amount\nA,1\nB,-5\n")
    hansa("publish", contract("q", KEY, AMOUNT, version="0.1.0"), "q.csv", *WH)
    for version in ("0.2.0", "1.0.0"):
        done = replayed(hansa, "t.q", "--contract", contract("q", KEY, LOOSE, version=version), "--rule", "amount.x")
        assert "no open row" in done.sentence
    mended = contract("q", KEY, LOOSE, version="0.2.0")
    assert replayed(hansa, "t.q", "--contract", mended).out == "replayed  t.q  1 of 1 rows, 0 still in quarantine\n"
