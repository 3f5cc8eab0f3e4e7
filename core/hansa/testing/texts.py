"""Texts for a column of a contract: such as probably keep its rules, and such as lie just beside them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from random import Random

from hansa.contract.model import Column, Rule
from hansa.testing.patterns import UnknownPatternError, parse
from hansa.testing.people import MAKERS

_FORMS: dict[str, Callable[[int], str]] = {
    "uuid": lambda n: str(uuid.UUID(int=n * 7919 + (4 << 76))),
    "email": MAKERS["email"],
    "uri": lambda n: f"https://example.com/{n}",
    "hostname": lambda n: f"host{n}.example.com",
    "ipv4": lambda n: f"10.{n // 65536 % 256}.{n // 256 % 256}.{n % 256}",
    "ipv6": lambda n: f"2001:db8::{n % 65536:x}",
    "byte": lambda n: base64.b64encode(f"{n:06d}".encode()).decode(),
    "date": lambda n: f"{2000 + n // 336 % 100}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}",
    "time": lambda n: f"{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
    "date-time": lambda n: f"2026-01-{n // 86400 % 28 + 1:02d}T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
}
_SIGNS = "!aA0 -王"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def patterns(column: Column, rules: Iterable[Rule]) -> list[str]:
    """Every pattern that speaks of the column."""
    return [text for text in (column.pattern, *(rule.pattern for rule in rules)) if text]


def listed(column: Column, rules: Iterable[Rule]) -> list[str]:
    """Every value that a list of the column names."""
    return list(dict.fromkeys([*column.enum, *(value for rule in rules for value in rule.valid_values)]))


def texts(column: Column, rules: Sequence[Rule], random: Random) -> Iterator[str]:
    """Endlessly many texts by turns of everything that the contract says of the column."""
    sources: list[Iterator[str]] = []
    if values := listed(column, rules):
        sources.append(iter(values))
    if column.tokenise in MAKERS:
        sources.append(map(MAKERS[column.tokenise], count(1)))
    if column.text_format in _FORMS:
        sources.append(map(_FORMS[column.text_format], count(1)))
    for pattern in patterns(column, rules):
        try:
            sources.append(parse(pattern).texts(random))
        except (UnknownPatternError, ValueError):
            continue
    if not values and column.tokenise is None:
        sources.append(_plain(column))
    while sources:
        for source in list(sources):
            made = list(islice(source, 8))
            if not made:
                sources.remove(source)
            yield from made


def _plain(column: Column) -> Iterator[str]:
    """Numbered texts of a length that the column allows; a column of a sealed class gets what nobody else writes."""
    least, most = column.min_length or 0, column.max_length
    for number in count(1):
        text = f"{column.name}-{number:05d}"
        if most is not None and len(text) > most:
            text = _short(number, most)
        yield text.ljust(least, "x")


def _short(number: int, length: int) -> str:
    made = ""
    while number:
        number, place = divmod(number, 36)
        made = _DIGITS[place] + made
    return made.rjust(length, "0")[-length:] if length else ""


def beside(column: Column, rules: Sequence[Rule], good: Sequence[str]) -> Iterator[str]:
    """Texts that may break one of the column's rules and keep the others."""
    lengths = {n + step for n in (column.min_length, column.max_length) if n is not None for step in (-1, 0, 1)}
    for text in [*good[:10], *listed(column, rules)[:4], "x"]:
        yield from _neighbours(text)
        for length in sorted(lengths):
            if 0 <= length <= 100_000:
                yield text[:length].ljust(length, text[-1:] or "x")
    for rule in rules:
        yield from rule.missing_values or (("",) if rule.metric == "missingValues" else ())
    if column.text_format is not None:
        yield from ("n/a", "2026-02-30", "a@", "999.1.1.1", "x" * 300)
    if column.tokenise is not None:
        yield from ("0", "12", "a", "\x07a", "\x071", "1\x07")


def _neighbours(text: str) -> Iterator[str]:
    yield from (text + "x", text + "0", text[:-1], text[1:], text.upper(), text.lower(), text.swapcase(), f" {text}")
    for place in {0, len(text) // 2, len(text) - 1} if text else ():
        yield from (text[:place] + sign + text[place + 1 :] for sign in _SIGNS)
