"""Objects and arrays: cast part by part as strictly as a column, judged by paths, told apart by their digests."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hansa.cast import Reading, casts
from hansa.check import RowCheck
from hansa.digest import RowDigest, row_hashes
from hansa.schema import families, polars_schema, type_name
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def nested(contract, column):
    """``address`` (city, n, at) and ``lines`` (sku, qty, tags)."""
    return contract(
        column(
            "address",
            "object",
            min_properties=2,
            fields=(
                column("city", required=True, pattern="^[A-Z]"),
                column("n", "number", precision=38, scale=10, minimum=Decimal(0)),
                column("at", "time", maximum=dt.time(20)),
            ),
        ),
        column(
            "lines",
            "array",
            min_items=1,
            max_items=3,
            unique_items=True,
            items=column(
                "[]",
                "object",
                fields=(
                    column("sku", required=True, enum=("A", "NO")),
                    column("qty", "integer", minimum=1, multiple_of=Decimal(2)),
                    column("tags", "array", items=column("[]", required=True, max_length=3)),
                ),
            ),
        ),
    )


@pytest.fixture(scope="session")
def taken(nested):
    """The typed rows, the rows of each path that could not be cast, and the rows of each rule that is broken."""

    def made(frame: pl.DataFrame, checked: Any = nested) -> tuple[list[dict[str, Any]], dict, dict]:
        cast = casts(checked, frame.schema, Reading(), "UTC")
        failures = {path: mask for name, one in cast.items() for path, mask in one.failures(name).items()}
        out = frame.lazy().select(
            pl.int_range(pl.len()).alias("__row"),
            *[one.value.alias(name) for name, one in cast.items()],
            *[mask.alias(f"__failed {path}") for path, mask in failures.items()],
        )
        out = out.collect()
        masks = {path: out[f"__failed {path}"] for path in failures}
        typed = out.select(*cast)
        assert typed.schema == pl.Schema(polars_schema(checked))
        broken = RowCheck(checked).broken(typed, masks)
        return (
            typed.to_dicts(),
            {path: mask.arg_true().to_list() for path, mask in masks.items() if mask.any()},
            {name: mask.arg_true().to_list() for name, mask in broken.items()},
        )

    return made


def texts(*addresses: str | None, lines: list[str | None] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"address": list(addresses), "lines": lines or [None] * len(addresses)},
        schema={"address": pl.String, "lines": pl.String},
    )


def test_json_text_is_read_to_the_last_digit(taken):
    rows, failed, broken = taken(
        texts(
            '{"city": "X", "n": 12345678901234567890.0123456789, "at": "09:00"}',
            lines=['[{"sku": "NO", "qty": 4, "tags": ["a", "b"]}, {"sku": "A"}]'],
        )
    )
    assert rows == [
        {
            "address": {"city": "X", "n": Decimal("12345678901234567890.0123456789"), "at": dt.time(9)},
            "lines": [{"sku": "NO", "qty": 4, "tags": ["a", "b"]}, {"sku": "A", "qty": None, "tags": None}],
        }
    ]
    assert (failed, broken) == ({}, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "x",
        "{'city': 'X'}",
        '{"city": "X",}',
        '{"city": "X"} {"city": "Y"}',
        '{"city": "X", "city": "Y"}',
        '{"city": "X", "n": NaN}',
        '{"city": "X", "n": Infinity}',
        '{"city": "\\ud800"}',
        '\ufeff{"city": "X"}',
        "[" * 100_000,
        "[]",
        '"X"',
        "5",
        "true",
    ],
    ids=range(16),
)
def test_what_is_no_json_object_is_no_object(taken, text):
    rows, failed, broken = taken(texts(text))
    assert rows[0]["address"] is None
    assert (failed, broken) == ({"address": [0]}, {"address.type": [0]})


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"city": true}', "address.city"),
        ('{"city": 1.5}', "address.city"),
        ('{"city": {"x": 1}}', "address.city"),
        ('{"city": ["X"]}', "address.city"),
        ('{"city": "X", "n": 1.12345678901}', "address.n"),
        ('{"city": "X", "n": 1e400}', "address.n"),
        ('{"city": "X", "n": true}', "address.n"),
        ('{"city": "X", "at": 930}', "address.at"),
        ('{"city": "X", "at": "24:00"}', "address.at"),
        ('{"city": "X", "at": "09:00:00.1234567"}', "address.at"),
    ],
)
def test_a_part_that_cannot_be_cast_is_told_by_its_path(taken, text, path):
    _, failed, broken = taken(texts(text))
    assert failed == {path: [0]}
    assert f"{path}.type" in broken
    assert f"{path}.required" not in broken


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[{"sku": "A", "qty": 1.5}]', "lines[].qty"),
        ('[{"sku": "A"}, {"sku": "NO", "qty": "9223372036854775808"}]', "lines[].qty"),
        ('[{"sku": "A", "tags": ["a", 1.5]}]', "lines[].tags[]"),
        ('[{"sku": "A", "tags": "a"}]', "lines[].tags"),
        ('[{"sku": "A"}, 5]', "lines[]"),
        ('{"sku": "A"}', "lines"),
    ],
)
def test_one_entry_that_cannot_be_cast_is_enough(taken, text, path):
    _, failed, _ = taken(texts(None, None, lines=['[{"sku": "A", "qty": 2}]', text]))
    assert failed == {path: [1]}


@pytest.mark.parametrize(
    ("address", "lines", "broken"),
    [
        ('{"city": "x", "n": 1}', None, {"address.city.pattern"}),
        ('{"city": "X", "n": -1}', None, {"address.n.minimum"}),
        ('{"city": "X", "at": "20:00:00.000001"}', None, {"address.at.maximum"}),
        ('{"n": 1, "at": "10:00"}', None, {"address.city.required"}),
        ('{"city": "X"}', None, {"address.minProperties"}),
        ("null", None, set()),
        (None, "[]", {"lines.minItems"}),
        (None, '[{"sku": "A", "qty": 2}, {"sku": "A", "qty": 4}, {"sku": "A"}, {"sku": "NO"}]', {"lines.maxItems"}),
        (None, '[{"sku": "A"}, {"sku": "A"}]', {"lines.uniqueItems"}),
        (None, '[{"sku": "A"}, {"sku": "False"}]', {"lines[].sku.enum"}),
        (None, '[{"sku": "A"}, {"qty": 2}]', {"lines[].sku.required"}),
        (None, '[{"sku": "A"}, null]', set()),
        (None, '[{"sku": "A", "qty": 0}]', {"lines[].qty.minimum"}),
        (None, '[{"sku": "A", "qty": 3}]', {"lines[].qty.multipleOf"}),
        (None, '[{"sku": "A", "tags": ["abc", "abcd"]}]', {"lines[].tags[].maxLength"}),
        (None, '[{"sku": "A", "tags": ["abc", null]}]', {"lines[].tags[].required"}),
    ],
)
def test_a_rule_within_a_nested_column_is_named_by_the_path(taken, address, lines, broken):
    _, failed, found = taken(texts(address, lines=[lines]))
    assert failed == {}
    assert found == {key: [0] for key in broken}


def test_what_came_typed_is_cast_part_by_part(taken):
    frame = pl.DataFrame(
        {
            "address": [{"city": "X", "n": 1.5, "more": 1}, {"city": "Y", "n": 1e300, "more": 2}, None],
            "lines": [[{"sku": "A", "qty": 2.0}], [{"sku": "A", "qty": 2.5}], []],
        }
    )
    rows, failed, _ = taken(frame)
    assert rows[0] == {
        "address": {"city": "X", "n": Decimal("1.5"), "at": None},
        "lines": [{"sku": "A", "qty": 2, "tags": None}],
    }
    assert failed == {"address.n": [1], "lines[].qty": [1]}


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([5, None], pl.Int64),
        ([[{"city": "X"}], None], pl.List(pl.Struct({"city": pl.String}))),
        ([b"x", None], pl.Binary),
    ],
)
def test_what_is_no_object_at_all_is_refused(taken, values, dtype):
    _, failed, _ = taken(pl.DataFrame({"address": pl.Series(values, dtype=dtype), "lines": [None, None]}))
    assert failed == {"address": [0]}


@pytest.mark.parametrize(
    "dtype",
    [pl.String, pl.Null, pl.Struct({"city": pl.Boolean}), pl.Struct({}), pl.List(pl.Null)],
)
def test_no_rows_give_no_rows(taken, dtype):
    frame = pl.DataFrame({"address": pl.Series([], dtype=dtype), "lines": pl.Series([], dtype=pl.List(pl.Struct({})))})
    assert taken(frame) == ([], {}, {})


def test_entries_of_fixed_arrays_are_entries(taken, contract, column):
    checked = contract(column("a", "array", items=column("[]", "integer")))
    frame = pl.DataFrame({"a": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2))})
    assert taken(frame, checked)[0] == [{"a": [1, 2]}, {"a": None}]


def test_an_array_of_nothing_known_has_missing_entries(taken, contract, column):
    checked = contract(column("a", "array", items=column("[]", "integer")))
    frame = pl.DataFrame({"a": pl.Series([[None], [], None], dtype=pl.List(pl.Null))})
    assert taken(frame, checked)[0] == [{"a": [None]}, {"a": []}, {"a": None}]


def test_undecided_rows_are_counted_where_the_value_is_missing(nested, taken):
    rows, _, _ = taken(
        texts('{"city": "X"}', None, lines=['[{"sku": "A"}]', '[{"sku": "A", "qty": 2, "tags": ["a"]}]'])
    )
    batch = pl.DataFrame(rows, schema=polars_schema(nested))
    counted = batch.select(**{name: count for name, (_, count) in RowCheck(nested).absent.items()}).row(0, named=True)
    assert counted["address.city.pattern"] == 1
    assert counted["address.n.minimum"] == 2
    assert counted["lines[].qty.minimum"] == 1
    assert counted["lines.minItems"] == 0


def test_every_part_has_its_rules_in_a_family(nested):
    found = families(nested)
    assert found["lines[].sku.type"] == "cast"
    assert found["lines[].sku.required"] == "required"
    assert found["lines[].tags[].maxLength"] == "values"
    assert len(found) == len(set(found))


def test_a_catalogue_shows_what_is_within(nested):
    assert [type_name(one) for one in nested.columns] == [
        "struct<city: string, n: decimal(38,10), at: time>",
        "array<struct<sku: string, qty: integer, tags: array<string>>>",
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
MONEY = st.decimals(-(10**20), 10**20, places=10, allow_nan=False, allow_infinity=False)
OBJECT = st.fixed_dictionaries(
    {
        "city": st.none() | TEXT,
        "n": st.none() | MONEY,
        "at": st.none() | st.times(),
        "at_once": st.none() | st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), timezones=st.just(dt.UTC)),
        "days": st.none() | st.lists(st.none() | st.dates(), max_size=3),
        "x": st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
        "yes": st.none() | st.booleans(),
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
    }
)


@pytest.fixture(scope="session")
def everything(contract, column):
    """An array of objects of every type."""
    return contract(
        column(
            "a",
            "array",
            items=column(
                "[]",
                "object",
                fields=(
                    column("city"),
                    column("n", "number", precision=38, scale=10),
                    column("at", "time"),
                    column("at_once", "timestamp"),
                    column("days", "array", items=column("[]", "date")),
                    column("x", "number"),
                    column("yes", "boolean"),
                    column("whole", "integer"),
                ),
            ),
        )
    )


def written(value: Any) -> str:
    """JSON with numbers as their own characters and times as ISO texts."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one) for one in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)


ARRAYS = st.lists(st.none() | st.lists(st.none() | OBJECT, max_size=3), min_size=1, max_size=4)


@given(ARRAYS)
@settings(max_examples=60, deadline=None)
def test_anything_written_as_json_comes_back_as_it_was(taken, everything, rows):
    frame = pl.DataFrame({"a": [written(row) for row in rows]})
    typed, failed, _ = taken(frame, everything)
    assert failed == {}
    assert [row["a"] for row in typed] == rows


@given(ARRAYS)
@settings(max_examples=60, deadline=None)
def test_anything_that_came_typed_comes_back_as_it_was(taken, everything, rows):
    frame = pl.DataFrame({"a": pl.Series(rows, dtype=polars_schema(everything)["a"])})
    typed, failed, _ = taken(frame, everything)
    assert failed == {}
    assert [row["a"] for row in typed] == rows


@given(st.lists(st.text(max_size=8) | st.sampled_from(['{"city":', "[", "null", '{"n":1e5}', '{"city":"é"}'])))
@settings(max_examples=60, deadline=None)
def test_any_text_is_an_object_or_refused(taken, cells):
    rows, failed, _ = taken(texts(*cells))
    for number, (cell, row) in enumerate(zip(cells, rows, strict=True)):
        bad = number in {n for numbers in failed.values() for n in numbers}
        assert bad or row["address"] is not None or cell.strip(" \t\r\n") == "null"


@given(ARRAYS, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_digest_of_nested_rows_is_blind_to_order_and_to_batches(everything, rows, random):
    frame = pl.DataFrame({"a": pl.Series(rows, dtype=polars_schema(everything)["a"])})
    shuffled = list(rows)
    random.shuffle(shuffled)
    other = pl.DataFrame({"a": pl.Series(shuffled, dtype=polars_schema(everything)["a"])})
    cut = random.randint(0, len(rows))
    whole = RowDigest.of(row_hashes(frame))
    assert whole == RowDigest.of(row_hashes(other))
    assert whole == RowDigest.of(row_hashes(frame[:cut])) + RowDigest.of(row_hashes(frame[cut:]))


@given(ARRAYS, ARRAYS)
@settings(max_examples=60, deadline=None)
def test_nested_rows_that_differ_have_other_hashes(everything, one, other):
    kind = polars_schema(everything)["a"]
    rows = [row for pair in zip(one, other, strict=False) for row in pair]
    hashes = row_hashes(pl.DataFrame({"a": pl.Series(rows, dtype=kind)}))
    assert hashes.n_unique() == len({repr(row) for row in rows})
