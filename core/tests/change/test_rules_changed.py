"""Rules, keys and words: what each change is called, whom it breaks, and that it really does.

Nothing of what is expected is taken from the function: rows at the borders of both contracts go through the real gate,
a producer sends on what he was allowed before, a consumer relies on all that he was promised before.
"""

import polars as pl
import pytest
from hansa.change import changes
from machinery.changed import Case, expected, found, group, known, rule, v

G = "{name: g, logicalType: string}"
THREE = {"id": ["a", "b", "c"], "v": ["1", "2", "3"]}
KEY_OF_TWO = "{name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}"
SECOND = "{name: v, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 2}"
PLAIN_SECOND = "{name: v, logicalType: string, required: true}"
FIRST_AS_SECOND = KEY_OF_TWO.replace("Position: 1", "Position: 2")
SECOND_AS_FIRST = SECOND.replace("Position: 2", "Position: 1")
SAME_ID = {"id": ["a", "a", "b"], "v": ["1", "2", "3"]}
SUMS = {"id": ["a", "b", "c"], "g": ["p", "p", "q"], "v": ["5", "-4", "1"]}
NOUGHT = {"id": ["a", "b"], "g": ["p", "p"], "v": ["5", "-5"]}
SQL = 'type: sql, query: "SELECT SUM(v) FROM ${{table}}{}", mustBeGreaterThan: {}'
CASES = [
    Case(
        "a rule's list has one more",
        known("A"),
        known("A", "B"),
        ("v.known validValues.grown loosens consumers major",),
    ),
    Case(
        "a rule's list has one less",
        known("A", "B"),
        known("A"),
        ("v.known validValues.narrowed tightens producer minor",),
    ),
    Case("a rule comes", v(), known("A"), ("v.known rule.added tightens producer minor",)),
    Case("a rule goes", known("A"), v(), ("v.known rule.removed loosens consumers major",)),
    Case(
        "a rule only warns now",
        known("A"),
        known("A", severity="warning"),
        ("v.known severity.lowered loosens consumers major",),
    ),
    Case(
        "a warning refuses now",
        known("A", severity="warning"),
        known("A"),
        ("v.known severity.raised tightens producer minor",),
    ),
    Case("a warning comes", v(), known("A", severity="warning"), ("v.known rule.added neither nobody minor",)),
    Case("a warning goes", known("A", severity="warning"), v(), ("v.known rule.removed neither nobody patch",)),
    Case(
        "a rule has another name",
        known("A"),
        known("A").replace("v.known", "v.listed"),
        ("v.listed rule.renamed neither nobody patch",),
    ),
    Case(
        "more rows must come",
        v(),
        v(),
        ("x.rule rule.tightened tightens producer minor",),
        (THREE,),
        rule("metric: rowCount, mustBeGreaterThan: 0"),
        rule("metric: rowCount, mustBeGreaterThan: 3"),
    ),
    Case(
        "fewer rows may come",
        v(),
        v(),
        ("x.rule rule.loosened loosens consumers major",),
        (THREE,),
        rule("metric: rowCount, mustBeGreaterThan: 3"),
        rule("metric: rowCount, mustBeGreaterThan: 2"),
    ),
    Case(
        "a count is asked for in other words",
        v(),
        v(),
        ("x.rule rule.rewritten neither nobody patch",),
        (THREE,),
        rule("metric: rowCount, mustBeGreaterThan: 0"),
        rule("metric: rowCount, mustBeGreaterOrEqualTo: 1"),
    ),
    Case(
        "a query asks for another thing",
        v("integer"),
        v("integer"),
        ("x.rule rule.changed unknown consumers and producer major",),
        ({"id": ["a", "b"], "v": ["-9", "3"]}, {"id": ["a", "b"], "v": ["-1", "30"]}),
        rule(SQL.format("", 0)),
        rule(SQL.format(" WHERE v BETWEEN -5 AND 9", 0)),
    ),
    Case(
        "a query's result must be greater",
        v("integer"),
        v("integer"),
        ("x.rule rule.tightened tightens producer minor",),
        ({"id": ["a"], "v": ["3"]},),
        rule(SQL.format("", 0)),
        rule(SQL.format("", 5)),
    ),
    Case(
        "a group may differ",
        f"{v('integer')}|{G}",
        f"{v('integer')}|{G}",
        ("x.rule rule.loosened loosens consumers major",),
        (SUMS, NOUGHT),
        group(0),
        group("[-1, 1]", operator="mustBeBetween"),
    ),
    Case(
        "a group is another",
        f"{v('integer')}|{G}",
        f"{v('integer')}|{G}",
        ("x.rule rule.changed both consumers and producer major",),
        (NOUGHT, {"id": ["a"], "g": ["p"], "v": ["5"]}),
        group(0),
        group(5),
    ),
    Case(
        "a key has one column more",
        f"{KEY_OF_TWO}|{PLAIN_SECOND}",
        f"{KEY_OF_TWO}|{SECOND}",
        ("key key.changed loosens consumers major",),
        (SAME_ID,),
        {"key": ""},
        {"key": ""},
    ),
    Case(
        "a key has one column less",
        f"{KEY_OF_TWO}|{SECOND}",
        f"{KEY_OF_TWO}|{PLAIN_SECOND}",
        ("key key.changed tightens producer minor",),
        (SAME_ID,),
        {"key": ""},
        {"key": ""},
    ),
    Case(
        "an owner comes",
        v(),
        v(),
        ("owner owner.changed neither nobody patch",),
        (),
        {},
        {"head": "team: {name: shop}"},
    ),
    Case(
        "a contract is deprecated",
        v(),
        v(),
        ("status status.changed neither nobody patch",),
        (),
        {},
        {"status": "deprecated"},
    ),
    Case(
        "a key goes",
        v(),
        v(),
        ("key key.removed loosens consumers major",),
        (SAME_ID,),
        {},
        {"key": "{name: id, logicalType: string, required: true}"},
    ),
    Case(
        "columns of a key change places",
        f"{KEY_OF_TWO}|{SECOND}",
        f"{FIRST_AS_SECOND}|{SECOND_AS_FIRST}",
        ("key key.order neither nobody patch",),
        (SAME_ID,),
        {"key": ""},
        {"key": ""},
    ),
    Case(
        "duplicates are counted over more columns",
        f"{v()}|{G}",
        f"{v()}|{G}",
        ("x.rule rule.loosened loosens consumers major",),
        ({"id": ["a", "b"], "v": ["1", "1"], "g": ["p", "q"]}, {"id": ["a"], "v": ["1"], "g": ["p"]}),
        rule("metric: duplicateValues, arguments: {properties: [v]}, mustBe: 0"),
        rule("metric: duplicateValues, arguments: {properties: [v, g]}, mustBe: 0"),
    ),
    Case(
        "one more text says nothing",
        v(quality="[{name: v.there, metric: missingValues, arguments: {missingValues: [A]}, mustBe: 0}]"),
        v(quality="[{name: v.there, metric: missingValues, arguments: {missingValues: [A, B]}, mustBe: 0}]"),
        ("v.there missingValues.grown tightens producer minor",),
    ),
    Case(
        "a rule of another engine comes",
        v(),
        v(),
        ("x.rule unenforced.added neither nobody patch",),
        (),
        {},
        rule("type: custom, engine: soda, implementation: anything"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_named_and_breaks_whom_it_says(case, promise, trade):
    assert found(case, promise, trade) == expected(case)


NO_EMPTY = "mustBe: 0"
NOT_ONE = ("mustBeLessOrEqualTo: 0", "mustBeLessThan: 1", "mustBeLessOrEqualTo: 0, unit: percent")


def there(asked, metric="nullValues"):
    return v(quality=f"[{{name: v.there, metric: {metric}, {asked}}}]")


def told(one, other):
    return [f"{c.kind} {c.direction} {c.whom} {c.bump} {c.effect}" for c in changes(one, other)]


@pytest.mark.parametrize("metric", ["nullValues", "missingValues"])
@pytest.mark.parametrize("asked", NOT_ONE)
def test_days_that_were_whole_or_held_and_now_come_without_rows_are_a_looser_promise(promise, asked, metric):
    table, row = promise(there(asked, metric)), promise(there(NO_EMPTY, metric))
    assert told(table, row) == ["rule.loosened loosens consumers major breaking"]
    assert told(row, table) == ["rule.tightened tightens producer minor demanding"]


def test_a_share_of_empty_values_is_allowed_and_more_hold_the_day(promise):
    row, table = promise(there(NO_EMPTY)), promise(there("mustBeLessThan: 60, unit: percent"))
    assert told(row, table) == told(table, row) == ["rule.changed both consumers and producer major breaking"]


@pytest.mark.parametrize("asked", [NOT_ONE[0], "mustBeLessThan: 60, unit: percent"])
def test_what_a_table_rule_holds_whole_a_row_rule_publishes_without_the_row(promise, trade, tmp_path, asked):
    made = trade(promise(there(asked)), promise(there(NO_EMPTY)))
    rows = pl.DataFrame({"id": ["a", "b", "c"], "v": [None, None, "1"]})
    old, new = (made.publish(rows, one, tmp_path / f"{one.version}") for one in (made.old, made.new))
    assert (bool(old.held), bool(new.held), new.total("quarantined")) == (True, False, 2)


def test_a_warning_that_blames_rows_instead_of_the_day_asks_nothing_of_anybody(promise):
    table, row = promise(there(f"{NOT_ONE[0]}, severity: warning")), promise(there(f"{NO_EMPTY}, severity: warning"))
    assert told(table, row) == ["rule.loosened neither nobody minor additive"]
