"""Options of values: what each change is called, whom it breaks, and that it really does.

Nothing of what is expected is taken from the function: rows at the borders of both contracts go through the real gate,
a producer sends on what he was allowed before, a consumer relies on all that he was promised before.
"""

import pytest
from machinery.changed import MONEY, Case, expected, found, options, v

CASES = [
    Case("a minimum comes", v("integer"), options("minimum: 0"), ("v.minimum minimum.added tightens producer minor",)),
    Case(
        "a minimum is raised",
        options("minimum: 0"),
        options("minimum: 5"),
        ("v.minimum minimum.raised tightens producer minor",),
    ),
    Case(
        "a minimum is lowered",
        options("minimum: 0"),
        options("minimum: -5"),
        ("v.minimum minimum.lowered loosens consumers major",),
    ),
    Case(
        "a maximum is raised",
        options("maximum: 9"),
        options("maximum: 99"),
        ("v.maximum maximum.raised loosens consumers major",),
    ),
    Case(
        "a maximum is lowered",
        options("maximum: 99"),
        options("maximum: 9"),
        ("v.maximum maximum.lowered tightens producer minor",),
    ),
    Case(
        "a minimum is written in other words",
        options("minimum: 1"),
        options("exclusiveMinimum: 0"),
        ("v.minimum minimum.changed neither nobody patch",),
    ),
    Case(
        "an end is open now",
        options("minimum: 0", "number", **MONEY),
        options("exclusiveMinimum: 0", "number", **MONEY),
        ("v.minimum minimum.raised tightens producer minor",),
    ),
    Case(
        "a last day comes",
        v("date"),
        options("maximum: 2026-06-30", "date"),
        ("v.maximum maximum.added tightens producer minor",),
    ),
    Case(
        "a text may be longer",
        options("maxLength: 3", "string"),
        options("maxLength: 8", "string"),
        ("v.maxLength maxLength.raised loosens consumers major",),
    ),
    Case(
        "a text must be longer",
        options("minLength: 1", "string"),
        options("minLength: 2", "string"),
        ("v.minLength minLength.raised tightens producer minor",),
    ),
    Case(
        "a pattern comes", v(), options('pattern: "^A"', "string"), ("v.pattern pattern.added tightens producer minor",)
    ),
    Case(
        "a pattern goes",
        options('pattern: "^A"', "string"),
        v(),
        ("v.pattern pattern.removed loosens consumers major",),
    ),
    Case(
        "a pattern is another",
        options('pattern: "^A"', "string"),
        options('pattern: "B$"', "string"),
        ("v.pattern pattern.changed unknown consumers and producer major",),
    ),
    Case("a form comes", v(), options("format: uuid", "string"), ("v.format format.added tightens producer minor",)),
    Case("a form goes", options("format: email", "string"), v(), ("v.format format.removed loosens consumers major",)),
    Case(
        "a multiple comes",
        v("integer"),
        options("multipleOf: 5"),
        ("v.multipleOf multipleOf.added tightens producer minor",),
    ),
    Case(
        "a multiple is finer",
        options("multipleOf: 10"),
        options("multipleOf: 5"),
        ("v.multipleOf multipleOf.lowered loosens consumers major",),
    ),
    Case(
        "a multiple is another",
        options("multipleOf: 4"),
        options("multipleOf: 6"),
        ("v.multipleOf multipleOf.raised both consumers and producer major",),
    ),
    Case("a list comes", v(), v(enum="[{value: A}, {value: B}]"), ("v.enum enum.added tightens producer minor",)),
    Case("a list goes", v(enum="[{value: A}, {value: B}]"), v(), ("v.enum enum.removed loosens consumers major",)),
    Case(
        "a list has one more",
        v(enum="[{value: A}]"),
        v(enum="[{value: A}, {value: B}]"),
        ("v.enum enum.grown loosens consumers major",),
    ),
    Case(
        "a list has one less",
        v(enum="[{value: A}, {value: B}]"),
        v(enum="[{value: A}]"),
        ("v.enum enum.narrowed tightens producer minor",),
    ),
    Case(
        "a list has another value",
        v(enum="[{value: A}]"),
        v(enum="[{value: A}, {value: b}]", tags="[z]"),
        ("v.enum enum.grown loosens consumers major", "v.tags tags.changed neither nobody patch"),
    ),
    Case(
        "one value goes and one comes",
        v(enum="[{value: A}, {value: B}]"),
        v(enum="[{value: A}, {value: b}]"),
        ("v.enum enum.narrowed tightens producer minor", "v.enum enum.grown loosens consumers major"),
    ),
    Case(
        "a number of a list is written in other digits",
        v("number", enum="[{value: 1.0}]", **MONEY),
        v("number", enum="[{value: 1.00}]", description="x", **MONEY),
        ("v.description description.changed neither nobody patch",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_named_and_breaks_whom_it_says(case, promise, trade):
    assert found(case, promise, trade) == expected(case)
