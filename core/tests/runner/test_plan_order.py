"""Over small random meshes: what a step reads is published, or planned before it, and nothing is planned twice."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hansa.plan import input_span, make_plan
from hansa.products import Input, days
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAYS = [dt.date(2026, 3, n) for n in range(1, 32)]


@st.composite
def shapes(draw):
    """Per product: daily or whole, its inputs with lookback, lookahead and own days, and a cadence or none."""
    shape = []
    for number in range(draw(st.integers(2, 5))):
        upstream = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=3)) if number else []
        inputs = [
            (up, draw(st.integers(0, 3)), draw(st.sampled_from([0, 0, 0, 2])), draw(st.booleans())) for up in upstream
        ]
        every = draw(st.sampled_from([None, None, 3])) if inputs else None
        shape.append((draw(st.booleans()) or every is not None, inputs, every))
    return shape


def built(house, shape, whole):
    for number, (daily, inputs, every) in enumerate(shape):
        columns = {} if daily else {"columns": whole}
        if not inputs:
            house.source(f"p.p{number}", [(1, 1)] if daily else [1], **columns)
            continue
        requires = [
            Input(
                f"p.p{up}@1",
                lookback=days(back if own else max(back, 1)),
                lookahead=days(ahead if own else 0),
                own_days=own,
            )
            for up, back, ahead, own in inputs
        ]
        cadence = None if every is None else days(every)
        house.computed(f"p.p{number}", *requires, every=cadence, **columns)
    return house.mesh()


def published_before(mesh, standing):
    days_of = {id: set(standing.days(id)) for id in mesh.products}
    return days_of, {id for id in mesh.products if None in standing.current(id)}


def reads(mesh, step):
    """Each day of a daily input that a step reads and that can be had, and each whole input."""
    kept = mesh.products[step.product]
    for wanted in kept.product.requires:
        upstream = mesh.products[wanted.product]
        if not upstream.daily:
            yield upstream.id, None
        elif step.first is not None and upstream.product.every is None:
            span = input_span(kept, wanted, step.first, step.last)
            for one in DAYS:
                if span and span[0] <= one <= span[1]:
                    yield upstream.id, one


@pytest.mark.parametrize("_", [0])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=shapes(), data=st.data())
def test_no_step_runs_before_what_it_reads(_, house, stood, whole, shape, data):
    with TemporaryDirectory() as folder:
        fresh = type(house)(Path(folder))
        mesh = built(fresh, shape, whole)
        ids = sorted(mesh.products)
        done = {id: data.draw(st.sets(st.sampled_from(DAYS), max_size=10)) for id in ids if mesh.products[id].daily}
        wholes = data.draw(st.sets(st.sampled_from(ids))) - set(done)
        asked = data.draw(st.sets(st.sampled_from(ids), min_size=1))
        first = data.draw(st.sampled_from(DAYS[8:14]))
        last = first + dt.timedelta(days=data.draw(st.integers(0, 4)))
        standing = stood(mesh, done, wholes)
        plan = make_plan(mesh, standing, asked, first, last)

        published, whole_ones = published_before(mesh, standing)
        planned_later = {(s.product, d) for s in plan.steps for d in (s.days or [None])}
        for step in plan.steps:
            for upstream, one in reads(mesh, step):
                there = upstream in whole_ones if one is None else one in published[upstream]
                beyond = one is not None and one > last and not mesh.products[upstream].product.from_source
                assert there or beyond, f"{step.title()} reads {upstream} {one}, planned: {plan.steps}"
                assert (upstream, one) not in planned_later, f"{step.title()} runs before {upstream} {one}"
            for one in step.days or [None]:
                assert (step.product, one) in planned_later, f"{step.title()} is planned twice"
                planned_later.discard((step.product, one))
                if one is None:
                    whole_ones.add(step.product)
                else:
                    published[step.product].add(one)
