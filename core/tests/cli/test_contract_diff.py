"""``hansa contract diff`` as a user meets it: two files, or one file and a revision of git."""

import subprocess
from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
STATE = "{{name: state, logicalType: string, enum: [{}]}}"
AMOUNT = "{name: amount, logicalType: integer}"


def git(*words, where="."):
    identity = ["-c", "user.name=k", "-c", "user.email=k@x.cn", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", where, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def state(contract):
    """Write a contract whose column ``state`` lists these values; its path under a name of its own."""

    def write(name, version, *values, more=AMOUNT):
        listed = ", ".join(f"{{value: {value}}}" for value in values)
        path = contract("orders", KEY, STATE.format(listed), more, version=version)
        return path.rename(f"{name}.odcs.yaml")

    return write


@pytest.fixture
def repository(contract, empty_place):
    """A repository whose branch main holds ``t.orders`` 1.0.0; the file's path."""
    git("init", "--initial-branch=main")
    path = contract("orders", KEY, AMOUNT)
    git("add", ".")
    git("commit", "-m", "one")
    return path


def test_a_change_that_breaks_consumers_is_refused_as_a_minor_version(hansa, state):
    done = hansa("contract", "diff", state("old", "1.3.0", "A"), state("new", "1.4.0", "A", "B"))
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "breaking: breaks consumers, demands a major version",
        "  state.enum: newly allowed: B; loosens, breaks consumers",
        "demands version 2.0.0 (is 1.3.0 → 1.4.0)",
    ]


def test_the_same_change_passes_as_a_major_version(hansa, state):
    done = hansa("contract", "diff", state("old", "1.3.0", "A"), state("new", "2.0.0", "A", "B"))
    assert (done.code, done.out.splitlines()[-1]) == (0, "demands version 2.0.0 (is 1.3.0 → 2.0.0)")


def test_changes_are_grouped_by_whom_they_break_with_the_version_that_each_group_demands(hansa, state):
    more = "{name: amount, logicalType: integer, description: Cents}"
    old = state("old", "1.3.0", "A", "B", more=more.replace("Cents", "cents"))
    new = state("new", "1.4.0", "A", more=f"{more}\n  - {{name: note, logicalType: string}}")
    done = hansa("contract", "diff", old, new)
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "demanding: breaks only the producer, demands a minor version",
            "  state.enum: no longer allowed: B; tightens, breaks producer",
            "additive: breaks nobody, demands a minor version",
            "  note: a new column: string, may be empty; tightens, breaks nobody",
            "editorial: breaks nobody, demands a patch version",
            "  amount.description: the description is now: Cents; before: cents",
            "demands version 1.4.0 (is 1.3.0 → 1.4.0)",
        ],
    )


def test_what_breaks_no_consumer_and_needs_another_table_is_not_called_breaking(hansa, contract):
    amount = "{{name: amount, logicalType: number, physicalType: 'DECIMAL({})'}}"
    old = contract("orders", KEY, amount.format("12,2")).rename("old.odcs.yaml")
    new = contract("orders", KEY, amount.format("10,2"), version="1.1.0")
    done = hansa("contract", "diff", old, new)
    assert (done.code, done.out.splitlines()[0]) == (
        1,
        "demanding: breaks only the producer, demands a major version, since it needs another table",
    )


def test_the_class_in_json_is_breaking_only_for_what_breaks_consumers(hansa, state):
    old, new = state("old", "1.3.0", "A", "B"), state("new", "1.4.0", "A", "C")
    found = hansa("contract", "diff", old, new, "--json").json["changes"]
    assert [(one["class"], one["breaks"], one["bump"]) for one in found] == [
        ("demanding", ["producer"], "minor"),
        ("breaking", ["consumers"], "major"),
    ]


def test_nothing_changed_demands_nothing_and_a_lower_version_is_refused(hansa, state):
    old, new, lower = state("old", "1.3.0", "A"), state("new", "1.3.0", "A"), state("lower", "1.2.0", "A")
    assert (hansa("contract", "diff", old, new).code, hansa("contract", "diff", old, lower).code) == (0, 1)
    assert hansa("contract", "diff", old, new).out == "no change; is 1.3.0 → 1.3.0\n"


def test_words_that_nobody_reads_are_not_passed_over(hansa, state):
    old, new = state("old", "1.3.0", "A"), state("new", "1.3.0", "A")
    new.write_text(new.read_text() + "price: {priceAmount: 9.5, priceCurrency: CNY}\n")
    done = hansa("contract", "diff", old, new)
    assert done.out == "no change of what Hansa reads, other words of the file differ; is 1.3.0 → 1.3.0\n"


def test_json_has_each_change_and_the_demand(hansa, state):
    done = hansa("contract", "diff", state("old", "1.3.0", "A"), state("new", "1.4.0", "A", "B"), "--json")
    assert done.code == 1
    assert done.json["demands"] == {"bump": "major", "version": "2.0.0", "satisfied": False}
    assert done.json["changes"] == [
        {
            "subject": "state.enum",
            "kind": "enum.grown",
            "old": "none",
            "new": "B",
            "class": "breaking",
            "breaks": ["consumers"],
            "direction": "loosens",
            "bump": "major",
            "note": "",
            "consumers": [],
        }
    ]


def test_one_object_of_a_file_is_named_as_elsewhere(hansa, state):
    old, new = state("old", "1.3.0", "A"), state("new", "1.3.0", "A")
    assert hansa("contract", "diff", f"{old}#orders", f"{new}#orders").code == 0
    assert "no schema object 'order'" in hansa("contract", "diff", f"{old}#orders", f"{new}#order").sentence


def test_a_file_is_compared_with_a_revision(hansa, contract, repository):
    contract("orders", KEY, version="1.1.0")
    done = hansa("contract", "diff", repository, "--against", "git:main")
    assert (done.code, done.out.splitlines()[1:]) == (
        1,
        [
            "  amount: the column is gone; it was: integer; loosens, breaks consumers",
            "demands version 2.0.0 (is 1.0.0 → 1.1.0)",
        ],
    )


def test_the_folder_in_which_the_command_runs_does_not_matter(hansa, repository, monkeypatch, tmp_path):
    path = repository.resolve()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("GIT_DIR", str(elsewhere))
    assert hansa("contract", "diff", path, "--against", "git:main").out == "no change; is 1.0.0 → 1.0.0\n"


def test_a_file_of_an_odd_name_is_found(hansa, contract, repository):
    odd = contract("orders", KEY).rename(":a *[b] 订单.odcs.yaml")
    git("add", "--", f"./{odd}")
    git("commit", "-m", "two")
    assert hansa("contract", "diff", f"./{odd}", "--against", "git:main").code == 0


def test_a_file_that_the_revision_has_not_is_a_new_contract(hansa, contract, repository):
    done = hansa("contract", "diff", contract("bills", KEY), "--against", "git:main")
    assert (done.code, done.out) == (0, "new contract t.bills 1.0.0: git:main has none to compare it with\n")
    done = hansa("contract", "diff", "bills.odcs.yaml", "--against", "git:main", "--json")
    assert (done.json["old"], done.json["demands"]["satisfied"]) == (None, True)


@pytest.mark.parametrize("revision", ["nowhere", "--help", "main:orders.odcs.yaml", "-", "a b", "main^{tree}"])
def test_a_revision_that_is_none_is_one_sentence(hansa, repository, revision):
    done = hansa("contract", "diff", repository, "--against", f"git:{revision}")
    assert (done.code, done.out) == (2, "")
    assert f"the repository has no revision '{revision}'; git branch -a" in done.sentence


def test_a_file_outside_of_any_repository_is_one_sentence(hansa, contract):
    done = hansa("contract", "diff", contract("orders", KEY), "--against", "git:main")
    assert (done.code, done.sentence) == (
        2,
        "hansa: orders.odcs.yaml: it lies in no git repository; name two files instead [git.repository]",
    )


def test_a_machine_without_git_is_one_sentence(hansa, repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = hansa("contract", "diff", repository, "--against", "git:main")
    told = "hansa: there is no git here; install git, or name two files [git.missing]"
    assert (done.code, done.sentence) == (2, told)


def test_a_contract_that_was_wrong_in_the_revision_is_told_with_its_place(hansa, contract, repository):
    repository.write_text("nonsense: [\n")
    git("commit", "-am", "two")
    contract("orders", KEY)
    done = hansa("contract", "diff", repository, "--against", "git:main")
    assert done.code == 1
    assert done.sentence.startswith("hansa: orders.odcs.yaml in main:")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("orders.odcs.yaml",), "one contract and no revision are given"),
        (("orders.odcs.yaml", "orders.odcs.yaml", "--against", "git:main"), "two files and a revision are given"),
        (("orders.odcs.yaml", "--against", "main"), "'main' is no revision; write it as git:main"),
        (("none.odcs.yaml", "orders.odcs.yaml"), "none.odcs.yaml: there is no such file"),
        ((".", "orders.odcs.yaml"), ".: there is no such file"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_with_exit_code_2(hansa, contract, words, sentence):
    contract("orders", KEY)
    done = hansa("contract", "diff", *words)
    assert (done.code, sentence in done.sentence) == (2, True), done.sentence


def test_a_time_that_loses_its_zone_is_refused_as_a_minor_version(hansa, contract):
    at = "{{name: at, logicalType: timestamp, required: true, logicalTypeOptions: {{timezone: {}}}}}"
    old = contract("a3", KEY, at.format("true")).rename("old.odcs.yaml")
    new = contract("a3", KEY, at.format("false"), version="1.1.0")
    done = hansa("contract", "diff", old, new)
    assert (done.code, done.out.splitlines()) == (
        1,
        [
            "breaking: breaks consumers, demands a major version",
            "  at: the type is timestamp, before timestamp with time zone; tightens and loosens, "
            "breaks consumers and producer",
            "demands version 2.0.0 (is 1.0.0 → 1.1.0)",
        ],
    )


def test_the_repository_is_left_as_it_was(hansa, repository):
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
    hansa("contract", "diff", repository, "--against", "git:main")
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()} == before
