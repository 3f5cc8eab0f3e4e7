"""What says whether an amount is in or out where its own sign does not: a column of flags, or two columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hansa.source_draft.cells import FileColumn

_PLUS = frozenset(
    ("收入", "贷", "贷方", "入账", "存入", "转入", "c", "cr", "crdt", "credit", "h", "haben", "+", "bij", "in")
)
_MINUS = frozenset(
    ("支出", "借", "借方", "出账", "支取", "转出", "d", "dr", "dbit", "debit", "s", "soll", "-", "af", "out")
)
_NONE = frozenset(("不计收支", "/", "中性交易", "其他", "-"))
#: Names of two columns of one amount: what comes in, what goes out.
_PAIRS = (
    ("收入", "支出"), ("存入", "支取"), ("贷方", "借方"), ("转入", "转出"), ("credit", "debit"), ("haben", "soll"),
    ("deposit", "withdrawal"), ("deposits", "withdrawals"), ("paid in", "paid out"), ("money in", "money out"),
)  # fmt: skip


@dataclass(frozen=True)
class Flag:
    """A column whose words say the sign of an amount. ``None`` among the words is an empty field."""

    column: FileColumn
    plus: tuple[str | None, ...]
    minus: tuple[str | None, ...]
    none: tuple[str | None, ...]
    guessed: bool


@dataclass(frozen=True)
class Pair:
    """Two columns of one amount, which is called ``name``."""

    name: str
    plus: FileColumn
    minus: FileColumn


def flag_of(columns: Sequence[FileColumn], raw: dict[str, tuple[str, ...]]) -> Flag | None:
    """The column of flags, if there is one. ``raw`` has each column's values before words were taken for missing."""
    for column in columns:
        words = {value for value in raw[column.name] if value}
        empty = any(not value for value in raw[column.name])
        known = {word: _side(word) for word in words}
        sides = set(known.values())
        if not words or len(words) > 6 or "" in sides or not sides & {"plus", "minus"}:
            continue
        sorted_words = {side: tuple(sorted(w for w in words if known[w] == side)) for side in ("plus", "minus", "none")}
        if empty and len(sides & {"plus", "minus"}) == 1:
            other = "minus" if sides & {"plus"} else "plus"
            said: dict[str, tuple[str | None, ...]] = {**sorted_words, other: (None,)}
            return Flag(column, said["plus"], said["minus"], said["none"], guessed=True)
        if not sides >= {"plus", "minus"}:
            continue
        none: tuple[str | None, ...] = (*sorted_words["none"], None) if empty else sorted_words["none"]
        return Flag(column, sorted_words["plus"], sorted_words["minus"], none, guessed=empty)
    return None


def _side(word: str) -> str:
    plain = word.strip().casefold()
    return "none" if plain in _NONE else "plus" if plain in _PLUS else "minus" if plain in _MINUS else ""


def pairs_of(columns: Sequence[FileColumn]) -> list[Pair]:
    """Columns whose names differ only in a word for in and out, of which a row fills one."""
    found = []
    for left, right in _PAIRS:
        for plus in columns:
            if not re.search(rf"(?<![a-z]){left}(?![a-z])", plus.header, re.IGNORECASE):
                continue
            wanted = _stem(plus.header, left)
            minus = next((c for c in columns if c is not plus and _has(c.header, right) == wanted), None)
            if minus is not None:
                found.append(Pair(_named(plus, minus, wanted), plus, minus))
    return found


def _stem(header: str, word: str) -> str:
    return re.sub(word, "", header, flags=re.IGNORECASE).strip()


def _has(header: str, word: str) -> str | None:
    """What is left of a header without the word, if the word stands in it."""
    found = re.search(rf"(?<![a-z]){word}(?![a-z])", header, re.IGNORECASE)
    return _stem(header, word) if found else None


def _named(plus: FileColumn, minus: FileColumn, stem: str) -> str:
    from hansa.contract_draft.header import is_name

    plain = re.sub(r"\W+", "_", stem).strip("_")
    return plain if is_name(plain) and plain not in (plus.name, minus.name) else "amount"
