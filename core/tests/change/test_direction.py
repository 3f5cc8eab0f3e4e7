"""Laws of ``changes`` over pairs of contracts that nobody chose, and the versions that follow."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hansa.change import changes, demanded, satisfies, strongest
from hansa.contract.model import Column, Contract, GroupRule, Rule, VolumeRule
from hypothesis import given, settings
from hypothesis import strategies as st

OPPOSITE = {"tightens": "loosens", "loosens": "tightens"}
maybe = st.none
OPERATORS = ("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan")
PAIRS = ("mustBeBetween", "mustNotBeBetween")


def of(**words):
    """Options, some of which are there."""
    return st.fixed_dictionaries({}, optional=words)


small = st.integers(0, 4)
texts = st.lists(st.sampled_from(["A", "B", "C"]), max_size=3, unique=True).map(tuple)
shared = {
    "required": st.booleans(),
    "unique": st.booleans(),
    "classification": st.sampled_from([None, "C1", "C3", "house", "4"]),
    "description": st.sampled_from(["", "x"]),
    "tags": st.sampled_from([(), ("feature",)]),
}
KINDS = {
    "string": of(
        **shared,
        pattern=st.sampled_from(["^A", "B$"]),
        min_length=small,
        max_length=small,
        enum=texts,
        text_format=st.sampled_from(["uuid", "email"]),
        tokenise=st.sampled_from(["name", "mobile"]),
    ),
    "integer": of(**shared, minimum=small, exclusive_minimum=small, maximum=small, multiple_of=small.map(Decimal)),
    "number": of(
        **shared, precision=st.just(9), scale=small, minimum=small.map(Decimal), exclusive_maximum=small.map(Decimal)
    ),
    "date": of(
        **shared,
        minimum=small.map(lambda n: dt.date(2026, 1, 1 + n)),
        exclusive_minimum=small.map(lambda n: dt.date(2026, 1, 1 + n)),
        formats=st.sampled_from([("%d.%m.%Y",), ("%d.%m.%Y", "%Y")]),
    ),
    "timestamp": of(**shared, zoned=st.booleans(), zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin"])),
}


@st.composite
def flat(draw, name):
    kind = draw(st.sampled_from(sorted(KINDS)))
    told = draw(KINDS[kind])
    if kind == "number" and "scale" in told:
        told["precision"] = 9
    elif kind == "number":
        told.pop("precision", None)
    return Column(name, kind, 1, **told)


@st.composite
def column(draw, name):
    match draw(st.sampled_from(["flat", "flat", "object", "array"])):
        case "object":
            names = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
            return Column(name, "object", 1, fields=tuple(draw(flat(one)) for one in names))
        case "array":
            return Column(
                name, "array", 1, items=draw(flat("[]")), **draw(of(min_items=small, unique_items=st.booleans()))
            )
    return draw(flat(name))


operands = st.tuples(small.map(float), small.map(float)).map(lambda pair: tuple(sorted(pair)))


@st.composite
def rule(draw, name, names):
    operator = draw(st.sampled_from(OPERATORS + PAIRS))
    numbers = draw(operands) if operator in PAIRS else draw(operands)[:1]
    severity = draw(st.sampled_from(["error", "warning"]))
    match draw(st.sampled_from(["invalidValues", "duplicateValues", "rowCount", "sql", "group", "volume"])):
        case "group":
            exact = tuple(Decimal(int(one)) for one in numbers)
            return GroupRule(name, "groupRowCount", (names[0],), None, operator, exact, 1, severity)
        case "volume":
            return VolumeRule(
                name, draw(st.sampled_from([0.1, 0.5])), 1, history=draw(st.sampled_from([5, 20])), severity=severity
            )
        case metric:
            columns = (
                () if metric in ("rowCount", "sql") else (names[0],) if metric == "invalidValues" else tuple(names)
            )
            more = {"query": draw(st.sampled_from(["Q1", "Q2"]))} if metric == "sql" else {}
            more |= {"unit": draw(st.sampled_from(["rows", "percent"]))} if metric != "rowCount" else {}
            return Rule(name, metric, columns, operator, numbers, 1, severity=severity, **more)


@st.composite
def contract(draw):
    names = draw(st.lists(st.sampled_from(["amount", "amounts", "city", "v", "w"]), min_size=1, unique=True))
    columns = [draw(column(name)) for name in names]
    keyed = draw(st.sets(st.integers(0, len(columns) - 1)))
    columns = [
        replace(one, key_position=at) if at in keyed and not one.nested else one for at, one in enumerate(columns)
    ]
    dates = [at for at, one in enumerate(columns) if one.logical_type == "date"]
    if dates and draw(st.booleans()):
        columns[dates[0]] = replace(columns[dates[0]], partitioned=True)
    rules = [draw(rule(name, names)) for name in draw(st.lists(st.sampled_from("rst"), max_size=3, unique=True))]
    volumes = [one for one in rules if isinstance(one, VolumeRule)]
    return Contract(
        draw(st.sampled_from(["t.x", "t.x", "t.y"])),
        "1.0.0",
        tuple(columns),
        Path("x.odcs.yaml"),
        "d",
        owner=draw(st.sampled_from(["", "shop"])),
        rules=tuple(one for one in rules if isinstance(one, Rule)),
        groups=tuple(one for one in rules if isinstance(one, GroupRule)),
        volume=volumes[0] if volumes else None,
        quarantine_share=draw(st.sampled_from([None, 0.1, 0.5])),
        retention_days=draw(st.sampled_from([None, 30, 90])),
        key_scope=draw(st.sampled_from(["product", "partition"])),
    )


@given(contract())
@settings(max_examples=100, deadline=None)
def test_a_contract_does_not_differ_from_itself(one):
    assert changes(one, one) == []
    assert changes(one, replace(one, digest="other bytes", path=Path("y.odcs.yaml"))) == []


@given(contract(), contract())
@settings(max_examples=150, deadline=None)
def test_the_way_back_changes_the_same_in_the_other_direction(one, other):
    there = sorted((c.subject, OPPOSITE.get(c.direction, c.direction)) for c in changes(one, other) if named_so(c))
    back = sorted((c.subject, c.direction) for c in changes(other, one) if named_so(c))
    assert there == back


def named_so(change):
    """A rule that got another name is told under its new one."""
    return change.kind != "rule.renamed"


@given(contract(), contract())
@settings(max_examples=100, deadline=None)
def test_a_loosened_promise_breaks_consumers_and_demands_a_major_version(one, other):
    for change in changes(one, other):
        if change.may_loosen and ".classification" not in change.subject:
            assert "consumers" in change.breaks, change
            assert change.bump == "major"
        assert (change.effect == "breaking") == ("consumers" in change.breaks)
        assert (change.effect in ("breaking", "demanding")) == bool(change.breaks)
        assert not (change.direction == "neither" and "consumers" in change.breaks)


@pytest.mark.parametrize(
    ("old", "bump", "wanted"),
    [
        ("1.3.4", "major", "2.0.0"),
        ("1.3.4", "minor", "1.4.0"),
        ("1.3.4", "patch", "1.3.5"),
        ("1.3.4", None, "1.3.4"),
        ("0.3.4", "major", "1.0.0"),
    ],
)
def test_a_bump_demands_the_next_version_of_its_part(old, bump, wanted):
    assert demanded(old, bump) == wanted


@pytest.mark.parametrize(
    ("new", "bump", "enough"),
    [
        ("2.0.0", "major", True),
        ("1.10.0", "major", False),
        ("1.10.0", "minor", True),
        ("1.3.9", "minor", False),
        ("1.3.5", "patch", True),
        ("1.3.4", "patch", False),
        ("3.1.0", "minor", True),
        ("1.3.4", None, True),
        ("1.3.3", None, False),
    ],
)
def test_a_version_is_enough_if_it_is_the_demanded_one_or_later(new, bump, enough):
    assert satisfies(new, "1.3.4", bump) is enough


def test_the_strongest_demand_counts(promise):
    old, new = promise("{name: v, logicalType: string}", head="team: {name: a}"), promise(head="team: {name: b}")
    assert [one.bump for one in changes(old, new)] == ["major", "patch"]
    assert strongest(changes(old, new)) == "major"


def test_a_near_name_of_one_type_is_told_as_what_it_may_be_called_now(promise):
    old, new = (promise(f"{{name: {name}, logicalType: integer}}") for name in ("amount", "amounts"))
    assert [one.note for one in changes(old, new)] == [
        "perhaps it is called amounts now",
        "perhaps it was called amount",
    ]


def test_a_column_of_another_name_and_the_same_words_is_told_as_what_it_may_be_called_now(promise):
    text = "{{name: {}, logicalType: string, description: Colour of the eyes}}"
    old, new = promise(text.format("hue")), promise(text.format("eyes"))
    assert [one.note for one in changes(old, new)] == ["perhaps it is called eyes now", "perhaps it was called hue"]


def test_a_column_that_is_alike_in_nothing_is_no_new_name(promise):
    old, new = promise("{name: hue, logicalType: string}"), promise("{name: weight, logicalType: integer}")
    assert [one.note for one in changes(old, new)] == ["", ""]
