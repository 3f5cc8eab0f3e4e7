import pytest
from hansa.contract.model import Rule


def column_rule(text, more="", kind="string"):
    return f"{{name: a, logicalType: {kind}, quality: [{{{text}}}{more}]}}"


def test_a_rule_of_a_column_is_kept_with_its_line_and_the_authors_characters(contracts):
    text = "name: country.known, metric: invalidValues, arguments: {validValues: [012, NO, 1_0]}, mustBe: 0"
    assert contracts.read(column_rule(text)).rules == (
        Rule(
            name="country.known",
            metric="invalidValues",
            columns=("a",),
            operator="mustBe",
            operands=(0.0,),
            line=10,
            valid_values=("012", "NO", "1_0"),
        ),
    )


def test_a_rule_of_the_table_is_kept(contracts):
    rule = contracts.read(quality="{type: library, metric: rowCount, mustBeBetween: [1, 5.5], description: d}").rules[0]
    assert (rule.name, rule.columns, rule.operator, rule.operands, rule.description) == (
        "orders.rowCount",
        (),
        "mustBeBetween",
        (1.0, 5.5),
        "d",
    )


def test_doubles_of_the_table_name_their_columns(contracts):
    text = "{metric: duplicateValues, arguments: {properties: [id, b]}, mustBeLessThan: 1, unit: percent}"
    rule = contracts.read("{name: id, logicalType: string}", "{name: b, logicalType: string}", quality=text).rules[0]
    assert (rule.columns, rule.unit, rule.per_row) == (("id", "b"), "percent", False)


def test_a_rule_without_a_name_is_called_after_column_and_metric(contracts):
    assert contracts.read(column_rule("metric: nullValues, mustBe: 0")).rules[0].name == "a.nullValues"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("warning", "warning"),
        ("Info", "warning"),
        ("error", "error"),
        ("critical", "error"),
    ],
)
def test_mild_words_of_severity_are_warnings(contracts, written, meant):
    text = f"metric: nullValues, mustBe: 0, severity: {written}"
    assert contracts.read(column_rule(text)).rules[0].severity == meant


def test_a_severity_is_an_error_if_none_is_written(contracts):
    assert contracts.read(column_rule("metric: nullValues, mustBe: 0")).rules[0].severity == "error"


def test_an_unquoted_null_among_missing_values_is_what_is_missing_anyway(contracts):
    text = "metric: missingValues, arguments: {missingValues: [null, '', N/A]}, mustBe: 0"
    assert contracts.read(column_rule(text)).rules[0].missing_values == ("", "N/A")


def test_a_missing_number_is_a_null(contracts):
    rule = contracts.read(column_rule("metric: missingValues, mustBe: 0", kind="integer")).rules[0]
    assert (rule.metric, rule.name) == ("nullValues", "a.missingValues")


@pytest.mark.parametrize(
    "text",
    [
        "type: sql, query: SELECT 1, mustBe: 0",
        "type: custom, engine: great-expectations, implementation: {type: x}",
        "type: text, description: must look well",
        "type: custom, engine: soda, implementation: x",
        "metric: invalidValues, arguments: {format: email}, mustBe: 0",
        "metric: nullValues, mustBe: 0, unit: apples",
    ],
)
def test_a_rule_that_the_gate_cannot_hold_is_shown_with_its_reason(contracts, text):
    contract = contracts.read(column_rule(text))
    assert contract.rules == ()
    assert [(bool(one.reason), one.line) for one in contract.unenforced] == [(True, 10)]


def test_rules_of_version_3_0_are_read_by_their_old_names(contracts):
    first = column_rule("rule: duplicateCount, mustBe: 0", more=", {rule: validValues, validValues: [012, NO]}")
    contract = contracts.read(first, quality="{rule: rowCount, mustBeGreaterThan: 0}", standard="v3.0.2")
    assert [rule.metric for rule in contract.rules] == ["duplicateValues", "invalidValues", "rowCount"]
    assert (contract.rules[1].valid_values, contract.rules[1].per_row) == (("012", "NO"), True)


def test_a_free_rule_of_version_3_0_is_shown_and_not_enforced(contracts):
    contract = contracts.read(column_rule("rule: nullCheck, description: x"), standard="v3.0.0")
    assert [one.name for one in contract.unenforced] == ["a.nullCheck"]


MISTAKES = {
    "no_metric": ("mustBe: 0", "a quality rule lacks 'metric'; write metric: ..."),
    "table_metric": (
        "metric: rowCount, mustBe: 1",
        "the metric rowCount stands at a property and belongs to the schema obj",
    ),
    "text_operand": ("metric: nullValues, mustBe: '0'", "mustBe is '0'; write a number without quotes"),
    "true_operand": ("metric: nullValues, mustBe: true", "mustBe is 'true'"),
    "between_turned": ("metric: nullValues, mustBeBetween: [5, 1]", "needs two numbers, the smaller first"),
    "between_one": (
        "metric: nullValues, mustBeBetween: [5]",
        "mustBeBetween needs two numbers, the smaller first; write it as [1, 5]",
    ),
    "no_values": ("metric: invalidValues, mustBe: 0", "says neither validValues nor pattern; write arguments"),
    "misspelt_argument": (
        "metric: invalidValues, arguments: {validValue: [A]}, mustBe: 0",
        "'validValue' is no argument of invalidValues; did you mean 'validValues'?",
    ),
    "values_no_list": ("metric: invalidValues, arguments: {validValues: A}, mustBe: 0", "validValues is no list"),
    "null_value": (
        "metric: invalidValues, arguments: {validValues: [A, null]}, mustBe: 0",
        "an entry of the list is null",
    ),
    "bad_pattern": (
        "metric: invalidValues, arguments: {pattern: '('}, mustBe: 0",
        "the pattern cannot be used: unclosed",
    ),
    "name_of_the_column": (
        "name: a.required, metric: nullValues, mustBe: 0",
        "that of a rule that the column itself makes",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_rule_that_makes_no_sense_is_refused_with_its_line(contracts, mistake):
    text, told = MISTAKES[mistake]
    sentence = contracts.refusal(column_rule(text))
    assert sentence.startswith("orders.odcs.yaml:10: ")
    assert told in sentence


TABLE_MISTAKES = {
    "column_metric": ("metric: nullValues, mustBe: 0", "stands at the schema object and belongs to a property"),
    "no_columns": ("metric: duplicateValues, mustBe: 0", "names no columns; write arguments: {properties: [a, b]}"),
    "unknown_column": (
        "metric: duplicateValues, arguments: {properties: [idd]}, mustBe: 0",
        "'idd' is no column; did you mean 'id'?",
    ),
    "percent_of_rows": ("metric: rowCount, mustBe: 1, unit: percent", "rowCount is counted in rows"),
}


@pytest.mark.parametrize("mistake", TABLE_MISTAKES)
def test_a_rule_of_the_table_that_makes_no_sense_is_refused_with_its_line(contracts, mistake):
    text, told = TABLE_MISTAKES[mistake]
    sentence = contracts.refusal(quality="{" + text + "}")
    assert sentence.startswith("orders.odcs.yaml:11: ")
    assert told in sentence


def test_two_rules_of_one_name_are_refused(contracts):
    text = "metric: nullValues, mustBe: 0"
    told = contracts.refusal(column_rule(text, more=", {" + text + "}"))
    assert "two rules are called 'a.nullValues', the first in line 10; give each a name" in told


def test_a_pattern_for_numbers_is_refused(contracts):
    text = "metric: invalidValues, arguments: {pattern: x}, mustBe: 0"
    assert "column 'a' is of type integer and has no pattern" in contracts.refusal(column_rule(text, kind="integer"))


def test_listed_values_have_the_columns_type(contracts):
    text = "metric: invalidValues, arguments: {validValues: [1, x]}, mustBe: 0"
    assert "'x' is no whole number" in contracts.refusal(column_rule(text, kind="integer"))


NESTED = (
    "{name: a, logicalType: object, properties: [{name: b, logicalType: string, quality: [%s]}],"
    " logicalTypeOptions: {minProperties: 1}}"
)
LISTED = "{name: a, logicalType: array, items: {logicalType: string, quality: [%s]}}"


def test_a_rule_within_a_nested_column_speaks_of_a_path(contracts):
    text = "{metric: invalidValues, arguments: {validValues: [NO, 012]}, mustBe: 0}"
    rule = contracts.read(NESTED % text).rules[0]
    assert (rule.name, rule.columns, rule.valid_values) == ("a.b.invalidValues", ("a.b",), ("NO", "012"))
    assert contracts.read(LISTED % text).rules[0].columns == ("a[]",)


def test_doubles_within_an_object_are_counted_and_within_an_array_refused(contracts):
    text = "{metric: duplicateValues, mustBe: 0}"
    assert contracts.read(NESTED % text).rules[0].columns == ("a.b",)
    assert "write logicalTypeOptions: {uniqueItems: true} at the array" in contracts.refusal(LISTED % text)


def test_a_table_rule_may_name_a_part_of_an_object(contracts):
    text = "{metric: duplicateValues, arguments: {properties: [a.b]}, mustBe: 0}"
    assert contracts.read(NESTED % "{metric: nullValues, mustBe: 0}", quality=text).rules[1].columns == ("a.b",)


def test_what_says_nothing_of_the_data_is_kept_quietly(contracts):
    text = "metric: nullValues, mustBe: 0, dimension: completeness, schedule: 0 2 * * *, businessImpact: operational"
    contract = contracts.read(column_rule(text))
    assert (len(contract.rules), contract.unenforced) == (1, ())


@pytest.mark.parametrize("name", ["a.format", "a.multipleOf", "window", "primaryKey"])
def test_no_rule_may_be_called_like_one_of_the_gates_own(contracts, name):
    told = contracts.refusal(column_rule(f"name: {name}, metric: nullValues, mustBe: 0"))
    assert f"the rule's name '{name}' is that of a rule that the column itself makes" in told
