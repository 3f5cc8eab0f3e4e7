"""What a plan completes, what it leaves alone, and in which order it runs."""

import datetime as dt

import pytest
from hansa.errors import MeshError
from hansa.plan import default_day, longest_lookahead, make_plan, selected
from hansa.products import Input, days


@pytest.fixture
def lines(house):
    """Rows of March and a product over the last three days of them."""
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(2)))
    return house


def test_what_is_asked_is_completed_by_what_is_missing_within_the_lookback(lines, planned):
    assert planned(lines.mesh(), ["a.sums"], 10, 10) == [("a.rows", 8, 10), ("a.sums", 10, 10)]


def test_nothing_upstream_is_published_twice(lines, planned):
    assert planned(lines.mesh(), ["a.sums"], 10, 10, days={"a.rows": [8, 10]}) == [("a.rows", 9, 9), ("a.sums", 10, 10)]


def test_what_is_right_already_needs_nothing(lines, planned):
    assert planned(lines.mesh(), ["a.sums"], 10, 10, days={"a.rows": [8, 9, 10], "a.sums": [10]}) == []


def test_a_day_is_made_again_if_this_plan_publishes_what_it_reads(lines, planned):
    stand = {"a.rows": [9, 10], "a.sums": [10]}
    assert planned(lines.mesh(), ["a.sums"], 10, 10, days=stand) == [("a.rows", 8, 8), ("a.sums", 10, 10)]


def test_no_day_before_the_start_of_the_mesh_is_needed(lines, planned):
    assert planned(lines.mesh(start=9), ["a.sums"], 10, 10) == [("a.rows", 9, 10), ("a.sums", 10, 10)]


def test_a_lookback_may_be_a_setting(house, planned, setting):
    house.settings = {"back": setting(1, "days")}
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", Input("a.rows@1", lookback=days("back")))
    mesh = house.mesh("settings: {a.all: {back: 4}}")
    assert planned(mesh, ["a.sums"], 10, 10)[0] == ("a.rows", 6, 10)


def test_what_does_not_read_its_own_days_asks_only_for_those_before(house, planned):
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(2), own_days=False))
    assert planned(house.mesh(), ["a.sums"], 10, 10) == [("a.rows", 8, 9), ("a.sums", 10, 10)]


def test_what_does_not_read_its_own_days_is_made_day_by_day_in_history_too(house, planned):
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(1), own_days=False))
    house.computed("a.top", Input("a.sums@1", lookback=days(1)))
    steps = planned(house.mesh(), ["a.top"], 10, 10)
    assert [step for step in steps if step[0] == "a.sums"] == [("a.sums", 9, 9), ("a.sums", 10, 10)]


@pytest.fixture
def models(house):
    """Rows, a model a week, scores by the newest model."""
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.models", Input("a.rows@1", lookback=days(5), own_days=False), every=days(7))
    house.computed("a.scores", "a.rows@1", Input("a.models@1", lookback=days(7), newest=True))
    return house.mesh()


def test_a_model_is_made_for_the_first_day_that_has_none_and_then_once_a_cadence(models, planned):
    steps = planned(models, ["a.scores", "a.models"], 10, 25)
    assert [first for product, first, _ in steps if product == "a.models"] == [10, 17, 24]


def test_a_model_of_the_last_days_is_good_enough(models, planned):
    steps = planned(models, ["a.scores", "a.models"], 10, 12, days={"a.models": [4]})
    assert [first for product, first, _ in steps if product == "a.models"] == [11]


def test_a_model_is_made_although_only_the_scores_are_asked(models, planned):
    steps = planned(models, ["a.scores"], 10, 12)
    assert [step for step in steps if step[0] == "a.models"] == [("a.models", 10, 10)]


def test_a_model_comes_after_all_that_it_learns_from_and_before_what_it_scores(models, planned):
    steps = planned(models, ["a.scores", "a.models"], 10, 10)
    assert steps == [("a.rows", 5, 10), ("a.models", 10, 10), ("a.scores", 10, 10)]


def test_an_asked_model_is_made_again_if_this_plan_publishes_what_it_learned_from(models, planned):
    stand = {"a.rows": [4, 5, 6, 8, 9, 10], "a.models": [9]}
    steps = planned(models, ["a.rows", "a.models"], 7, 9, days={**stand, "a.models": [2, 9]})
    assert ("a.rows", 7, 7) in steps
    assert [step for step in steps if step[0] == "a.models"] == [("a.models", 9, 9)]


def test_an_asked_model_is_made_again_if_its_settings_changed(models, stood, march):
    standing = stood(models, {"a.rows": [march(n) for n in range(1, 20)], "a.models": [march(10)]})
    standing.right = lambda product, day: product != "a.models"
    plan = make_plan(models, standing, {"a.models"}, march(12), march(13))
    assert [(step.product, step.first) for step in plan.steps] == [("a.models", march(10))]


def test_a_model_that_nobody_asked_for_stays_as_it_is(models, stood, march):
    standing = stood(models, {"a.rows": [march(n) for n in range(1, 20)], "a.models": [march(10)]})
    standing.right = lambda product, day: product == "a.rows"
    plan = make_plan(models, standing, {"a.scores"}, march(12), march(12))
    assert [step.product for step in plan.steps] == ["a.scores"]


@pytest.fixture
def measured(house, whole):
    """Labels that come later, and what is measured on them, by day and as a whole."""
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.source("a.labels", [(n, n) for n in range(1, 32)])
    house.computed("a.daily", "a.rows@1", Input("a.labels@1", lookahead=days(3)))
    house.computed("a.kpis", "a.rows@1", Input("a.labels@1", lookahead=days(3)), columns=whole)
    return house.mesh()


@pytest.mark.parametrize("product", ["a.daily", "a.kpis"])
def test_what_became_known_later_is_read_as_far_as_its_source_reaches(measured, planned, product):
    steps = planned(measured, [product], 10, 10, extents={"a.labels": (1, 12)})
    assert ("a.labels", 10, 12) in steps


def test_nothing_later_is_asked_of_a_source_that_ends(measured, planned):
    steps = planned(measured, ["a.daily"], 10, 10, extents={"a.labels": (1, 10)})
    assert ("a.labels", 10, 10) in steps


def test_days_that_read_later_days_wait_for_them(measured, planned):
    steps = planned(measured, ["a.labels", "a.daily"], 10, 12)
    assert steps.index(("a.labels", 12, 12)) < steps.index(("a.daily", 10, 10))


def test_a_whole_product_comes_after_the_days_that_it_is_made_of(measured, planned):
    assert planned(measured, ["a.kpis", "a.rows"], 10, 11)[-1] == ("a.kpis", None, None)


def test_days_that_read_a_whole_product_of_days_wait_for_it(house, planned, whole):
    house.source("a.rows", [(1, 1)])
    house.computed("a.total", "a.rows@1", columns=whole)
    house.computed("a.shares", "a.rows@1", "a.total@1")
    steps = planned(house.mesh(), ["a.rows", "a.total", "a.shares"], 10, 11)
    assert [step[0] for step in steps] == ["a.rows", "a.rows", "a.total", "a.shares", "a.shares"]


def test_a_whole_product_is_made_again_if_a_day_of_it_is(measured, planned):
    stand = {"a.rows": [10], "a.labels": [10, 11, 12, 13]}
    assert planned(measured, ["a.kpis", "a.rows"], 10, 10, days=stand, wholes=["a.kpis"]) == []
    stand["a.rows"] = []
    assert ("a.kpis", None, None) in planned(measured, ["a.kpis", "a.rows"], 10, 10, days=stand, wholes=["a.kpis"])


def test_a_whole_source_comes_first(house, planned, whole):
    house.source("a.rows", [(1, 1)])
    house.source("b.branches", [1], columns=whole)
    house.computed("a.sums", "a.rows@1", "b.branches@1")
    assert planned(house.mesh(), ["a.sums"], 10, 10)[0] == ("b.branches", None, None)


def test_a_whole_upstream_that_is_there_is_left_alone(house, planned, whole):
    house.source("b.branches", [1], columns=whole)
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", "a.rows@1", "b.branches@1")
    steps = planned(house.mesh(), ["a.sums"], 10, 10, wholes=["b.branches"])
    assert [step[0] for step in steps] == ["a.rows", "a.sums"]


def test_history_goes_in_spans_of_at_most_62_days(house, stood):
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(199)))
    mesh = house.mesh("")
    object.__setattr__(mesh.file, "start", dt.date(2025, 1, 1))
    plan = make_plan(mesh, stood(mesh), {"a.sums"}, dt.date(2026, 3, 1), dt.date(2026, 3, 1))
    assert [len(step.days) for step in plan.steps] == [62, 62, 62, 14, 1]


def test_history_is_cut_where_days_are_published_already(lines, planned):
    steps = planned(lines.mesh(), ["a.sums"], 10, 13, days={"a.rows": [10, 11]})
    assert [step for step in steps if step[0] == "a.rows"] == [("a.rows", 8, 9), ("a.rows", 12, 13)]


def test_asked_days_run_one_by_one_and_history_before_them(lines, planned):
    assert planned(lines.mesh(), ["a.rows", "a.sums"], 10, 11) == [
        ("a.rows", 8, 9),
        ("a.rows", 10, 10),
        ("a.sums", 10, 10),
        ("a.rows", 11, 11),
        ("a.sums", 11, 11),
    ]


def test_only_the_asked_days_are_watched(lines, stood, march):
    mesh = lines.mesh()
    plan = make_plan(mesh, stood(mesh), {"a.rows", "a.sums"}, march(10), march(10))
    assert [(step.why, step.watched) for step in plan.steps] == [
        ("missing upstream", False),
        ("asked", True),
        ("asked", True),
    ]


def test_what_needs_nothing_is_counted(measured, stood, march):
    everything = [march(n) for n in range(1, 32)]
    standing = stood(measured, dict.fromkeys(("a.rows", "a.labels", "a.daily"), everything), ["a.kpis"])
    plan = make_plan(measured, standing, set(measured.products), march(10), march(12))
    assert (plan.steps, plan.right) == ((), 10)


def test_the_end_before_the_beginning_is_refused(lines, planned):
    with pytest.raises(MeshError, match="--to 2026-03-09 is before --from 2026-03-10"):
        planned(lines.mesh(), ["a.sums"], 10, 9)


def test_days_before_the_start_of_the_mesh_are_refused(lines, planned):
    with pytest.raises(MeshError, match="before the mesh's start 2026-03-05"):
        planned(lines.mesh(start=5), ["a.sums"], 4, 9)


def test_days_that_no_source_holds_yet_are_refused(lines, planned):
    with pytest.raises(MeshError, match="2026-03-21 is after 2026-03-20, the last day that a source holds"):
        planned(lines.mesh(), ["a.sums"], 19, 21, extents={"a.rows": (1, 20)})


def test_the_default_day_is_the_newest_that_every_source_holds(measured, stood, march):
    standing = stood(measured, extents={"a.rows": (march(1), march(20)), "a.labels": (march(1), march(18))})
    assert default_day(measured, standing, {"a.daily"}) == march(18)


def test_the_longest_lookahead_is_that_of_the_asked_products(measured):
    assert (longest_lookahead(measured, {"a.daily"}), longest_lookahead(measured, {"a.rows"})) == (3, 0)


def test_nothing_named_means_everything(lines):
    assert selected(lines.mesh(), []) == {"a.rows", "a.sums"}


def test_a_module_means_its_products(lines):
    assert selected(lines.mesh(), ["a.all"]) == {"a.rows", "a.sums"}


def test_an_unknown_name_is_refused_with_the_nearest(lines):
    with pytest.raises(MeshError, match=r"'a\.sum'.*a\.sums"):
        selected(lines.mesh(), ["a.sum"])
