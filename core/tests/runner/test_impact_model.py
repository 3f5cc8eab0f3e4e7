"""Over small random meshes: what impact names, and what is made again, is what a book of all that was read says."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hansa.impact import impact, stale_waves
from hansa.plan import make_plan
from hansa.products import Input, days
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAYS = [dt.date(2026, 3, n) for n in range(1, 5)]


@st.composite
def shapes(draw):
    """For the products after the source: whether they halve, and lookback by input."""
    shape = []
    for number in range(1, 3):
        upstream = draw(st.lists(st.sampled_from(range(number)), unique=True, min_size=1))
        shape.append((draw(st.booleans()), {up: draw(st.integers(0, 2)) for up in upstream}))
    return shape


class Model:
    """Every value by product and day, and for each what it read when it was computed last."""

    def __init__(self, shape):
        self.shape, self.values, self.read = shape, {}, {}

    def reads(self, number, day):
        inputs = self.shape[number - 1][1]
        return {(up, one) for up, back in inputs.items() for one in DAYS if 0 <= (day - one).days <= back}

    def compute(self, number, day):
        read = {one: self.values[one] for one in self.reads(number, day)}
        total = sum(read.values())
        self.read[number, day] = read
        self.values[number, day] = total // 2 if self.shape[number - 1][0] else total

    def stale(self, number, day):
        return any(self.values[one] != value for one, value in self.read[number, day].items())

    def reached(self):
        """What is stale, and what reads something that is."""
        found = set()
        for number in range(1, len(self.shape) + 1):
            for day in DAYS:
                if self.stale(number, day) or self.reads(number, day) & found:
                    found.add((number, day))
        return found

    def again(self):
        """Make again what is stale, in order: what was made."""
        made = []
        for number in range(1, len(self.shape) + 1):
            made += [(number, day) for day in DAYS if self.stale(number, day)]
            for one in [one for one in made if one[0] == number]:
                self.compute(*one)
        return made


def summed(halves):
    def body(frames, run):
        total = sum(frame.collect()["amount"].sum() for frame in frames.values())
        return pl.LazyFrame({"business_date": run.days, "amount": [total // 2 if halves else total] * len(run.days)})

    return body


def filled(house, values):
    house.fill("p.p0", [(day.day, values[0, day]) for day in DAYS])


@pytest.mark.parametrize("_", [0])
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(shape=shapes(), changes=st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 3)), min_size=1, max_size=3))
def test_what_is_made_again_is_what_read_something_else(_, house, shape, changes):
    with TemporaryDirectory() as folder:
        fresh, model = type(house)(Path(folder)), Model(shape)
        fresh.source("p.p0", [(1, 1)])
        model.values = {(0, day): 1 for day in DAYS}
        filled(fresh, model.values)
        for number, (halves, inputs) in enumerate(shape, start=1):
            requires = [Input(f"p.p{up}@1", lookback=days(back)) for up, back in inputs.items()]
            fresh.computed(f"p.p{number}", *requires, function=summed(halves))
            for day in DAYS:
                model.compute(number, day)
        runner = Runner(fresh.mesh())
        plan = make_plan(runner.mesh, runner.standing, set(runner.mesh.products), DAYS[0], DAYS[-1])
        execute(runner, plan.steps, Lost(runner.mesh), lambda outcome: None)

        for day, value in changes:
            model.values[0, day] = value
            filled(fresh, model.values)
            Runner(fresh.mesh()).run("p.p0", day, day)
        mesh = fresh.mesh()
        found = {(int(one.product[-1]), one.day) for one in impact(mesh, Standing(mesh), "p.p0")}
        assert found == model.reached()

        runner, made = Runner(mesh), []
        for wave in stale_waves(mesh, runner.standing, set(mesh.products)):
            execute(runner, wave.steps, Lost(mesh), made.append)
        assert [(int(one.step.product[-1]), one.step.first) for one in made] == model.again()
        for number in range(1, len(shape) + 1):
            rows = runner._door.open(f"p.p{number}", 1).frame.collect()
            assert dict(rows.iter_rows()) == {day: model.values[number, day] for day in DAYS}
