"""Columns, types and fields: what each change is called, whom it breaks, and that it really does.

Nothing of what is expected is taken from the function: rows at the borders of both contracts go through the real gate,
a producer sends on what he was allowed before, a consumer relies on all that he was promised before.
"""

import pytest
from machinery.changed import MONEY, Case, expected, found, known, options, v

W = "{name: w, logicalType: string}"
TWINS = {"id": ["a", "b"], "v": ["1", "1"]}
IN = "{{name: v, logicalType: object, properties: [{}]}}"
CITY = "{name: city, logicalType: string}"
CASES = [
    Case("a column is removed", v(), "", ("v column.removed loosens consumers major",)),
    Case("a nullable column comes", "", v(), ("v column.added tightens nobody minor",)),
    Case("a required column comes", "", v(required="true"), ("v column.added tightens producer minor",)),
    Case(
        "a column comes whose own rule asks for it",
        "",
        v(quality="[{name: v.there, metric: nullValues, mustBe: 0}]"),
        ("v column.added tightens producer minor",),
    ),
    Case("a column with a list comes", "", known("A", "B"), ("v column.added tightens nobody minor",)),
    Case(
        "a column has another name",
        "{name: amount, logicalType: integer}",
        "{name: amounts, logicalType: integer}",
        ("amount column.removed loosens consumers major", "amounts column.added tightens nobody minor"),
    ),
    Case("columns change places", f"{v()}|{W}", f"{W}|{v()}", ("columns column.order neither nobody patch",)),
    Case(
        "a description is mended",
        v(description="a"),
        v(description="b"),
        ("v.description description.changed neither nobody patch",),
    ),
    Case("a tag is added", v(), v(tags="[feature]"), ("v.tags tags.changed neither nobody patch",)),
    Case("a column is required now", v(), v(required="true"), ("v.required required.added tightens producer minor",)),
    Case(
        "a column may be empty now", v(required="true"), v(), ("v.required required.removed loosens consumers major",)
    ),
    Case("a column is unique now", v(), v(unique="true"), ("v.unique unique.added tightens producer minor",), (TWINS,)),
    Case(
        "a column may repeat now", v(unique="true"), v(), ("v.unique unique.removed loosens consumers major",), (TWINS,)
    ),
    Case("a text becomes a number", v(), v("integer"), ("v type.changed both consumers and producer major",)),
    Case("a number becomes a text", v("integer"), v(), ("v type.changed both consumers major",)),
    Case("a truth becomes a text", v("boolean"), v(), ("v type.changed both consumers and producer major",)),
    Case("a date becomes a time", v("date"), v("timestamp"), ("v type.changed both consumers and producer major",)),
    Case(
        "a time loses its zone",
        v("timestamp"),
        options("timezone: false", "timestamp"),
        ("v type.changed both consumers and producer major",),
    ),
    Case(
        "a decimal has more digits",
        v("number", **MONEY),
        v("number", physicalType='"DECIMAL(18,2)"'),
        ("v type.widened loosens consumers major",),
    ),
    Case(
        "a decimal has fewer digits",
        v("number", **MONEY),
        v("number", physicalType='"DECIMAL(9,2)"'),
        ("v type.narrowed tightens producer major",),
    ),
    Case(
        "a decimal has finer places",
        v("number", **MONEY),
        v("number", physicalType='"DECIMAL(14,4)"'),
        ("v type.widened loosens consumers major",),
    ),
    Case(
        "digits move behind the point",
        v("number", **MONEY),
        v("number", physicalType='"DECIMAL(12,4)"'),
        ("v type.changed both consumers and producer major",),
    ),
    Case(
        "a whole number becomes a wide decimal",
        v("integer"),
        v("number", physicalType='"DECIMAL(38,0)"'),
        ("v type.changed both consumers major",),
    ),
    Case(
        "an object has one field more",
        IN.format(CITY),
        IN.format(f"{CITY}, {{name: zip, logicalType: string}}"),
        ("v.zip column.added tightens nobody minor",),
        ({"id": ["a"], "v": ['{"city": "A"}']},),
    ),
    Case(
        "an object has one required field more",
        IN.format(CITY),
        IN.format(f"{CITY}, {{name: zip, logicalType: string, required: true}}"),
        ("v.zip column.added tightens producer minor",),
        ({"id": ["a"], "v": ['{"city": "A"}']}, {"id": ["a"], "v": ['{"city": "A", "zip": "1"}']}),
    ),
    Case(
        "an object loses a field",
        IN.format(f"{CITY}, {{name: zip, logicalType: string}}"),
        IN.format(CITY),
        ("v.zip column.removed loosens consumers major",),
        ({"id": ["a"], "v": ['{"city": "A"}']},),
    ),
    Case(
        "a field has a pattern less",
        IN.format("{name: city, logicalType: string, logicalTypeOptions: {maxLength: 1}}"),
        IN.format(CITY),
        ("v.city.maxLength maxLength.removed loosens consumers major",),
    ),
    Case(
        "a list may be longer",
        options("maxItems: 1", "array", items="{logicalType: string}"),
        options("maxItems: 2", "array", items="{logicalType: string}"),
        ("v.maxItems maxItems.raised loosens consumers major",),
    ),
    Case(
        "entries are required now",
        v("array", items="{logicalType: string}"),
        v("array", items="{logicalType: string, required: true}"),
        ("v[].required required.added tightens producer minor",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_named_and_breaks_whom_it_says(case, promise, trade):
    assert found(case, promise, trade) == expected(case)
