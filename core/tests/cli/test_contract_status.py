"""Publishing under a contract that is not in force, or whose draft still asks its owner: said in a line each."""

from pathlib import Path

import pytest
from hansa.cli.contract_status import notes, notes_of, tell
from hansa.contract import read_contract

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


@pytest.fixture
def under(hansa, contract):
    """Publish two rows under a contract of this status; what the command left."""

    def call(status, *words):
        path = contract("orders", KEY)
        path.write_text(path.read_text().replace("status: active", f"status: {status}"))
        Path("orders.csv").write_text("id\nA\nB\n")
        return hansa("publish", path, "orders.csv", "--warehouse", "wh", *words)

    return call


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("draft", "it is a draft and may still change; its owner writes status: active when it is agreed"),
        ("Proposed", "it is proposed, nobody has agreed to it yet; its owner writes status: active when it is agreed"),
        ("deprecated", "it is deprecated: consumers should move away; publish under the contract that follows it"),
    ],
)
def test_a_contract_that_is_not_in_force_is_told_in_one_line_and_the_rows_are_published(under, status, meaning):
    done = under(status)
    assert (done.code, done.out) == (0, "published  t.orders  2 rows, 0 quarantined\n")
    assert done.err == f"note: contract t.orders 1.0.0: {meaning}\n"


@pytest.mark.parametrize("status", ["active", "ACTIVE", "in review"])
def test_a_contract_in_force_and_a_word_of_the_authors_own_are_no_matter(under, status):
    assert under(status).err == ""


def test_under_a_retired_contract_nothing_is_published(under):
    done = under("retired", "--dry-run")
    assert (done.code, done.out, Path("wh").exists()) == (1, "", False)
    assert done.sentence.startswith("hansa: orders.odcs.yaml: it is retired: no rows are published under it any more")
    assert done.sentence.endswith("[contract.retired]")


def test_what_is_said_of_a_contract_comes_behind_everything_else_that_is_said_of_the_rows(hansa, under):
    under("draft")
    Path("orders.csv").write_text("id,more\nA,1\n")
    said = hansa("publish", "orders.odcs.yaml", "orders.csv", "--warehouse", "wh").err.splitlines()
    assert [("contract t.orders" in line) for line in said] == [False, False, True]


def test_a_command_that_fails_for_another_reason_says_nothing_of_the_status(hansa, under):
    under("draft")
    done = hansa("publish", "orders.odcs.yaml", "nowhere.csv", "--warehouse", "wh")
    assert (done.code != 0, "draft" in done.sentence) == (True, False)


def test_a_day_that_is_held_says_nothing_of_the_status(hansa, under):
    under("draft")
    Path("orders.csv").write_text("id\n")
    done = hansa("publish", "orders.odcs.yaml", "orders.csv", "--warehouse", "wh")
    assert (done.code, "draft" in done.err) == (1, False)


def test_json_has_the_status_and_what_is_said_of_it(under):
    told = under("draft", "--json").json
    assert (told["contract_status"], len(told["notes"]), told["state"]) == ("draft", 1, "published")
    assert "it is a draft" in told["notes"][0]
    assert under("active", "--json").json["notes"] == []


@pytest.fixture
def replayed(hansa, contract):
    """Replay a refused row under a newer contract of this status; what the command left."""
    amount = "{name: amount, logicalType: integer, logicalTypeOptions: {minimum: 0}}"
    Path("orders.csv").write_text("id,amount\nA,1\nB,-1\n")
    hansa("publish", contract("orders", KEY, amount), "orders.csv")

    looser = amount.replace("0}", "-5}")

    def call(status, *words, amount=looser):
        path = contract("orders", KEY, amount, version="1.1.0")
        path.write_text(path.read_text().replace("status: active", f"status: {status}"))
        return hansa("quarantine", "replay", "t.orders", "--contract", path, *words)

    return call


def test_a_replay_under_a_draft_says_so_behind_its_result(replayed):
    done = replayed("draft")
    assert (done.code, done.out) == (0, "replayed  t.orders  1 of 1 rows, 0 still in quarantine\n")
    assert done.sentence.startswith("note: contract t.orders 1.1.0: it is a draft and may still change")


def test_a_replay_that_fails_for_another_reason_says_nothing_of_the_draft(replayed):
    done = replayed("draft", "--rule", "nonsense")
    assert (done.code, "no open row is like that" in done.sentence) == (2, True)


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_nothing_is_replayed_under_a_retired_contract(replayed, words):
    done = replayed("retired", *words)
    assert (done.code, done.out, done.sentence.endswith("[contract.retired]")) == (1, "", True)


@pytest.fixture
def two(contract):
    """Two drafts of which one asks its owner something, as a mesh that keeps both has them."""
    paths = [contract(name, KEY) for name in ("orders", "bills")]
    for path in paths:
        path.write_text(path.read_text().replace("status: active", "status: draft"))
    paths[0].write_text(paths[0].read_text() + "# Decide: the owner\n")
    return [read_contract(path) for path in paths]


def test_of_several_contracts_each_sentence_comes_once_however_often_one_was_published_under(two):
    assert notes_of([*two, *two, two[0]]) == [*notes(two[0]), *notes(two[1])]
    assert len(notes_of(two)) == 3


def test_contracts_in_force_leave_nothing_to_tell(contract):
    assert notes_of([read_contract(contract("orders", KEY))]) == notes_of([]) == []


def test_notes_are_told_on_standard_error_a_line_each(two, capsys):
    tell(notes_of(two))
    told = capsys.readouterr()
    assert (told.out, told.err.splitlines()) == ("", [f"note: {note}" for note in notes_of(two)])


@pytest.fixture
def drafted(hansa):
    """A contract as ``hansa contract draft`` writes it, with the file that it was drafted from."""
    Path("orders.csv").write_text("id,amount\nA,1\nB,2\n")
    hansa("contract", "draft", "orders.csv", "--id", "t.orders", "-o", "orders.odcs.yaml")
    return Path("orders.odcs.yaml")


def test_questions_of_a_draft_that_are_still_open_are_told_with_their_place(hansa, drafted):
    lines = drafted.read_text().splitlines()
    asked = [number for number, line in enumerate(lines, 1) if line.strip().startswith("# Decide:")]
    assert len(asked) == 2
    done = hansa("publish", drafted, "orders.csv", "--warehouse", "wh")
    told = f"orders.odcs.yaml: 2 questions to its owner are still open, from line {asked[0]} on: answer and remove each"
    assert (done.code, f"note: {told} '# Decide:'" in done.err.splitlines()) == (0, True)


def test_a_draft_whose_questions_are_answered_is_asked_no_more(hansa, drafted):
    kept = [line for line in drafted.read_text().splitlines() if "# Decide:" not in line]
    drafted.write_text("\n".join(kept).replace("status: draft", "status: active") + "\n")
    assert hansa("publish", drafted, "orders.csv", "--warehouse", "wh").err == ""
