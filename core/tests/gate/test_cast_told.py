"""A reading that was written comes back, and what an earlier release reads alike is written as it wrote it."""

import datetime as dt
import json

import pytest
from hansa.cast import Flag, Fold, NumberForm, Offset, Reading, TwoColumns, ZoneColumn
from hansa.cast.told import only_first_words, reading_of, reading_told

OLD = Reading(
    formats={"a": ("%d.%m.%Y",)},
    zones={"a": "Europe/Berlin"},
    offsets={"b": Offset("a", dt.timedelta(hours=36))},
    binary_noise=frozenset({"c"}),
    numbers={"c": NumberForm(",", ".", ("-", "DR"), ("CR",))},
)
NEW = [
    Reading(numbers={"c": NumberForm(lakh=True, grouping=",")}),
    Reading(numbers={"c": NumberForm(digits="thai", currency=("$",), minus_signs=("\u2013",), scientific=True)}),
    Reading(numbers={"c": NumberForm(implied=0)}),
    Reading(numbers={"c": NumberForm(surplus_zeros=True)}),
    Reading(numbers={"c": NumberForm(positive=("CR",), unmarked=True)}),
    Reading(before={"a": " as of "}),
    Reading(digits={"a": "thai"}),
    Reading(years={"a": 1970}),
    Reading(signs={"c": Flag("__flag_c", ("H", None), ("S",), turned=True), "d": TwoColumns("p", "m", written=True)}),
    Reading(zone_columns={"a": ZoneColumn("__zone_a", {"CET": "+01:00"})}),
    Reading(folds={"a": Fold(always="first"), "b": Fold("", "__fold_b", ("S",), ("W", None))}),
]


@pytest.mark.parametrize("reading", [Reading(), OLD, *NEW])
def test_a_reading_comes_back_from_its_json(reading):
    assert reading_of(json.loads(json.dumps(reading_told(reading)))) == reading


def test_what_an_earlier_release_knows_is_written_as_it_wrote_it():
    assert only_first_words(Reading())
    assert only_first_words(OLD)
    form = {"decimal": ",", "grouping": ".", "negative": ["-", "DR"], "positive": ["CR"]}
    assert reading_told(OLD)["numbers"] == {"c": form}
    assert set(reading_told(Reading())) == {"formats", "zones", "offsets", "binary_noise"}


@pytest.mark.parametrize("reading", NEW)
def test_what_it_would_read_otherwise_is_told_apart(reading):
    assert not only_first_words(reading)
