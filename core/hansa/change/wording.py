"""A change in words for the owner of a contract: what is there now, and what was there before."""

from __future__ import annotations

from hansa.change.model import NONE, Change

#: Options of a column, by their word in the contract, as what they ask of a value.
_OPTIONS = {
    "minimum": "the least value",
    "maximum": "the greatest value",
    "minLength": "the least number of characters",
    "maxLength": "the greatest number of characters",
    "minItems": "the least number of entries",
    "maxItems": "the greatest number of entries",
    "minProperties": "the least number of fields",
    "maxProperties": "the greatest number of fields",
    "multipleOf": "the number of which values are multiples",
    "pattern": "the pattern of allowed texts",
    "format": "the form of allowed texts",
    "quarantineShare": "the share of refused rows that holds a day",
}
#: What becomes of an option, with both values. ``{what}`` is one of the above.
_VERBS = {
    "added": "{what} is {new} where there was none",
    "removed": "{what} is open where it was {old}",
    "raised": "{what} was raised from {old} to {new}",
    "lowered": "{what} was lowered from {old} to {new}",
    "changed": "{what} is {new}, before {old}",
}
#: Lists of values, alike for a column and for a rule.
_LIST = {
    "added": "a list of allowed values was added where there was none: {new}",
    "removed": "the list of allowed values was taken away, so that any value passes; it was: {old}",
    "narrowed": "no longer allowed: {old}",
    "grown": "newly allowed: {new}",
}
_SENTENCES = {
    **{f"enum.{verb}": text for verb, text in _LIST.items()},
    **{f"validValues.{verb}": text for verb, text in _LIST.items()},
    "missingValues.narrowed": "no longer taken for a missing value: {old}",
    "missingValues.grown": "newly taken for a missing value: {new}",
    "column.added": "a new column: {new}",
    "column.removed": "the column is gone; it was: {old}",
    "column.order": "the columns stand in the order {new}, before {old}",
    "type.changed": "the type is {new}, before {old}",
    "type.narrowed": "the type is {new}, which holds less than {old}",
    "type.widened": "the type is {new}, which holds more than {old}",
    "required.added": "a value must be there now, before it might be missing",
    "required.removed": "a value may be missing now, before it had to be there",
    "unique.added": "no value may stand twice now, before it might",
    "unique.removed": "a value may stand twice now, before it might not",
    "uniqueItems.added": "no entry may stand twice in a list now, before it might",
    "uniqueItems.removed": "an entry may stand twice in a list now, before it might not",
    "contract.id": "the contract is called {new}, before {old}",
    "key.added": "rows have the key {new} where there was none",
    "key.removed": "rows have no key any more; it was: {old}",
    "key.changed": "the key is {new}, before {old}",
    "key.order": "the columns of the key stand in the order {new}, before {old}",
    "keyScope.changed": "a key holds within the {new}, before within the {old}",
    "retention.longer": "replaced rows are kept for {new}, before {old}",
    "retention.shorter": "replaced rows are kept for {new}, before {old}",
    "formats.added": "further formats are read: {new}, before {old}",
    "formats.changed": "the formats that are read are {new}, before {old}",
    "zone.added": "times without an offset are taken to be of {new}, where nothing was said of them",
    "zone.removed": "nothing is said any more of times without an offset, before they were taken to be of {old}",
    "zone.changed": "times without an offset are taken to be of {new}, before of {old}",
    "businessDateOf.added": "the date is made of {new}, before it came with the rows",
    "businessDateOf.removed": "the date has to come with the rows, before it was made of {old}",
    "businessDateOf.changed": "the date is made of {new}, before of {old}",
    "classification.raised": "the class is {new}, before {old}",
    "classification.lowered": "the class is {new}, before {old}",
    "classification.changed": "the class is {new}, before {old}",
    "tokenise.added": "values become tokens of kind {new}, before they were clear",
    "tokenise.removed": "values are clear, before they were tokens of kind {old}",
    "tokenise.changed": "values become tokens of kind {new}, before of kind {old}",
    "rule.added": "a new rule: {new}",
    "rule.removed": "the rule was taken away; it was: {old}",
    "rule.renamed": "the rule is called {new}, before {old}",
    "rule.tightened": "the rule asks for more: {new}, before {old}",
    "rule.loosened": "the rule asks for less: {new}, before {old}",
    "rule.changed": "the rule asks for something else: {new}, before {old}",
    "rule.rewritten": "the rule is written otherwise: {new}, before {old}",
    "severity.raised": "what breaks the rule is refused or held now, before it only warned",
    "severity.lowered": "the rule only warns now, before what broke it was refused or held",
    "unenforced.added": "a rule was added that is only shown",
    "unenforced.removed": "a rule that was only shown was taken away",
}
#: Words about the contract that nobody's rows depend on, as a reader calls them.
_WORDS = {
    "title": "the title",
    "description": "the description",
    "descriptionZh": "the Chinese description",
    "owner": "the owner",
    "status": "the status",
    "tags": "the tags",
}


def told(change: Change) -> str:
    """One sentence of what is and what was, without the name of what changed."""
    word, _, verb = change.kind.partition(".")
    if change.kind == "partition.changed":
        return _partition(change)
    sentence = _SENTENCES.get(change.kind)
    if sentence is None and word in _OPTIONS:
        sentence = _VERBS[verb].replace("{what}", _OPTIONS[word])
    if sentence is None:
        return _worded(change, _WORDS.get(word, f"the {word}"))
    # Texts of the author may hold braces, and are put in once.
    parts = sentence.replace("{new}", "\0new\0").replace("{old}", "\0old\0").split("\0")
    return "".join({"new": _text(change.new), "old": _text(change.old)}.get(part, part) for part in parts)


def _text(value: str) -> str:
    """A value as text; the empty one has none of its own."""
    return value or "the empty text"


def _partition(change: Change) -> str:
    if change.old == NONE:
        return f"it is kept by {change.new}, before it was replaced as a whole"
    if change.new == NONE:
        return f"it is replaced as a whole, before it was kept by {change.old}"
    return f"it is kept by {change.new}, before by {change.old}"


def _worded(change: Change, what: str) -> str:
    was, now = ("were", "are") if change.kind == "tags.changed" else ("was", "is")
    if change.old == NONE:
        return f"{what} {was} added: {change.new}"
    if change.new == NONE:
        return f"{what} {was} taken away; before: {change.old}"
    return f"{what} {now} now: {change.new}; before: {change.old}"
