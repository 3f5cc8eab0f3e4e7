"""The quick answer is the one that the library gives, for whatever stands in a contract."""

import copy
import json
from importlib import resources

import pytest
from hansa.contract import standard
from hansa.contract.quick import passes
from hypothesis import given, settings
from hypothesis import strategies as st

CONTRACT = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "shop.orders",
    "version": "1.0.0",
    "status": "active",
    "team": {"name": "shop", "members": [{"username": "a"}]},
    "servers": [{"server": "a", "type": "snowflake", "account": "a", "database": "b", "schema": "c"}],
    "schema": [
        {
            "name": "orders",
            "relationships": [{"from": "orders.a", "to": "lines.a"}],
            "quality": [{"type": "sql", "query": "SELECT 1", "mustBe": 1}, {"metric": "rowCount", "mustBe": 1}],
            "properties": [
                {"name": "a", "logicalType": "string", "logicalTypeOptions": {"maxLength": 3}, "primaryKey": True},
                {"name": "b", "logicalType": "array", "items": {"logicalType": "number"}},
                {"name": "c", "logicalType": "object", "properties": [{"name": "d", "logicalType": "date"}]},
            ],
        }
    ],
    "slaProperties": [{"property": "retention", "value": 3, "unit": "y"}],
    "customProperties": [{"property": "x", "value": None}],
}
KEYS = sorted({word for part in json.dumps(CONTRACT).split('"')[1::2] for word in [part]} | {"rule", "enum", "map"})
VALUES = st.one_of(
    st.sampled_from(
        [None, True, 0, 1, -1, 1.0, 1.5, "", "string", "sql", "library", "custom", "a.b", "a/b", "timestamp"]
    ),
    st.lists(st.sampled_from([1, 1.0, True, "a", None]), max_size=3),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from([1, "a", None, []]), max_size=2),
)
CHANGES = st.lists(st.tuples(st.randoms(use_true_random=False), st.sampled_from(KEYS), VALUES), max_size=3)


def spots(value):
    if isinstance(value, dict | list):
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from spots(one)


def changed(changes):
    made = copy.deepcopy(CONTRACT)
    for random, key, value in changes:
        spot = random.choice(list(spots(made)))
        if isinstance(spot, list):
            spot.append(copy.deepcopy(value))
        elif random.random() < 0.3 and spot:
            del spot[random.choice(sorted(spot))]
        else:
            spot[random.choice([key, *sorted(spot)])] = copy.deepcopy(value)
    return made


@pytest.mark.parametrize("minor", [0, 1, 2])
@settings(max_examples=150, deadline=None)
@given(changes=CHANGES)
def test_the_quick_answer_is_that_of_the_library(minor, changes):
    document = changed(changes)
    assert standard._passes(minor)(document) == standard._validator(minor).is_valid(document)


@pytest.mark.parametrize("minor", [1, 2])
def test_a_right_contract_passes_quickly(minor):
    assert standard._passes(minor)(CONTRACT)


def test_a_schema_with_an_unknown_keyword_passes_nothing():
    assert not passes({"type": "object", "dependentSchemas": {}})({})


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"const": 1}, 1.0, True),
        ({"enum": ["a", False]}, False, 0),
        ({"type": "integer"}, 2.0, 2.5),
        ({"type": ["string", "null"]}, None, 1),
        ({"uniqueItems": True}, [1, True, "1"], [{"a": 1}, {"a": 1.0}]),
        ({"exclusiveMinimum": 0}, "text", 0),
        ({"items": {"type": "string"}, "minItems": 1, "maxItems": 1}, ["a"], []),
        ({"not": {"required": ["a"]}}, {}, {"a": 1}),
        ({"properties": {"a": True}, "additionalProperties": {"type": "number"}}, {"a": "x", "b": 1}, {"b": "x"}),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}, {"c": 1}, {"a": 1}),
        ({"pattern": "^a", "maximum": 3}, "ab", 4),
    ],
)
def test_each_keyword_means_what_the_standard_of_json_schema_says(schema, right, wrong):
    assert (passes(schema)(right), passes(schema)(wrong)) == (True, False)


def test_every_keyword_of_the_standards_schema_is_known():
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    assert passes(json.loads(text))({**CONTRACT, "apiVersion": "v3.2.0", "kind": "DataContract"})
