"""The words for numbers and for their signs: for the source where they hold for all of it, else for a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hansa.source_draft.cells import FileColumn
from hansa.source_draft.directions import Flag, Pair
from hansa.source_draft.finding import Finding, Sure
from hansa.source_draft.kinds import Kind, odd_numbers
from hansa.source_draft.numerals import Form, Numbers, numeral, script_of


def of_numbers(kinds: Sequence[Kind], form: Form, guessed: bool) -> list[Finding]:
    """The words for the numbers of all columns."""
    counted_in = [(kind, kind.numbers) for kind in kinds if kind.numbers is not None]
    if not counted_in:
        return []
    sure: Sure = "unsure" if guessed else "certain"
    question = "is the mark a decimal sign, or does it part thousands?" if guessed else ""
    made = _marks((), form, "the numbers of the file are read by it", sure, question)
    if guessed and not made:
        made = [Finding(("decimal",), ".", "numbers that another mark would read as well", sure, question)]
    script = script_of(value for kind in kinds if kind.numbers or kind.days for value in kind.column.filled)
    if script:
        made.append(Finding(("digits",), script, "dates or numbers are written with digits of another script"))
    made += _signs(counted_in)
    for kind, numbers in counted_in:
        name = kind.column.name
        if numbers.forms[0] != form:
            made += _marks((name,), numbers.forms[0], "this column is written otherwise", "likely", "")
        if any(one is not None and one.exponent for one in numbers.parts):
            made.append(Finding(("mapping", "scientific"), [name], "numbers are written with an exponent"))
        if numbers.odd:
            question = "how are those meant?"
            word = made[0].path if made and made[0].path == ("decimal",) else ("mapping", "decimal", name)
            value = numbers.forms[0].decimal
            made.append(Finding(word, value, f"'{kind.column.header}': {odd_numbers(kind)}", "unsure", question))
    return _joined(made)


def _marks(name: tuple[str, ...], form: Form, seen: str, sure: Sure, question: str) -> list[Finding]:
    def at(word: str) -> tuple[str, ...]:
        return ("mapping", word, *name) if name else (word,)

    made = []
    if form.decimal != "." or name:
        made.append(Finding(at("decimal"), form.decimal, seen, sure, question))
    if form.grouping or name:
        made.append(Finding(at("grouping"), form.grouping or "none", seen, sure, question))
    if form.lakh:
        made.append(Finding(at("grouping_size"), "lakh", "groups of two digits before the last three", sure))
    return made


def _signs(columns: Sequence[tuple[Kind, Numbers]]) -> list[Finding]:
    parts = [one for _, numbers in columns for one in numbers.parts if one is not None]
    made = []
    currencies = sorted({one.currency for one in parts if one.currency})
    if currencies:
        made.append(Finding(("currency",), currencies, "signs of money stand at the numbers"))
    minus_signs = sorted({one.other_minus for one in parts if one.other_minus})
    if minus_signs:
        made.append(Finding(("minus_signs",), minus_signs, "this sign stands where a minus does"))
    negative = sorted({one.negative for one in parts if one.negative not in ("", "before")})
    positive = sorted({one.positive for one in parts if one.positive})
    words = [mark for mark in (*negative, *positive) if mark.isalpha()]
    sure: Sure = "unsure" if words else "certain"
    question = "whose account is it, and which of the words is negative?" if words else ""
    if negative:
        made.append(Finding(("negative",), negative, "what says negative beside a minus before", sure, question))
    if positive:
        made.append(Finding(("positive",), positive, "what says positive", sure, question))
    return made


def _joined(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of one word as one: lists grow, and the least sure one speaks."""
    made: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        before = made.get(finding.path)
        if before is None:
            made[finding.path] = finding
        elif isinstance(before.value, list) and isinstance(finding.value, list):
            value = [*before.value, *(one for one in finding.value if one not in before.value)]
            made[finding.path] = Finding(finding.path, value, before.seen, before.sure, before.question)
        elif finding.sure == "unsure":
            made[finding.path] = before.doubted(finding.seen, finding.question)
    return list(made.values())


def of_signs(
    kinds: Sequence[Kind], flag: Flag | None, pairs: Sequence[Pair], null_words: frozenset[str]
) -> list[Finding]:
    """Which columns say whether an amount comes in or goes out."""
    made = []
    numbers = {kind.column.name: kind.numbers for kind in kinds if kind.numbers is not None}
    taken: set[str] = set()
    for pair in pairs:
        plus, minus = numbers.get(pair.plus.name), numbers.get(pair.minus.name)
        if (plus is None and minus is None) or _both_filled(pair):
            continue
        value: dict[str, Any] = {"plus": pair.plus.header, "minus": pair.minus.header}
        if minus is not None and any(number < 0 for number in minus.values):
            value["minus_written"] = "negative"
        taken |= {pair.plus.name, pair.minus.name}
        seen = "two columns of one amount, of which a row fills one"
        made.append(Finding(("mapping", "sign", pair.name), value, seen, "likely"))
    if flag is None:
        return made
    return [*made, *_of_flag(flag, [k for k in kinds if k.column.name not in taken], null_words)]


def _both_filled(pair: Pair) -> bool:
    """True if a row has an amount other than zero in both columns: they are two amounts."""
    both = (
        (left, right)
        for left, right in zip(pair.plus.values, pair.minus.values, strict=True)
        if left is not None and right is not None
    )
    return any(_not_zero(left) and _not_zero(right) for left, right in both)


def _not_zero(text: str) -> bool:
    one = numeral(text)
    return one is not None and any(sign in "123456789" for sign in one.body)


def _of_flag(flag: Flag, kinds: Sequence[Kind], null_words: frozenset[str]) -> list[Finding]:
    amounts = [kind for kind in kinds if kind.numbers is not None and kind.column.name != flag.column.name]
    if not amounts or any(
        number < 0 for kind in amounts[:1] for number in (kind.numbers or Numbers((Form(),), ())).values
    ):
        return []
    amount = _nearest(flag.column, amounts)
    value: dict[str, Any] = {"column": _called(amount.column), "flag": _called(flag.column)}
    value |= {"plus": list(flag.plus), "minus": list(flag.minus)}
    if flag.none:
        value["none"] = list(flag.none)
    sure: Sure = "unsure" if flag.guessed else "likely"
    question = "does an empty field mean the other direction?" if flag.guessed else ""
    seen = "its amounts have no sign, and the words of another column say whether they come in or go out"
    made = [Finding(("mapping", "sign", f"signed_{amount.column.name}"), value, seen, sure, question)]
    words = {word for word in (*flag.plus, *flag.minus, *flag.none) if word} & null_words
    if words:
        seen = "a word for no value is a word of direction here"
        made.append(Finding(("mapping", "null_words", flag.column.name), sorted(null_words - words), seen, "likely"))
    return made


def _nearest(flag: FileColumn, amounts: Sequence[Kind]) -> Kind:
    """The amount beside the flags: balances and fees stand further off."""
    return min(amounts, key=lambda kind: (abs(kind.column.position - flag.position), kind.column.position))


def _called(column: FileColumn) -> str:
    """The column's name in the file; one that has none is called as ``columns`` calls it."""
    return column.header if column.header.strip() else column.name
