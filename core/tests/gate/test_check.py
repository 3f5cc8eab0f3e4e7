"""Row rules in one pass."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hansa.check import RowCheck
from hansa.errors import ContractError
from hansa.schema import families, polars_schema, type_name
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def broken(contract):
    """The positions of the rows that break each rule, for one column's typed values."""

    def made(column, values, rules=(), unreadable=()):
        checked = contract(column, rules=tuple(rules))
        batch = pl.DataFrame({column.name: values}, schema=polars_schema(checked))
        masks = {column.name: pl.Series([n in unreadable for n in range(len(values))])}
        return {name: mask.arg_true().to_list() for name, mask in RowCheck(checked).broken(batch, masks).items()}

    return made


@pytest.mark.parametrize(
    ("kind", "options", "values", "rule"),
    [
        ("string", {"pattern": "^[0-9]{3}$"}, ["7", "007", None], "a.pattern"),
        ("string", {"min_length": 2}, ["王", "王明", None], "a.minLength"),
        ("string", {"max_length": 1}, ["王明", "王", None], "a.maxLength"),
        ("string", {"enum": ("NO", "012")}, ["False", "NO", "012"], "a.enum"),
        ("integer", {"minimum": 0}, [-1, 0, None], "a.minimum"),
        ("integer", {"enum": ("1", "2")}, [3, 1, None], "a.enum"),
        ("number", {"exclusive_maximum": 1.0}, [1.0, 0.9, None], "a.exclusiveMaximum"),
        (
            "number",
            {"maximum": Decimal("1.10"), "precision": 5, "scale": 2},
            [Decimal("1.11"), Decimal("1.10")],
            "a.maximum",
        ),
        (
            "date",
            {"exclusive_minimum": dt.date(2026, 1, 1)},
            [dt.date(2026, 1, 1), dt.date(2026, 1, 2)],
            "a.exclusiveMinimum",
        ),
        ("boolean", {"enum": ("true",)}, [False, True, None], "a.enum"),
        ("time", {"minimum": dt.time(9)}, [dt.time(8, 59), dt.time(9), None], "a.minimum"),
        ("time", {"enum": ("09:00",)}, [dt.time(9, 1), dt.time(9), None], "a.enum"),
        (
            "timestamp",
            {"enum": ("2026-01-31T00:00:00+08:00",)},
            [dt.datetime(2026, 1, 31, tzinfo=dt.UTC), dt.datetime(2026, 1, 30, 16, tzinfo=dt.UTC), None],
            "a.enum",
        ),
        ("integer", {"multiple_of": Decimal(5)}, [12, -10, 0, None], "a.multipleOf"),
        ("integer", {"multiple_of": Decimal("1.5")}, [2, 3, -6, 0, None], "a.multipleOf"),
        ("integer", {"multiple_of": Decimal("1e30")}, [2**62, 0, None], "a.multipleOf"),
        ("number", {"multiple_of": Decimal("0.25")}, [0.3, 0.5, -1.25, 0.0, 2.0**60, None], "a.multipleOf"),
        ("number", {"multiple_of": Decimal(3)}, [2.0**60, 3.0, None], "a.multipleOf"),
        ("string", {"required": True}, [None, "", "x"], "a.required"),
    ],
)
def test_the_first_value_breaks_the_rule_and_the_others_keep_it(broken, column, kind, options, values, rule):
    assert broken(column("a", kind, **options), values) == {rule: [0]}


@given(
    st.decimals(-(10**15), 10**15, places=2), st.decimals("0.01", 10**4, places=2) | st.decimals("0.001", 9, places=3)
)
def test_a_multiple_is_one_by_exact_arithmetic(broken, column, value, multiple):
    asked = column("a", "number", precision=18, scale=2, multiple_of=multiple.normalize())
    assert (broken(asked, [value]) == {}) is (Fraction(value) % Fraction(multiple) == 0)


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30),
    st.sampled_from([1, 3, 0.5, 0.375]),
)
def test_a_multiple_of_a_double_is_one_by_exact_arithmetic(broken, column, value, multiple):
    asked = column("a", "number", multiple_of=Decimal(multiple))
    assert (broken(asked, [value]) == {}) is (Fraction(value) % Fraction(multiple) == 0)


@pytest.mark.parametrize(
    ("metric", "options", "values"),
    [
        ("nullValues", {}, [None, "", "x"]),
        ("missingValues", {"missing_values": ("", "N/A")}, ["N/A", "x"]),
        ("missingValues", {}, ["", "x"]),
        ("invalidValues", {"valid_values": ("NO",)}, ["no", "NO", None]),
        ("invalidValues", {"pattern": "^x"}, ["y", "x", None]),
    ],
)
def test_countable_rules_of_the_contract(broken, column, rule, metric, options, values):
    assert broken(column("a"), values, [rule("a.mine", metric, "a", **options)]) == {"a.mine": [0]}


def test_a_value_that_cannot_be_read_is_not_missing(broken, column):
    assert broken(column("a", "integer", required=True), [None, None], unreadable=[0]) == {
        "a.type": [0],
        "a.required": [1],
    }


def test_a_partition_is_required_by_its_nature(broken, column):
    assert broken(column("a", "date", partitioned=True), [None]) == {"a.required": [0]}


def test_a_rule_that_is_called_required_is_any_rule(broken, column, rule):
    assert broken(column("a"), [None], [rule("kyc.required", "nullValues", "a")]) == {"kyc.required": [0]}


@pytest.mark.parametrize(("required", "blamed"), [(True, ["at.required"]), (False, ["day.required"])])
def test_a_day_without_its_time_is_blamed_once(contract, column, required, blamed):
    made = contract(
        column("at", "timestamp", required=required), column("day", "date", partitioned=True, business_date_of="at")
    )
    batch = pl.DataFrame({"at": [None], "day": [None]}, schema=polars_schema(made))
    assert list(RowCheck(made).broken(batch, {})) == blamed


@pytest.mark.parametrize("name", ["*", "^a.*$", "^q$", "a"])
def test_a_rule_is_called_by_its_name_and_by_no_pattern(broken, column, rule, name):
    mine = rule(name, "invalidValues", "a", valid_values=("x1",))
    assert broken(column("a", pattern="^x"), ["x1", "x2", "y"], [mine]) == {name: [1, 2], "a.pattern": [2]}


def test_columns_that_are_missing_or_too_many_are_noticed(contract, column):
    made = contract(column("a", pattern="x"), column("c", required=True))
    for batch in (pl.DataFrame({"a": ["y"]}), pl.DataFrame({"a": ["y"], "c": ["1"], "d": ["1"]})):
        with pytest.raises(ContractError):
            RowCheck(made).broken(batch, {})


def test_rows_that_keep_every_rule_need_no_pandera():
    code = (
        "import sys; from pathlib import Path; import polars as pl; from hansa.check import RowCheck; "
        "from hansa.contract.model import Column, Contract; "
        "made = Contract('t.a', '1.0.0', (Column('a', 'string', 1, required=True, pattern='x'),), Path('a'), ''); "
        "assert RowCheck(made).broken(pl.DataFrame({'a': ['x']}), {}) == {}; assert 'pandera' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_rule_that_cannot_be_evaluated_is_named_and_the_others_are_not_blamed(broken, column):
    with pytest.raises(ContractError, match=r"rule 'a\.pattern' of column 'a' cannot be evaluated"):
        broken(column("a", "integer", minimum=0, pattern="x"), [1])


@pytest.mark.parametrize("name", ["PANDERA_VALIDATION_ENABLED", "PANDERA_VALIDATION_DEPTH"])
def test_the_environment_cannot_switch_the_rules_off(broken, column, name):
    from pandera.config import CONFIG, ValidationDepth

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CONFIG, "validation_enabled", name != "PANDERA_VALIDATION_ENABLED")
        patch.setattr(CONFIG, "validation_depth", ValidationDepth.SCHEMA_ONLY)
        assert broken(column("a", "integer", minimum=0), [-1]) == {"a.minimum": [0]}


def test_every_rule_has_a_family(contract, column, rule):
    made = contract(
        column("id", required=True, key_position=1, pattern="x"),
        column("day", "date", partitioned=True),
        rules=(rule("n", "rowCount", operator="mustBeGreaterThan"),),
    )
    assert families(made) == {
        "id.type": "cast",
        "id.required": "required",
        "id.pattern": "values",
        "day.type": "cast",
        "day.required": "required",
        "primaryKey": "unique",
        "primaryKey.identical": "unique",
        "n": "table",
        "window": "values",
        "late": "values",
        "day.future": "values",
    }


def test_types_have_names_for_readers(column):
    assert type_name(column("a", "number", precision=18, scale=2)) == "decimal(18,2)"
    assert type_name(column("a", "timestamp")) == "timestamp with time zone"
