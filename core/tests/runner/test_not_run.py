"""What lacks an input is not run, which is no failure of it: the reason names the input, and what it is missing for."""

import json
import sys

import polars as pl
import pytest
from hansa import runner as room
from hansa.cli import main
from hansa.contract import read_contract
from hansa.products import Input, days
from hansa.runner import Lost, Runner, execute
from machinery.small_house import outcomes_of

ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterThan: 0, severity: error}"


def learned(frames, run):
    return pl.LazyFrame({"business_date": run.days, "amount": [1]})


@pytest.fixture
def held(house):
    """Rows of no day, which are held; features of them, models that learn from days before, scores by the newest."""
    house.source("a.rows", [(31, 1)], quality=ENOUGH)
    house.computed("a.features", "a.rows@1")
    house.computed("a.models", Input("a.features@1", lookback=days(2), own_days=False), every=days(3), function=learned)
    house.computed("a.scores", "a.features@1", Input("a.models@1", lookback=days(3), newest=True))
    return house


@pytest.fixture
def told(march):
    """Run products over days: product, state and reason of each outcome."""

    def run(mesh, asked, first, last):
        outcomes = outcomes_of(mesh, asked, march(first), march(last))
        return [(one.step.product, one.state, one.reason) for one in outcomes]

    return run


def test_a_model_without_features_is_not_run_and_says_whose_hold_it_waits_for(held, told):
    outcomes = {product: (state, reason) for product, state, reason in told(held.mesh(), ["a.models"], 10, 10)}
    assert outcomes["a.models"] == (
        "not run",
        "because it reads a.features, which was never published, since a.rows is held",
    )


def test_what_reads_a_model_that_was_not_run_names_the_first_cause(held, told):
    outcomes = {product: reason for product, _, reason in told(held.mesh(), ["a.models", "a.scores"], 10, 10)}
    assert outcomes["a.scores"] == "because a.features is not run, since a.rows is held"


def test_a_later_run_of_the_model_alone_finds_the_cause_in_the_receipts(held, march):
    mesh = held.mesh()
    outcomes_of(mesh, ["a.rows"], march(8), march(9))
    outcomes = []
    step = _step("a.models", march(10))
    execute(Runner(mesh), [step], Lost(mesh), outcomes.append)
    assert [(one.state, one.reason) for one in outcomes] == [
        ("not run", "because it reads a.features, which was never published, since a.rows was held")
    ]


def _step(product, day):
    from hansa.plan import Step

    return Step(product, day, day, "asked")


def test_an_input_that_failed_in_this_run_is_the_cause(house, told):
    house.source("a.rows", [(n, n) for n in range(1, 12)])
    house.computed("a.features", "a.rows@1", function=lambda frames, run: 1 / 0)
    house.computed("a.models", Input("a.features@1", lookback=days(2), own_days=False), function=learned)
    outcomes = {product: (state, reason) for product, state, reason in told(house.mesh(), ["a.models"], 10, 10)}
    assert outcomes["a.models"] == (
        "not run",
        "because it reads a.features, which was never published, since it is failed",
    )


def test_days_of_an_input_that_are_all_missing_are_named(house, march):
    house.source("a.rows", [(n, n) for n in range(1, 12)])
    house.computed("a.models", Input("a.rows@1", lookback=days(2), own_days=False), function=learned)
    mesh = house.mesh()
    outcomes_of(mesh, ["a.rows"], march(3), march(3))
    outcomes = []
    execute(Runner(mesh), [_step("a.models", march(10))], Lost(mesh), outcomes.append)
    assert [(one.state, one.reason) for one in outcomes] == [
        ("not run", "because it reads a.rows of 2026-03-08..2026-03-09, of which nothing is published")
    ]


def test_the_first_day_of_a_mesh_has_nothing_before_it_and_is_computed(house, told):
    house.source("a.rows", [(n, n) for n in range(1, 12)])
    house.computed("a.models", Input("a.rows@1", lookback=days(2), own_days=False), function=learned)
    assert told(house.mesh(), ["a.rows", "a.models"], 1, 1)[-1][:2] == ("a.models", "published")


def test_a_whole_product_of_an_input_that_was_never_published_is_not_run(held, march, whole):
    held.computed("a.total", "a.features@1", columns=whole)
    mesh, outcomes = held.mesh(), []
    execute(Runner(mesh), [_step("a.total", None)], Lost(mesh), outcomes.append)
    assert [(one.state, one.reason) for one in outcomes] == [
        ("not run", "because it reads a.features, which was never published, since a.rows was never published")
    ]


@pytest.fixture
def hansa(monkeypatch, capfd, held):
    """The command on the mesh of ``held``, as it was written last: exit code, standard output, standard error."""
    monkeypatch.setattr("hansa.registry.load", lambda **_: held.registry())
    held.mesh()

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(held.folder / "mesh.yaml")])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code, *capfd.readouterr())

    return call


MODELS = "run", "a.models", "--from", "2026-03-10"


@pytest.mark.parametrize("how", [("--bare",), ()])
def test_the_run_tells_a_model_without_features_as_not_run(hansa, how):
    code, out, err = hansa(*MODELS, *how)
    assert code == 1
    assert "a.models" in next(line for line in out.splitlines() if "1 not run" in line and "a.models" in line)
    assert "not run: a.models 2026-03-10: because it reads a.features, which was never published" in err
    assert "failed" not in out + err


@pytest.mark.parametrize("how", [("--bare",), ()])
def test_the_json_of_a_run_names_the_missing_input_and_the_first_cause(hansa, how):
    _, out, _ = hansa(*MODELS, "--json", *how)
    (told,) = [one for one in json.loads(out)["steps"] if one["product"] == "a.models"]
    assert told["state"] == "not run"
    assert told["reason"].endswith("a.features, which was never published, since a.rows is held")


def test_in_shadow_it_is_told_alike(hansa, held):
    path = held.folder / "mesh.yaml"
    path.write_text(path.read_text().replace("a.all: 'on'", "a.all: shadow"))
    _, _, err = hansa("run", "--from", "2026-03-10", "--bare")
    assert "because it reads shadow_a.features, which was never published" in err
    assert "failed" not in err


def test_the_history_of_a_model_that_never_was_says_what_it_waits_for(hansa):
    hansa(*MODELS, "--bare")
    code, out, err = hansa("history", "a.models")
    assert (code, out) == (1, "")
    assert "nothing of it was published" in err
    assert "it reads a.features, which was never published, since a.rows was held" in err


def test_days_that_were_not_run_say_in_the_history_which_input_they_lack(hansa, held):
    held.fill("a.rows", [(8, 1), (10, 1)])
    hansa("run", "a.features", "--from", "2026-03-08", "--to", "2026-03-10", "--bare")
    code, out, _ = hansa("history", "a.features")
    assert code == 0
    assert "2026-03-09" in out
    (line,) = [line for line in out.splitlines() if "not run" in line]
    assert line.endswith("neither published nor held: it reads a.rows of 2026-03-09, which was held")


def test_a_disk_that_refuses_fails_its_step_in_one_sentence_and_the_others_go_on(house, told, monkeypatch):
    house.source("a.rows", [(n, n) for n in range(1, 12)])
    house.source("a.other", [(n, n) for n in range(1, 12)])
    publish = room.publish

    def refusing(frame, contract, *given, **more):
        if contract.id == "a.rows":
            raise PermissionError(13, "Permission denied", "wh/a/rows/claims")
        return publish(frame, contract, *given, **more)

    monkeypatch.setattr(room, "publish", refusing)
    outcomes = {
        product: (state, reason) for product, state, reason in told(house.mesh(), ["a.rows", "a.other"], 10, 10)
    }
    assert outcomes["a.other"][0] == "published"
    assert outcomes["a.rows"][0] == "failed"
    assert outcomes["a.rows"][1].startswith("wh/a/rows/claims: cannot be read or written (Permission denied)")


@pytest.fixture
def statuses(house):
    """Rows under a draft, and sums under a retired contract, each of two days."""

    def write(id, status):
        path = house.contracts[(id, 1)].path
        path.write_text(path.read_text().replace("status: active", f"status: {status}"))
        house.contracts[(id, 1)] = read_contract(path)

    house.source("a.rows", [(n, n) for n in range(1, 12)])
    house.computed("a.sums", "a.rows@1")
    write("a.rows", "draft")
    write("a.sums", "retired")
    return house


@pytest.fixture
def command(monkeypatch, capfd, statuses):
    """``hansa run`` over two days: exit code, standard output, standard error."""
    monkeypatch.setattr("hansa.registry.load", lambda **_: statuses.registry())
    statuses.mesh()

    def call(*words):
        days = "--from", "2026-03-02", "--to", "2026-03-03", "--mesh", str(statuses.folder / "mesh.yaml"), "--bare"
        monkeypatch.setattr(sys, "argv", ["hansa", "run", *words, *days])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code, *capfd.readouterr())

    return call


def test_a_run_says_once_of_each_contract_that_is_not_active_what_its_status_means(command):
    code, _, err = command()
    notes = [line for line in err.splitlines() if line.startswith("note: contract")]
    assert code == 0
    assert [line.split(":")[1].split()[1] for line in notes] == ["a.rows", "a.sums"]
    assert ("it is a draft" in notes[0], "it is retired" in notes[1]) == (True, True)


def test_the_json_of_a_run_has_the_notes_and_standard_error_too(command):
    _, out, err = command("--json")
    assert [f"note: {note}" in err for note in json.loads(out)["notes"]] == [True, True]


def test_a_run_that_did_nothing_says_nothing_of_contracts(command):
    command()
    assert "note: contract" not in command()[2]


def test_a_run_that_was_held_says_nothing_of_the_status_of_contracts(command, statuses):
    statuses.contract("a.sums", quality=ENOUGH.replace("mustBeGreaterThan: 0", "mustBe: 99"))
    code, _, err = command()
    assert (code, "note: contract" in err) == (1, False)
