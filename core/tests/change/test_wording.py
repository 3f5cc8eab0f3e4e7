"""Each kind of change in words that an owner understands: what is there now, and what was there before."""

import re
from pathlib import Path

import hansa.change
import pytest
from hansa.change import Change, changes
from hansa.change.wording import _OPTIONS, _SENTENCES, _VERBS, _WORDS, told

#: The property before and after, and what is said of it.
COLUMNS = {
    "{name: s, logicalType: string}": [
        (
            "{name: s, logicalType: string, enum: [{value: A}, {value: B}]}",
            "a list of allowed values was added where there was none: A, B",
        ),
        ("{name: s, logicalType: string, required: true}", "a value must be there now, before it might be missing"),
        ("{name: s, logicalType: string, unique: true}", "no value may stand twice now, before it might"),
        (
            "{name: s, logicalType: string, logicalTypeOptions: {maxLength: 3}}",
            "the greatest number of characters is 3 where there was none",
        ),
        (
            "{name: s, logicalType: string, logicalTypeOptions: {pattern: '^new$'}}",
            "the pattern of allowed texts is ^new$ where there was none",
        ),
        ("{name: s, logicalType: integer}", "the type is integer, before string"),
        ("{name: s, logicalType: string, description: Word}", "the description was added: Word"),
        ("{name: s, logicalType: string, tags: [a]}", "the tags were added: a"),
        ("{name: s, logicalType: string, classification: C2}", "the class is C2, before none"),
    ],
    "{name: s, logicalType: integer, logicalTypeOptions: {minimum: 3}}": [
        ("{name: s, logicalType: integer}", "the least value is open where it was 3"),
        (
            "{name: s, logicalType: integer, logicalTypeOptions: {minimum: 4}}",
            "the least value was raised from 3 to 4",
        ),
        (
            "{name: s, logicalType: integer, logicalTypeOptions: {minimum: 2}}",
            "the least value was lowered from 3 to 2",
        ),
    ],
    "{name: s, logicalType: string, enum: [{value: A}, {value: B}]}": [
        ("{name: s, logicalType: string, enum: [{value: A}]}", "no longer allowed: B"),
        ("{name: s, logicalType: string, enum: [{value: A}, {value: B}, {value: lost}]}", "newly allowed: lost"),
        (
            "{name: s, logicalType: string}",
            "the list of allowed values was taken away, so that any value passes; it was: A, B",
        ),
    ],
}
CASES = [(old, new, sentence) for old, rest in COLUMNS.items() for new, sentence in rest]


@pytest.mark.parametrize(("old", "new", "sentence"), CASES)
def test_a_change_of_a_column_is_a_sentence(promise, old, new, sentence):
    (change,) = changes(promise(old), promise(new))
    assert told(change) == sentence


ROWS = "{{name: rows.many, metric: rowCount, mustBeGreaterThan: {}{}}}"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("", ROWS.format(5, ""), "a new rule: rowCount mustBeGreaterThan 5"),
        (ROWS.format(5, ""), "", "the rule was taken away; it was: rowCount mustBeGreaterThan 5"),
        (
            ROWS.format(5, ""),
            ROWS.format(6, ""),
            "the rule asks for more: rowCount mustBeGreaterThan 6, before rowCount mustBeGreaterThan 5",
        ),
        (
            ROWS.format(5, ""),
            ROWS.format(5, ", severity: warning"),
            "the rule only warns now, before what broke it was refused or held",
        ),
    ],
)
def test_a_change_of_a_rule_is_a_sentence(promise, old, new, sentence):
    (change,) = changes(promise(quality=old), promise(quality=new))
    assert told(change) == sentence


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("none", "day", "it is kept by day, before it was replaced as a whole"),
        ("day", "none", "it is replaced as a whole, before it was kept by day"),
        ("day", "month", "it is kept by month, before by day"),
    ],
)
def test_another_partition_says_what_a_publication_replaces(old, new, sentence):
    assert told(Change("partition", "partition.changed", old, new, "both")) == sentence


def test_an_empty_text_and_braces_of_an_author_are_shown_as_they_are():
    assert told(Change("x", "missingValues.grown", "none", "", "tightens")).endswith(": the empty text")
    assert told(Change("x", "rule.added", "none", "{old} {new}", "tightens")) == "a new rule: {old} {new}"


def test_every_kind_of_change_has_its_words():
    text = "".join(path.read_text() for path in Path(hansa.change.__file__).parent.glob("*.py"))
    kinds = set(re.findall(r'f?"([a-zA-Z]+\.[a-z]+)"', text)) - set(_SENTENCES)
    known = {"partition.changed"} | {f"{word}.{verb}" for word in _OPTIONS for verb in _VERBS}
    known |= {f"{word}.changed" for word in _WORDS}
    assert kinds - known == set()
    begun = set(re.findall(r'f"([a-zA-Z]+)\.\{', text))
    words = {kind.split(".")[0] for kind in _SENTENCES} | set(_OPTIONS) | set(_WORDS)
    assert begun - words == set()
