"""SQL rules: one SELECT over the product's own table, refused at its line if it is anything else."""

import json
import logging
import subprocess
import sys
from decimal import Decimal

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.contract.query import Measured, measured
from hansa.errors import ContractError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COLUMNS = (
    "{name: id, logicalType: string, primaryKey: true}",
    "{name: amount, logicalType: number, physicalType: 'DECIMAL(18,2)'}",
    "{name: status, logicalType: string}",
    "{name: address, logicalType: object, properties: [{name: city, logicalType: string}]}",
)
LINE = 10 + len(COLUMNS)


def rule(query, more="mustBe: 0"):
    return "{type: sql, query: " + json.dumps(query) + ", " + more + "}"


@pytest.fixture
def table(contracts):
    return lambda query, more="mustBe: 0": contracts.read(*COLUMNS, quality=rule(query, more))


@pytest.mark.parametrize(
    ("query", "runs", "empty"),
    [
        ("SELECT COUNT(*) FROM orders", 'SELECT COUNT(*) FROM self AS "orders"', 0),
        ("SELECT COUNT(*) FROM ${table} WHERE amount < 0;", "SELECT COUNT(*) FROM self AS self WHERE amount < 0", 0),
        ("select sum(o.amount) from {object} o", "SELECT SUM(o.amount) FROM self AS o", None),
        ("SELECT COUNT(*) FROM shop.orders -- every one", 'SELECT COUNT(*) FROM self AS "orders"', 0),
        ("SELECT COUNT(*) FROM `orders`", 'SELECT COUNT(*) FROM self AS "orders"', 0),
        (
            "WITH d AS (SELECT id FROM orders GROUP BY id HAVING COUNT(*) > 1) SELECT COUNT(*) FROM d",
            'WITH d AS (SELECT id FROM self AS "orders" GROUP BY id HAVING COUNT(*) > 1) SELECT COUNT(*) FROM d',
            0,
        ),
    ],
)
def test_a_query_is_written_anew_over_the_products_own_table(table, query, runs, empty):
    made = table(query).rules[0]
    assert (made.metric, made.query, made.empty, made.per_row) == ("sql", runs, empty, False)


def test_a_rule_of_sql_is_named_and_kept_as_any_rule(table):
    made = table("SELECT COUNT(*) FROM orders", "name: orders.few, mustBeBetween: [1, 5], severity: warning").rules[0]
    assert (made.name, made.operator, made.operands, made.severity, made.line) == (
        "orders.few",
        "mustBeBetween",
        (1.0, 5.0),
        "warning",
        LINE,
    )


REFUSED = {
    "another_table": ("SELECT COUNT(*) FROM other", "reads 'other', which is not this product's table"),
    "another_schema": ("SELECT COUNT(*) FROM x.orders", "reads 'x.orders', which is not"),
    "a_join": ("SELECT COUNT(*) FROM orders o JOIN customers c ON o.id = c.id", "reads 'customers'"),
    "hidden_deep": ("SELECT COUNT(*) FROM orders WHERE NOT EXISTS (SELECT 1 FROM other)", "reads 'other'"),
    "catalog": ("SELECT COUNT(*) FROM information_schema.tables", "reads 'information_schema.tables'"),
    "a_file": ("SELECT COUNT(*) FROM read_csv('/etc/passwd')", "reads from a function"),
    "a_path": ("SELECT COUNT(*) FROM '/etc/passwd'", "reads '/etc/passwd'"),
    "a_sample": ("SELECT COUNT(*) FROM orders TABLESAMPLE (1 PERCENT)", "reads from a function, a sample"),
    "own_name_taken": ("WITH orders AS (SELECT 1 AS x) SELECT COUNT(*) FROM orders", "reads 'orders'"),
    "file_function": ("SELECT SUM(read_text('/etc/passwd')) FROM orders", "calls read_text"),
    "two_statements": ("SELECT COUNT(*) FROM orders; DROP TABLE orders", "holds 2 statements"),
    "nothing": ("-- later", "holds no statements"),
    "delete": ("DELETE FROM orders", "says DELETE, and a rule only reads"),
    "delete_within": ("WITH x AS (DELETE FROM orders RETURNING id) SELECT COUNT(*) FROM x", "says DELETE"),
    "copy": ("COPY orders TO 'x'", "says COPY"),
    "into": ("SELECT COUNT(*) INTO x FROM orders", "says INTO"),
    "lock": ("SELECT COUNT(*) FROM orders FOR UPDATE", "says LOCK"),
    "command": ("EXPLAIN SELECT 1", "says COMMAND"),
    "union": ("SELECT COUNT(*) FROM orders UNION ALL SELECT 2", "is no single SELECT but UNION"),
    "all_columns": ("SELECT * FROM orders", "gives all columns"),
    "two_columns": ("SELECT COUNT(*), 1 FROM orders", "gives 2 columns"),
    "many_rows": ("SELECT amount FROM orders", "gives a row for each row of the table"),
    "window": ("SELECT COUNT(*) OVER () FROM orders", "gives 0 rows where there is no data"),
    "no_row": ("SELECT COUNT(*) FROM orders LIMIT 0", "gives 0 rows where there is no data"),
    "groups": ("SELECT COUNT(*) FROM orders GROUP BY status", "groups, and so gives a row for each group"),
    "a_text": ("SELECT MAX(status) FROM orders", "gives no number but String"),
    "truth": ("SELECT COUNT(*) = 0 FROM orders", "gives no number but a truth value"),
    "no_column": ("SELECT COUNT(*) FROM orders WHERE stauts = 'x'", "names 'stauts', which is no column; did you mean"),
    "double_quotes": ('SELECT COUNT(*) FROM orders WHERE status = "open"', "a text stands in single quotes"),
    "cross_join": ("SELECT COUNT(*) FROM orders, orders b", "joins without a condition"),
    "parameter": ("SELECT COUNT(*) FROM orders WHERE id = ?", "has a parameter that nobody fills"),
    "placeholder": (
        "SELECT COUNT(*) FROM ${tabel}",
        "'tabel' is no placeholder of a query here; did you mean '${table}'?",
    ),
    "of_a_column": ("SELECT COUNT(${column}) FROM ${table}", "'column' is no placeholder of a query here"),
    "in_a_text": ("SELECT COUNT(*) FROM orders WHERE id = '${table}'", "a placeholder stands within a text"),
    "no_sql": ("SELEC COUNT(*) FRM", "cannot be read as SQL"),
    "too_deep": ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "cannot be read as SQL"),
    "too_long": ("SELECT COUNT(*) FROM orders" + " " * 20_000, "has more than 20000 characters"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_is_no_select_of_one_number_over_the_own_table_is_refused_at_its_line(contracts, mistake):
    query, told = REFUSED[mistake]
    sentence = contracts.refusal(*COLUMNS, quality=rule(query))
    assert sentence.startswith(f"orders.odcs.yaml:{LINE}: ")
    assert told in sentence


@pytest.mark.parametrize(
    ("query", "more", "reason"),
    [
        ("SELECT COUNT(*) FROM orders WHERE DATEDIFF(id, id) > 1", "mustBe: 0", "Polars cannot run it"),
        ("SELECT COUNT(*) FROM orders WHERE status < CURRENT_DATE", "mustBe: 0", "its result depends on when it runs"),
        ("SELECT COUNT(*) FROM orders WHERE RANDOM() < 1", "mustBe: 0", "its result depends on when it runs"),
        ("SELECT 1", "mustBe: 0", "its query reads no row of the product"),
        ("SELECT COUNT(*) FROM orders", "description: x", "it has no operator"),
        ("SELECT COUNT(*) FROM orders", "mustBe: many", "its result is compared with something else than a number"),
    ],
)
def test_a_query_that_cannot_be_judged_is_shown_with_its_reason(table, query, more, reason):
    contract = table(query, more)
    assert contract.rules == ()
    assert [(one.name, one.reason[: len(reason)], one.line) for one in contract.unenforced] == [
        ("orders.sql", reason, LINE)
    ]


def at_column(query, more="mustBe: 0"):
    return "{name: status, logicalType: string, quality: [" + rule(query, more) + "]}"


@pytest.mark.parametrize("word", ["${column}", "{property}", '"${column}"', "${property}"])
def test_the_placeholder_of_a_column_is_its_quoted_name(contracts, word):
    made = contracts.read(COLUMNS[0], at_column(f"SELECT COUNT(*) FROM {{object}} WHERE {word} IS NULL")).rules[0]
    assert made.query == 'SELECT COUNT(*) FROM self AS self WHERE "status" IS NULL'
    assert made.name == "status.sql"


def test_a_query_of_a_part_of_an_object_counts_its_values(contracts):
    query = json.dumps("SELECT COUNT(*) FROM ${table} WHERE ${column} = 'X'")
    inner = "{name: city, logicalType: string, quality: [{type: sql, query: " + query + ", mustBe: 1}]}"
    made = contracts.read("{name: address, logicalType: object, properties: [" + inner + "]}").rules[0]
    rows = pl.LazyFrame({"address": [{"city": "X"}, {"city": None}, None]})
    assert measured(made, rows) == 1


def test_a_query_of_the_entries_of_an_array_is_shown_as_not_enforced(contracts):
    inner = "{logicalType: string, quality: [" + rule("SELECT COUNT(${column}) FROM ${table}") + "]}"
    contract = contracts.read("{name: a, logicalType: array, items: " + inner + "}")
    assert [one.reason for one in contract.unenforced] == ["it speaks of the entries of an array, which are no column"]


def test_a_regular_expression_in_a_query_keeps_its_braces(table):
    made = table("SELECT COUNT(*) FROM orders WHERE id !~ '^[0-9]{3}$'").rules[0]
    assert "'^[0-9]{3}$'" in made.query
    assert measured(made, pl.LazyFrame({"id": ["123", "12"]})) == 1


ROWS = pl.LazyFrame({"id": ["a", "b", "b"], "amount": [Decimal("0.10"), Decimal("0.20"), None]})


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("SELECT COUNT(*) FROM orders", 3),
        ("SELECT SUM(amount) FROM orders", Decimal("0.30")),
        ("SELECT COUNT(*) - COUNT(DISTINCT id) FROM orders", 1),
        ("SELECT SUM(CASE WHEN amount IS NULL THEN 1 ELSE 0 END) * 3.0 / COUNT(*) FROM orders", 1.0),
    ],
)
def test_the_result_of_a_query_is_an_exact_number(table, query, result):
    assert measured(table(query).rules[0], ROWS).exact == result


def test_a_null_result_says_nothing(table):
    made = table("SELECT SUM(amount) FROM orders WHERE id = 'z'").rules[0]
    assert measured(made, ROWS).undecided
    assert measured(made, None).undecided


def test_a_query_that_fails_over_the_rows_is_told_without_a_value(table):
    made = table("SELECT SUM(CAST(id AS INT)) FROM orders").rules[0]
    with pytest.raises(ContractError) as caught:
        measured(made, pl.LazyFrame({"id": ["SECRET7"]}))
    assert caught.value.__context__ is None
    assert "SECRET7" not in str(caught.value)


def test_the_result_over_a_sealed_contract_is_never_shown(contracts):
    secret = "{name: amount, logicalType: integer, classification: C2}"
    made = contracts.read(COLUMNS[0], secret, quality=rule("SELECT MAX(amount) FROM orders")).rules[0]
    found = measured(made, pl.LazyFrame({"id": ["a"], "amount": [774411]}))
    assert (made.hidden, found == 774411) == (True, True)
    assert "774411" not in f"{found:g} {found:.0f} {found} {found!r} {[found]}"


def test_not_a_number_says_nothing():
    assert Measured(float("nan")).undecided
    assert Measured(None).undecided
    assert not Measured(0).undecided


@given(text=st.text(st.sampled_from("SELECTFROMorders()*,;'\"`${}table -/\\_0é\x00\n"), max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_rule_a_reason_or_a_refusal(contracts, text):
    path = contracts.path(*COLUMNS, quality=rule("SELECT COUNT(*) FROM orders WHERE " + text))
    try:
        contract = read_contract(path)
    except ContractError as error:
        assert "\n" not in error.sentence()
    else:
        assert len(contract.rules) + len(contract.unenforced) == 1


def test_a_contract_without_sql_does_not_load_the_parser(contracts):
    code = (
        "import sys; from pathlib import Path; from hansa.contract import read_contract;"
        "read_contract(Path(sys.argv[1])); print('sqlglot' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(contracts.path(*COLUMNS))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_the_parser_writes_nothing_to_a_log(contracts, caplog):
    with caplog.at_level(logging.DEBUG):
        contracts.refusal(*COLUMNS, quality=rule("EXPLAIN SELECT 1"))
    assert caplog.text == ""
