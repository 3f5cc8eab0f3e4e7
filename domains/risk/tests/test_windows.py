from __future__ import annotations

import datetime as dt

import polars as pl
from hansa_risk.windows import CLOCK, COUNT, DAY, Since, Timeline, Window
from hypothesis import given, settings
from hypothesis import strategies as st

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOUR = 3_600
WINDOWS = (
    Window("count_1h", "key", COUNT, HOUR),
    Window("count_1d", "key", COUNT, DAY),
    Window("minor_1d", "key", "minor", DAY),
    Window("minor_1d_later", "key", "minor", DAY, delay=2 * HOUR),
)
SINCE = Since("since", "key", DAY)

moment = st.integers(0, 60).map(lambda half_hours: START + dt.timedelta(minutes=30 * half_hours))
key = st.sampled_from(["x", "y", None])
events = st.lists(st.tuples(moment, key, st.integers(-500, 100_000)), max_size=25)
questions = st.lists(st.tuples(moment, key), min_size=1, max_size=10)


def history_of(events: list, questions: list) -> pl.DataFrame:
    rows = [(at, key, 1, minor, None) for at, key, minor in events]
    rows += [(at, key, 0, 0, number) for number, (at, key) in enumerate(questions)]
    schema = {CLOCK: pl.Datetime("us", "UTC"), "key": pl.String, COUNT: pl.Int64, "minor": pl.Int64, "asks": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def read_history(history: pl.DataFrame) -> list[tuple]:
    answered = history.sort(CLOCK).with_columns(*(w.over_history() for w in WINDOWS), SINCE.over_history())
    names = [*(w.name for w in WINDOWS), SINCE.name]
    return answered.filter(pl.col("asks").is_not_null()).sort("asks").select(names).rows()


def read_one_by_one(events: list, questions: list) -> list[tuple]:
    lines: dict[str, Timeline] = {}
    for at, key, minor in events:
        lines.setdefault(key, Timeline()).add(at, {COUNT: 1, "minor": minor})
    answers = []
    for at, key in questions:
        line = lines.get(key, Timeline())
        answer = (*(line.total(at, w) for w in WINDOWS), line.seconds_since(at, SINCE))
        answers.append(answer if key is not None else (None,) * len(answer))
    return answers


@settings(max_examples=150, deadline=None)
@given(events=events, questions=questions)
def test_history_and_fold_give_the_same_integers(events, questions):
    assert read_history(history_of(events, questions)) == read_one_by_one(events, questions)


@settings(max_examples=60, deadline=None)
@given(events=events, questions=questions, seed=st.integers(0, 9))
def test_the_order_of_rows_changes_nothing(events, questions, seed):
    history = history_of(events, questions)
    assert read_history(history) == read_history(history.sample(fraction=1, shuffle=True, seed=seed))


@settings(max_examples=60, deadline=None)
@given(events=events, questions=questions, data=st.data())
def test_events_that_arrive_late_are_put_where_they_belong(events, questions, data):
    assert read_one_by_one(data.draw(st.permutations(events)), questions) == read_one_by_one(events, questions)


def test_a_window_holds_its_first_instant_and_not_its_last():
    asked = START + dt.timedelta(seconds=DAY)
    line = Timeline()
    line.add(START, {COUNT: 1})
    line.add(START - dt.timedelta(microseconds=1), {COUNT: 10})
    line.add(asked, {COUNT: 100})
    assert line.total(asked, Window("w", "key", COUNT, DAY)) == 1


def test_a_window_over_history_is_half_open_too():
    asked = START + dt.timedelta(seconds=HOUR)
    events = [(START, "x", 1), (START - dt.timedelta(microseconds=1), "x", 1), (asked, "x", 1)]
    assert read_history(history_of(events, [(asked, "x")]))[0][0] == 1
