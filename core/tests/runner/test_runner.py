"""Steps that are run one after the other, and what becomes of those that read something held or failed."""

import polars as pl
import pytest
from hansa.errors import DataError
from hansa.plan import Step
from hansa.products import Input, days
from hansa.receipt import book_of
from hansa.runner import Lost, Outcome, Runner, execute
from hansa.store.door import Door
from machinery.small_house import outcomes_of

SECRET = "9981776655"
ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterThan: 0, severity: error}"


@pytest.fixture
def told(march):
    """Plan and run days: for each step its product, first and last day number, state and reason."""

    def run(mesh, asked, first, last):
        outcomes = outcomes_of(mesh, asked, march(first), march(last))
        return [
            (o.step.product, o.step.first and o.step.first.day, o.step.last and o.step.last.day, o.state, o.reason)
            for o in outcomes
        ]

    return run


@pytest.fixture
def amounts():
    """What is published of a product: day number and amount, sorted."""

    def read(mesh, product):
        rows = Door(Runner(mesh).standing.warehouse).open(product).frame.collect()
        return sorted((one["business_date"].day, one["amount"]) for one in rows.to_dicts())

    return read


@pytest.fixture
def gap(house):
    """Rows of every day but the 11th, which is therefore held, and what is made of them."""
    house.source("a.rows", [(n, n) for n in range(1, 32) if n != 11], quality=ENOUGH)
    house.computed("a.sums", "a.rows@1")
    house.computed("a.more", "a.sums@1")
    return house


def test_frames_are_computed_over_the_days_that_were_asked_for(house, told, amounts):
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(2)))
    mesh = house.mesh()
    told(mesh, ["a.sums"], 10, 11)
    assert amounts(mesh, "a.sums") == [(10, 27), (11, 30)]


def test_a_product_that_does_not_read_its_own_days_sees_only_those_before(house, told, amounts):
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(2), own_days=False))
    house.computed("a.top", Input("a.sums@1", lookback=days(1)))
    mesh = house.mesh()
    told(mesh, ["a.top"], 10, 10)
    assert amounts(mesh, "a.sums") == [(9, 15), (10, 17)]


def test_later_days_are_read_by_what_looks_ahead(house, told, amounts):
    house.source("a.rows", [(n, n) for n in range(1, 13)])
    house.computed("a.sums", Input("a.rows@1", lookahead=days(3)))
    mesh = house.mesh()
    told(mesh, ["a.sums", "a.rows"], 10, 10)
    assert amounts(mesh, "a.sums") == [(10, 33)]


def test_a_held_day_stops_what_is_made_of_it_and_the_next_day_goes_on(gap, told):
    outcomes = told(gap.mesh(), ["a.rows", "a.sums", "a.more"], 10, 12)
    assert [(product, first, state) for product, first, _, state, _ in outcomes] == [
        ("a.rows", 10, "published"),
        ("a.sums", 10, "published"),
        ("a.more", 10, "published"),
        ("a.rows", 11, "held"),
        ("a.sums", 11, "not run"),
        ("a.more", 11, "not run"),
        ("a.rows", 12, "published"),
        ("a.sums", 12, "published"),
        ("a.more", 12, "published"),
    ]


def test_what_is_not_run_says_because_of_what(gap, told):
    reasons = [
        reason for *_, state, reason in told(gap.mesh(), ["a.rows", "a.sums", "a.more"], 11, 11) if state == "not run"
    ]
    assert reasons == ["because a.rows is held", "because a.sums is not run, since a.rows is held"]


def test_a_held_day_in_a_span_cuts_what_is_made_of_the_span(gap, told):
    gap.computed("a.top", Input("a.more@1", lookback=days(4)))
    outcomes = told(gap.mesh(), ["a.top"], 13, 13)
    assert [(first, last, state) for product, first, last, state, _ in outcomes if product == "a.sums"] == [
        (9, 10, "published"),
        (11, 11, "not run"),
        (12, 13, "published"),
    ]


def test_what_is_made_of_all_days_is_not_run_if_one_is_held(gap, told, whole):
    gap.computed("a.total", "a.sums@1", columns=whole)
    assert told(gap.mesh(), ["a.rows", "a.sums", "a.total"], 10, 12)[-1][3:] == (
        "not run",
        "because a.sums is not run, since a.rows is held",
    )


def test_a_held_day_is_tried_again_by_the_next_run_and_then_carried_on(gap, told):
    told(gap.mesh(), ["a.rows", "a.sums"], 10, 12)
    gap.fill("a.rows", [(n, n) for n in range(1, 32)])
    outcomes = told(gap.mesh(), ["a.rows", "a.sums"], 10, 12)
    assert [(product, state) for product, first, _, state, _ in outcomes if first == 11] == [
        ("a.rows", "published"),
        ("a.sums", "published"),
    ]


def test_days_whose_rows_did_not_change_are_unchanged_though_the_file_was_written_again(gap, told):
    told(gap.mesh(), ["a.rows"], 10, 10)
    gap.fill("a.rows", [(n, n) for n in range(1, 32)])
    assert [state for *_, state, _ in told(gap.mesh(), ["a.rows"], 10, 10)] == ["unchanged"]


def learned(frames, run):
    if run.first.day == 10:
        raise ValueError
    return pl.LazyFrame({"business_date": run.days, "amount": [1]})


@pytest.fixture
def models(gap):
    """A model every third day, which cannot be made on the 10th, and scores by the newest model."""
    gap.computed("a.models", Input("a.rows@1", lookback=days(2), own_days=False), every=days(3), function=learned)
    gap.computed("a.scores", "a.rows@1", Input("a.models@1", lookback=days(3), newest=True))
    return gap.mesh()


def test_days_whose_newest_model_was_lost_are_not_run_until_there_is_another(models, told):
    outcomes = told(models, ["a.models", "a.scores"], 10, 13)
    assert [(first, state, reason) for product, first, _, state, reason in outcomes if product == "a.scores"] == [
        (10, "not run", "because a.models is failed"),
        (11, "not run", "because a.rows is held"),
        (12, "not run", "because a.models is failed"),
        (13, "published", ""),
    ]


def test_a_day_that_is_not_read_stops_nothing(models, told):
    outcomes = told(models, ["a.rows", "a.models"], 11, 11)
    assert [(product, state) for product, first, _, state, _ in outcomes if first == 11] == [
        ("a.rows", "held"),
        ("a.models", "published"),
    ]


def failing(frames, run):
    raise ValueError(f"bad row {SECRET}")


def failing_later(frames, run):
    return frames["rows"].select(
        "business_date", amount=pl.col("amount").map_elements(lambda _: failing(None, None), return_dtype=pl.Int64)
    )


def test_an_error_of_a_product_is_told_by_type_and_place_without_its_text(house, told):
    house.source("a.rows", [(10, 10)])
    house.computed("a.sums", "a.rows@1", function=failing)
    *_, state, reason = told(house.mesh(), ["a.sums"], 10, 10)[-1]
    assert state == "failed"
    assert "its function failed with ValueError" in reason
    assert SECRET not in reason


def test_an_error_while_the_rows_are_computed_is_told_without_its_text(house, told):
    house.source("a.rows", [(10, 10)])
    house.computed("a.sums", "a.rows@1", function=failing_later)
    *_, state, reason = told(house.mesh(), ["a.sums"], 10, 10)[-1]
    assert (state, SECRET in reason) == ("failed", False)


def test_what_is_no_frame_is_refused(house, told):
    house.source("a.rows", [(10, 10)])
    house.computed("a.sums", "a.rows@1", function=lambda frames, run: [1])
    assert "its function gave list, not a Polars frame" in told(house.mesh(), ["a.sums"], 10, 10)[-1][-1]


def test_a_source_that_is_gone_fails_with_its_sentence_and_stops_what_reads_it(house, march, folder):
    house.source("a.rows", [(10, 10)])
    house.computed("a.sums", "a.rows@1")
    mesh = house.mesh()
    (folder / "a.rows.csv").unlink()
    outcomes = []
    steps = [Step(id, march(10), march(10), "asked") for id in ("a.rows", "a.sums")]
    execute(Runner(mesh), steps, Lost(mesh), outcomes.append)
    assert [outcome.state for outcome in outcomes] == ["failed", "not run"]
    assert "there is no such file" in outcomes[0].reason


def test_the_receipt_names_what_was_read_and_over_which_days(house, told):
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(2)))
    mesh = house.mesh()
    told(mesh, ["a.sums"], 10, 10)
    (publication,) = book_of(Runner(mesh).standing.warehouse, "a.sums").all()
    (read,) = publication.inputs
    assert (read.name, read.first, read.last, read.version) == ("a.rows", "2026-03-08", "2026-03-10", "1.0.0")
    assert read.snapshot == Door(Runner(mesh).standing.warehouse).open("a.rows").snapshot


@pytest.fixture
def lost(house, whole):
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", "a.rows@1")
    house.computed("a.total", "a.sums@1", columns=whole)
    return Lost(house.mesh())


def test_a_span_is_cut_around_each_lost_day(lost, march):
    for number in (11, 12, 14):
        lost.note(Outcome(Step("a.rows", march(number), march(number), "asked"), "failed"))
    parts = lost.parts(Step("a.sums", march(10), march(15), "asked"))
    assert [(part.first.day, part.last.day, bool(cause)) for part, cause in parts] == [
        (10, 10, False),
        (11, 12, True),
        (13, 13, False),
        (14, 14, True),
        (15, 15, False),
    ]


def test_a_part_keeps_why_the_step_is_run_and_who_watches(lost, march):
    lost.note(Outcome(Step("a.rows", march(11), march(11), "asked"), "failed"))
    parts = [part for part, _ in lost.parts(Step("a.sums", march(10), march(12), "asked", watched=True))]
    assert {(part.why, part.watched) for part in parts} == {("asked", True)}


def test_a_span_without_lost_days_stays_whole(lost, march):
    step = Step("a.sums", march(10), march(15), "asked")
    assert list(lost.parts(step)) == [(step, "")]


def test_what_was_published_is_not_lost(lost, march):
    lost.note(Outcome(Step("a.rows", march(10), march(10), "asked"), "unchanged"))
    assert [cause for _, cause in lost.parts(Step("a.sums", march(10), march(10), "asked"))] == [""]


def test_a_product_that_leaves_the_process_fails_and_the_others_run(house, told):
    def leaves(frames, run):
        raise SystemExit(0)

    house.source("a.rows", [(10, 1)])
    house.computed("a.exit", "a.rows@1", function=leaves)
    house.computed("a.sums", "a.rows@1")
    states = {product: state for product, _, _, state, _ in told(house.mesh(), ["a.exit", "a.sums"], 10, 10)}
    assert states == {"a.rows": "published", "a.exit": "failed", "a.sums": "published"}


def test_a_frame_without_the_contracts_columns_is_a_fault_of_the_function(house, told):
    house.source("a.rows", [(10, 1)])
    house.computed(
        "a.sums", "a.rows@1", function=lambda frames, run: pl.LazyFrame({"business_date": run.days, "sum": [1]})
    )
    ((_, _, _, state, reason),) = told(house.mesh(), ["a.sums"], 10, 10)[1:]
    assert state == "failed"
    assert "does not give amount and gives sum, which the contract does not know" in reason


def test_a_day_whose_own_input_was_never_published_is_not_computed(house, march):
    house.source("a.rows", [(10, 1)])
    house.computed("a.sums", "a.rows@1")
    runner = Runner(house.mesh())
    with pytest.raises(DataError, match=r"it reads a\.rows, which was never published"):
        runner.run("a.sums", march(10), march(10))


def test_a_day_that_was_held_last_is_run_again(gap, march):
    mesh = gap.mesh()
    runner = Runner(mesh)
    runner.run("a.rows", march(10), march(10))
    gap.fill("a.rows", [])
    assert Runner(mesh).run("a.rows", march(10), march(10)).held
    assert not runner.standing.right("a.rows", march(10))
