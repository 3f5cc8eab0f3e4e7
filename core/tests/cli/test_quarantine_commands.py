"""``hansa quarantine list | show | replay | reject``: what is there, honestly, and what is decided over it."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
AMOUNT = "{name: amount, logicalType: integer, classification: C2, logicalTypeOptions: {minimum: 0}}"
LOOSE = "{name: amount, logicalType: integer, classification: C2, logicalTypeOptions: {minimum: -10}}"
SECRET = "-77665544"
WH = ("--warehouse", "wh")


@pytest.fixture
def strict(contract):
    return contract("q", KEY, DAY, AMOUNT)


@pytest.fixture
def refused(hansa, strict):
    """One good row, one that a looser contract takes, one that it does not, one of no day."""
    Path("q.csv").write_text(f"id,day,amount\nA,2026-03-01,1\nB,2026-03-01,-5\nC,2026-03-01,{SECRET}\nD,never,3\n")
    assert hansa("publish", strict, "q.csv", *WH).code == 0


@pytest.fixture
def loose(contract, refused):
    return contract("q", KEY, DAY, LOOSE, version="1.1.0")


def test_a_replay_publishes_what_keeps_the_contract_now(hansa, loose):
    done = hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    assert (done.code, done.out) == (0, "replayed  t.q  1 of 3 rows, 2 still in quarantine\n")
    assert hansa("read", "t.q", *WH).out.splitlines() == ["id,day,amount", "A,2026-03-01,1", "B,2026-03-01,-5"]


def test_a_replay_as_json_names_its_publication(hansa, loose):
    told = hansa("quarantine", "replay", "t.q", "--contract", loose, *WH, "--json").json
    assert (told["sent"], told["replayed"], told["open"]) == (3, 1, 2)
    assert told["publications"][0]["inputs"][0]["name"] == "quarantine of t.q"


def test_the_warehouse_is_right_after_a_replay(hansa, loose):
    hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    assert hansa("verify", "--all", *WH).code == 0


def test_the_list_tells_the_whole_arithmetic(hansa, loose):
    hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    hansa("quarantine", "reject", "t.q", "--partition", "-", "--reason", "no day", *WH)
    (entry,) = hansa("quarantine", "list", *WH, "--json").json
    assert (entry["product"], entry["rows"], entry["rules"]) == ("t.q", 1, {"amount.minimum": 1})
    assert {name: count for name, count in entry["ledger"].items() if count} == {
        "incoming": 4, "accepted": 1, "quarantined": 3, "replayed": 1, "open": 1, "rejected": 1,
    }  # fmt: skip


def test_a_product_whose_rows_are_decided_is_listed_with_all(hansa, refused):
    hansa("quarantine", "reject", "t.q", "--reason", "test rows", *WH)
    assert hansa("quarantine", "list", *WH).out == "no row is in quarantine\n"
    assert hansa("quarantine", "list", "--all", *WH).out == "t.q  0 rows, 3 rejected\n"


def test_a_row_that_came_twice_is_listed_once_and_both_refusals_are_said(hansa, refused, strict):
    Path("q.csv").write_text("id,day,amount\nE,2026-03-02,1\nB,2026-03-01,-5\n")
    assert hansa("publish", strict, "q.csv", *WH).code == 0
    said = hansa("quarantine", "list", *WH).out.splitlines()[0]
    assert said == "t.q  3 rows, refused 4 times in 2 publications"
    (entry,) = hansa("quarantine", "list", *WH, "--json").json
    assert [(one["rows"], one["again"]) for one in entry["publications"]] == [(3, 1), (1, 0)]
    assert (entry["rows"], entry["distinct"], entry["quarantined"]) == (3, 3, 4)


def test_equal_rows_of_one_file_are_told_from_different_ones(hansa, contract):
    made = contract("n", KEY.replace(", primaryKey: true", ""), DAY, AMOUNT)
    Path("n.csv").write_text("id,day,amount\nA,2026-03-01,1\nB,2026-03-01,-5\nB,2026-03-01,-5\n")
    hansa("publish", made, "n.csv", *WH)
    assert hansa("quarantine", "list", *WH).out.splitlines()[0] == "t.n  2 rows, 1 different"


def test_what_was_left_out_is_said(hansa, contract):
    from hansa.quarantine import Caps, capped

    made = contract("q", KEY, DAY, AMOUNT)
    rows = "".join(f"{n},2026-03-01,-{n}\n" for n in range(9))
    Path("q.csv").write_text(f"id,day,amount\n{rows}")
    with capped(Caps(rows=3)):
        hansa("publish", made, "q.csv", *WH)
    assert "  amount.minimum: 3 of 8 refused rows were kept\n" in hansa("quarantine", "list", *WH).out
    assert hansa("quarantine", "show", "t.q", *WH).out.endswith("  amount.minimum: 3 of 8 refused rows were kept\n")
    shown = hansa("quarantine", "show", "t.q", *WH, "--json").json
    assert shown["left_out"] == {"amount.minimum": {"kept": 3, "refused": 8}}


@pytest.mark.parametrize(("options", "count"), [
    (["--rule", "amount.minimum"], 2),
    (["--partition", "2026-03-01"], 2),
    (["--partition", "-"], 1),
    (["--state", "replayed"], 0),
    (["--state", "all"], 3),
])  # fmt: skip
def test_rows_are_shown_by_rule_partition_and_state(hansa, refused, options, count):
    assert hansa("quarantine", "show", "t.q", *options, *WH, "--json").json["rows"] == count


def test_one_row_is_meant_by_its_digest(hansa, refused):
    digest = hansa("quarantine", "show", "t.q", "--partition", "-", *WH, "--json").json["shown"][0]["row_digest"]
    done = hansa("quarantine", "reject", "t.q", "--digest", digest, "--reason", "no day", *WH)
    assert done.out == "rejected  t.q  1 rows\n"
    shown = hansa("quarantine", "show", "t.q", "--state", "rejected", *WH, "--json").json["shown"]
    assert [row["row_digest"] for row in shown] == [digest]


def test_no_value_of_a_sealed_column_is_told_or_lies_in_clear(hansa, loose):
    said = [
        hansa("quarantine", "show", "t.q", *WH),
        hansa("quarantine", "replay", "t.q", "--contract", loose, *WH, "--json"),
        hansa("quarantine", "reject", "t.q", "--reason", "wrong", *WH),
        hansa("quarantine", "list", "--all", *WH, "--json"),
    ]
    assert [done.code for done in said] == [0, 0, 0, 0]
    assert not [done for done in said if SECRET.strip("-") in done.out + done.err]
    assert not [path for path in Path("wh").rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def harmed():
    (path,) = Path("wh/t/q/quarantine").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-10])
    return path


def test_a_harmed_file_is_named_and_everything_else_is_told(hansa, refused, orders):
    orders[1].write_text("id,amount\nA,1\nB,many\n")
    hansa("publish", *orders, *WH)
    path = harmed()
    done = hansa("quarantine", "list", *WH)
    assert (done.code, "t.orders  1 rows" in done.out, str(path.resolve()) in done.sentence) == (1, True, True)
    assert hansa("quarantine", "show", "t.orders", *WH).code == 0
    assert path.name in hansa("quarantine", "show", "t.q", *WH).sentence
    assert hansa("verify", "t.orders", *WH).code == 0


@pytest.mark.parametrize("harm", ["cut", "lost"])
def test_a_product_whose_only_file_is_harmed_is_listed_with_what_cannot_be_read(hansa, refused, harm):
    path = harmed()
    if harm == "lost":
        path.unlink()
    done = hansa("quarantine", "list", *WH)
    assert (done.code, done.out) == (1, "t.q  0 rows, 3 cannot be read: their file was cut or is gone\n")
    assert path.name in done.sentence
    (entry,) = hansa("quarantine", "list", "--json", *WH).json
    assert (entry["product"], entry["rows"], entry["ledger"]["unreadable"]) == ("t.q", 0, 3)


def test_a_row_whose_replay_left_a_harmed_file_is_listed_as_unclear(hansa, loose):
    (first,) = Path("wh/t/q/quarantine").glob("*.parquet")
    hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    (again,) = set(Path("wh/t/q/quarantine").glob("*.parquet")) - {first}
    again.write_bytes(again.read_bytes()[:-10])
    done = hansa("quarantine", "list", *WH)
    told = "t.q  1 rows, 2 unclear: the file that tells what became of them was cut or is gone"
    assert (done.code, done.out.splitlines()) == (1, [told, "  day.type: 1"])


def test_a_product_whose_decisions_are_harmed_leaves_no_word_that_nothing_is_in_quarantine(hansa, refused):
    hansa("quarantine", "reject", "t.q", "--partition", "-", "--reason", "no day", *WH)
    (decision,) = Path("wh/t/q/quarantine/decisions").glob("*.json")
    decision.write_bytes(decision.read_bytes()[:-10])
    done = hansa("quarantine", "list", *WH)
    assert (done.code, done.out) == (1, "t.q  cannot be told: a decision over refused rows was cut or changed\n")
    assert decision.name in done.sentence


MISTAKES = {
    "no such product": (("replay", "t.none", "--contract", "none.odcs.yaml"), "nothing of t.none was ever sent"),
    "contract of another product": (
        ("replay", "t.q", "--contract", "none.odcs.yaml"),
        "it is the contract of t.none@1",
    ),
    "contract of another major": (("replay", "t.q@2", "--contract", "q.odcs.yaml"), "were refused under version 2"),
    "unknown digest": (("reject", "t.q", "--digest", "abc", "--reason", "x"), "no refused row has the digest 'abc'"),
    "unknown rule": (("replay", "t.q", "--contract", "q.odcs.yaml", "--rule", "x"), "no open row is like that"),
    "no reason": (("reject", "t.q", "--reason", " "), "a rejection wants a reason"),
    "unknown state": (("show", "t.q", "--state", "lost"), "'lost' is no state"),
    "no contract and no mesh": (("replay", "t.q"), "name the contract that its rows keep now by --contract FILE"),
    "unknown zone": (("replay", "t.q", "--contract", "q.odcs.yaml", "--zone", "Mars"), "no known time zone"),
    "no name": (("show", "q"), "'q' is no product"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(hansa, loose, contract, mistake):
    contract("none", KEY)
    words, sentence = MISTAKES[mistake]
    done = hansa("quarantine", *words, *WH)
    assert done.code in (1, 2)
    assert sentence in done.sentence


def test_rows_sealed_with_other_keys_are_refused_in_one_sentence(hansa, loose, monkeypatch, tmp_path):
    from hansa.secrets import load_keys

    load_keys(tmp_path / "other")
    monkeypatch.setenv("HANSA_KEYS", str(tmp_path / "other"))
    done = hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    assert (done.code, "keys" in done.sentence, SECRET in done.err) == (1, True, False)


def test_a_replay_of_what_is_held_again_ends_with_a_hold(hansa, refused, contract):
    made = contract(
        "q", KEY, DAY, LOOSE, version="1.1.0", quality="{name: q.many, metric: rowCount, mustBeGreaterThan: 100}"
    )
    done = hansa("quarantine", "replay", "t.q", "--contract", made, *WH)
    assert (done.code, done.err.splitlines()[0][:9]) == (1, "held     ")
    assert hansa("quarantine", "show", "t.q", *WH, "--json").json["rows"] == 3


def test_a_product_that_was_only_held_is_kept_up(hansa, strict):
    Path("q.csv").write_text("id,day,amount\nB,2026-03-01,-5\n")
    assert hansa("publish", strict, "q.csv", *WH).code == 1
    hansa("quarantine", "reject", "t.q", "--reason", "wrong", *WH)
    assert "1 decided rows of quarantine emptied" in hansa("upkeep", "t.q", "--keep-days", "0", *WH).out
    assert hansa("upkeep", "t.none", *WH).code == 1


def test_a_mesh_that_reads_its_source_better_replays_what_it_refused(hansa):
    rows = "".join(f"M{n},2026-01-02\n" for n in range(20))
    Path("m.csv").write_text(f"merchant_id,opened_on\n{rows}X,03.02.2026\n")
    mesh = Path("mesh.yaml")
    mesh.write_text(
        "name: m\ntime_zone: Europe/Berlin\nstart: 2026-01-01\nsources:\n  governance.merchants: {uri: m.csv}\n"
    )
    assert hansa("run", "governance.merchants", "--bare").code == 0
    formats = 'mapping: {formats: {opened_on: ["%Y-%m-%d", "%d.%m.%Y"]}}'
    mesh.write_text(mesh.read_text().replace("m.csv", f"m.csv, {formats}"))
    done = hansa("quarantine", "replay", "governance.merchants")
    assert done.out == "replayed  governance.merchants  1 of 1 rows, 0 still in quarantine\n"
    assert "X,,,,,,,2026-02-03" in hansa("read", "governance.merchants").out
    assert "the mesh has no product t.none@1" in hansa("quarantine", "replay", "t.none").sentence


def test_the_clear_values_of_replayed_tokens_can_be_revealed(hansa, contract, monkeypatch):
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    mobile = "{name: mobile, logicalType: string, classification: C2, customProperties: [{property: tokenise, value: mobile}]}"  # noqa: E501
    strict = contract("v", KEY, mobile, AMOUNT)
    Path("v.csv").write_text("id,mobile,amount\nA,19900000017,1\nB,19900000025,-1\n")
    hansa("publish", strict, "v.csv")
    hansa("quarantine", "replay", "t.v", "--contract", contract("v", KEY, mobile, LOOSE, version="1.1.0"))
    token = hansa("read", "t.v").out.splitlines()[2].split(",")[1]
    assert hansa("reveal", token, "--kind", "mobile", "--purpose", "a complaint").out == f"{token}  19900000025\n"


def test_late_rows_that_stand_already_are_told(hansa, contract):
    made = contract("late", "{name: id, logicalType: string, required: true}", DAY)
    Path("a.csv").write_text("id,day\nA,2026-03-01\n")
    Path("b.csv").write_text("id,day\nA,2026-03-01\nB,2026-03-01\nC,2026-03-02\n")
    for name in ("a.csv", "b.csv"):
        hansa("publish", made, name)
    done = hansa("quarantine", "replay", "t.late", "--contract", made)
    assert done.out == "replayed  t.late  2 of 2 rows, 1 of them stood there already, 0 still in quarantine\n"
    assert len(hansa("read", "t.late").out.splitlines()) == 4


def test_a_class_that_was_raised_masks_rows_that_were_refused_before(hansa, contract):
    Path("n.csv").write_text("id,note,amount\nA,Erika Mustermann,x\nB,y,1\n")
    words = "{name: id, logicalType: string, required: true, primaryKey: true}", "{name: amount, logicalType: integer}"
    assert hansa("publish", contract("n", *words, "{name: note, logicalType: string}"), "n.csv", *WH).code == 0
    raised = contract("n", *words, "{name: note, logicalType: string, classification: C3}", version="1.1.0")
    for more in ((), ("--json",)):
        told = hansa("quarantine", "show", "t.n", "--contract", raised, *WH, *more).out
        assert ("Erika" in told, "***" in told) == (False, True)


def test_a_value_with_line_breaks_and_marks_of_direction_is_shown_in_one_line(hansa, contract):
    Path("l.csv").write_text('id,note,amount\nA,"one\ntwo\u202ethree",x\nB,y,1\n')
    words = "{name: id, logicalType: string, required: true, primaryKey: true}", "{name: amount, logicalType: integer}"
    assert hansa("publish", contract("l", *words, "{name: note, logicalType: string}"), "l.csv", *WH).code == 0
    told = hansa("quarantine", "show", "t.l", *WH).out
    assert "note=one two three" in told
