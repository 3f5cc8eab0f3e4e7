"""What may help where a value was refused: the words that a rule allows, the words that read another form of a value.

Only texts that may be shown are looked at, and none is quoted but the known words for no value: a hint tells the form
that fits them. Of a column of class C2 or C3 there is the general hint alone, whatever stands in it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from hansa.cast import NumberForm, spellings
from hansa.contract.allowed import allowed_words, told_words
from hansa.contract.model import Column, Contract
from hansa.sources.hint_words import word_hint
from hansa.sources.numbers import mesh_words, publish_options

_TYPE = ".type"
_PUBLISH = "hansa publish CONTRACT FILE"
_PLAIN = spellings.FORMS[0]
_COMMA, _COMMA_PARTS = replace(_PLAIN, decimal=","), replace(_PLAIN, grouping=",")
_POINT_PARTS = replace(_COMMA, grouping=".")
_NUMBERS, _TIMES = ("integer", "number"), ("date", "timestamp")
#: Longer texts are no numbers and no times.
_LONGEST = 60
_GENERAL = {
    "integer": "how its numbers are written is said by decimal, grouping, negative, positive and null_words of its "
    "source in mesh.yaml, or by the options of hansa publish of these names; currency, digits, grouping_size and, by "
    "its mapping, sign, scientific and implied_decimals are said there alone",
    "date": "how its dates are written is said by formats: of the column in the contract, or under mapping of its "
    "source in mesh.yaml",
    "timestamp": "how its times are written is said by formats:, and their zone by timezone:, under mapping of its "
    "source in mesh.yaml, or by the column in the contract",
    "boolean": "it reads true, false, 1 and 0; other words are mapped to these by value_map of its source in mesh.yaml",
}
_GENERAL["number"] = _GENERAL["integer"]


def hints(
    contract: Contract | None, rules: Iterable[str], texts: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """For each broken rule of which something helpful is known a sentence, in the order of ``rules``.

    ``texts`` are refused values by column, of which those of sealed columns are not looked at. Without a contract what
    can be told is told by the values alone, so that the caller leaves out what may not be shown.
    """
    made = {}
    for rule in rules:
        words = allowed_words(contract, rule) if contract is not None else ()
        if words:
            made[rule] = f"allowed are {told_words(words)}"
        elif rule.endswith(_TYPE) and (told := _of_type(contract, rule.removesuffix(_TYPE), texts or {})):
            made[rule] = told
    return made


def _of_type(contract: Contract | None, name: str, texts: Mapping[str, Collection[str]]) -> str:
    column = contract.by_name.get(name) if contract is not None else None
    if contract is not None and column is None:
        # What lies within a nested column is read by nobody's words.
        return ""
    shown = () if column is not None and column.sealed else texts.get(name, ())
    short = sorted({text for text in shown if text and len(text) <= _LONGEST})
    return type_hint(name, column, short) or (_GENERAL.get(column.logical_type, "") if column is not None else "")


def type_hint(name: str, column: Column | None, texts: Sequence[str]) -> str:
    """What reads these texts of a column, which its type refused; empty where nothing is known.

    Of an unknown column dates are tried before numbers.
    """
    if not texts:
        return ""
    words = [text for text in texts if text.isprintable() and text.strip().lower() in spellings.NULL_WORDS]
    others = pl.Series([text for text in texts if text not in words], dtype=pl.String)
    kind = column.logical_type if column is not None else ""
    told = []
    if len(others):
        told = [_of_times(name, column, others)] if kind in (*_TIMES, "") else []
        if kind in _NUMBERS or not (kind or any(told)):
            worded = word_hint(name, column, others) if column is not None else ""
            told.append(worded or _of_numbers(column, others))
    if words and kind not in ("string", "object", "array"):
        told.append(_of_null_words(words))
    return "; ".join(filter(None, told))


def _of_null_words(words: Sequence[str]) -> str:
    options = " ".join(f"--null-word {shlex.quote(word)}" for word in words)
    listed = ", ".join(json.dumps(word, ensure_ascii=False) for word in words)
    return f"words for no value are named by `{_PUBLISH} {options}`, or by null_words: [{listed}] of its source"


# --- numbers ----------------------------------------------------------------------------------------------------------


def _of_numbers(column: Column | None, texts: pl.Series) -> str:
    fits = {form: int(spellings.in_form(texts, form).sum()) for form in spellings.FORMS}
    most = max(fits.values())
    forms = [form for form in spellings.FORMS if most and fits[form] == most]
    if not forms:
        return ""
    read = texts.filter(spellings.in_form(texts, forms[0]))
    if _PLAIN in forms and not _marks(read):
        return _of_plain(column, parted=_POINT_PARTS in forms and _COMMA not in forms)
    if _COMMA in forms and _COMMA_PARTS in forms and _PLAIN not in forms:
        decimal, parted = (_ways(_needed(form, read)) for form in (_COMMA, _COMMA_PARTS))
        return (
            "its comma may be decimal or part thousands, which is a thousand times as much: ask whoever makes the "
            f"file. If it is decimal: {decimal}. If it parts thousands: {parted}"
        )
    form = next((one for one in forms if one.decimal == "."), forms[0])
    return f"numbers as they stand there are read by {_ways(_needed(form, read))}"


def _of_plain(column: Column | None, *, parted: bool) -> str:
    """Numbers that are written plainly: the type is too narrow for them, or another form is declared."""
    if column is None:
        return ""
    holds = f"DECIMAL({column.precision},{column.scale})" if column.scale is not None else column.logical_type
    told = f"they are written plainly, so that {holds} holds fewer digits or decimals, or the source declares a form"
    if not parted:
        return told
    way = _ways(NumberForm(",", "."))
    return f"{told}; if their point parts thousands, they are read by {way}: ask whoever makes the file"


def _marks(texts: pl.Series) -> tuple[str, ...]:
    """The marks behind or around that stand in the texts."""
    behind, around = texts.str.contains(spellings.BEHIND).any(), texts.str.contains(spellings.AROUND).any()
    return ("-",) * behind + ("()",) * around


def _needed(form: NumberForm, texts: pl.Series) -> NumberForm:
    return replace(form, negative=_marks(texts))


def _ways(form: NumberForm) -> str:
    return f"`{_PUBLISH} {publish_options(form)}`, or by {mesh_words(form)} of their source in mesh.yaml"


# --- dates and times --------------------------------------------------------------------------------------------------


def _of_times(name: str, column: Column | None, texts: pl.Series) -> str:
    days = _fitting(texts, "date", spellings.DAYS)
    kind = column.logical_type if column is not None else ""
    times = [] if days else _fitting(texts, "timestamp", spellings.TIMES)
    if days:
        return _formats(name, days)
    if times and kind == "date":
        return "they are times: write logicalType: timestamp, and take the day of it by businessDateOf"
    if spellings.NAIVE in times and kind == "timestamp":
        zone = f"timezone: {{{name}: ZONE}}"
        told = f"they carry no zone: say it by defaultTimezone of the column, or by {zone} under mapping of its source"
        return f"{told}; where it is said, they lie in an hour that comes twice or never: fold says which one is meant"
    patterns = [pattern for pattern in times if pattern not in (spellings.ZONED, spellings.NAIVE)]
    return _formats(name, patterns) if patterns else ""


def _fitting(texts: pl.Series, kind: str, patterns: Sequence[str]) -> list[str]:
    """The patterns that read the most of the texts, none if there are none; ``%-d`` only where ``%d`` does not."""
    found: dict[str, int] = {}
    for pattern in patterns:
        alike = texts.filter(texts.str.contains(spellings.shape_of(pattern)))
        if len(alike):
            failed = alike.to_frame("value").lazy().select(spellings.fails(kind, pattern)).collect().to_series()
            found[pattern] = len(alike) - int(failed.sum())
    most = max(found.values(), default=0)
    best = [pattern for pattern, count in found.items() if most and count == most]
    return [one for one in best if "%-" not in one or one.replace("%-", "%") not in best]


def _formats(name: str, patterns: Sequence[str]) -> str:
    first = patterns[0]
    listed = json.dumps([first], ensure_ascii=False)
    told = (
        f"read by customProperties: [{{property: formats, value: {listed}}}] of the column in the contract, or by "
        f"formats: {{{name}: {listed}}} under mapping of its source in mesh.yaml"
    )
    if spellings.two_digit_year(first):
        told += "; two digits leave the century open: two_digit_years of its source says the first of the hundred years"
    swapped = spellings.day_and_month_swapped(first)
    if swapped != first and swapped in patterns:
        told += f"; {swapped} reads them as well, which swaps day and month: ask whoever makes the file"
    return told
