"""Numbers as people and banks write them: ``1.234,56``, ``1 234,56``, ``(1'234.56)``, ``1,234.56 DR``.

A form is declared, never guessed: ``1,234`` is a thousand by one and a little more than one by another. A text is
brought to the plain spelling by its characters alone, so that no digit passes through a double; one that does not fit
its form to the last sign has no number at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from hansa.cast.nulls import when

#: The words of a grouping sign that stands for several characters, which look alike and mean the same.
SPACES = " \u00a0\u2007\u2009\u202f"
GROUPINGS = {"space": SPACES, "'": "'\u2019"}
#: How a negative number may be written beside a minus before it: a minus behind it, or parentheses around.
MINUS_BEHIND, PARENTHESES = "-", "()"
PLUS_BEHIND = "+"
#: For a class of a pattern, where a bare hyphen would be a range.
_MINUS = "\\-\u2212"
#: Lists are padded; blanks around a number say nothing.
_PAD = f"[{SPACES}\t]*"
_ENDS = f"{SPACES}\t+-\u2212()"


@dataclass(frozen=True)
class NumberForm:
    """How a source writes its numbers.

    ``decimal`` is the decimal sign, ``grouping`` what parts thousands (a sign, ``space``, or empty for none).
    ``negative`` and ``positive`` are marks behind a number that say its sign: ``-``, ``+`` or a word such as ``DR``, in
    either case of letters; ``()`` of ``negative`` is parentheses around it.
    """

    decimal: str = "."
    grouping: str = ""
    negative: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """True for the form that every number is read in where nothing is declared."""
        return self == NumberForm()

    @property
    def _groups(self) -> str:
        return f"[{re.escape(GROUPINGS.get(self.grouping, self.grouping))}]"

    @property
    def _body(self) -> str:
        """Digits, grouped by three throughout or not at all; a first group of 0 would be 0.123 under another form."""
        whole = "[0-9]+"
        if self.grouping:
            whole = f"(?:{whole}|[1-9][0-9]{{0,2}}(?:{self._groups}[0-9]{{3}})+)"
        return f"{whole}(?:{re.escape(self.decimal)}[0-9]*)?"

    @property
    def pattern(self) -> str:
        """What a number of this form looks like, with one sign at most and blanks around."""
        body = self._body
        ways = [f"[+{_MINUS}]?{body}"]
        if MINUS_BEHIND in self.negative:
            ways.append(f"{body}[{_MINUS}]")
        if PLUS_BEHIND in self.positive:
            ways.append(rf"{body}\+")
        if PARENTHESES in self.negative:
            ways.append(rf"\({body}\)")
        if words := (*_words(self.negative), *_words(self.positive)):
            ways.append(f"{body}{_behind(words)}")
        return f"^{_PAD}(?:{'|'.join(ways)}){_PAD}$"

    @property
    def minus(self) -> str:
        """What a number of this form looks like that is negative."""
        ways = [rf"^{_PAD}[{_MINUS}(]", f"[{_MINUS}]{_PAD}$"]
        if words := _words(self.negative):
            # The whole word: a number with CR has no R behind it.
            ways.append(f"[0-9{re.escape(self.decimal)}]{_behind(words)}{_PAD}$")
        return "|".join(ways)


def _words(marks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(mark for mark in marks if mark not in (MINUS_BEHIND, PLUS_BEHIND, PARENTHESES))


def _behind(words: tuple[str, ...]) -> str:
    """One of the words, parted from its number by a blank or by nothing."""
    return f"[{SPACES}]?(?i:{'|'.join(re.escape(word) for word in words)})"


def plain_number(text: pl.Expr, form: NumberForm) -> pl.Expr:
    """The text of a number in the plain spelling, ``-1234.56``; null for one that does not fit the form."""
    digits = text
    if words := (*_words(form.negative), *_words(form.positive)):
        digits = digits.str.replace(f"{_behind(words)}{_PAD}$", "")
    # What is left beside the digits are marks at the ends and signs between: cheaper to take away than by a pattern.
    digits = digits.str.strip_chars(_ENDS)
    for mark in GROUPINGS.get(form.grouping, form.grouping):
        digits = digits.str.replace_all(mark, "", literal=True)
    if form.decimal != ".":
        digits = digits.str.replace(form.decimal, ".", literal=True)
    sign = pl.when(text.str.contains(form.minus)).then(pl.lit("-")).otherwise(pl.lit(""))
    return when(text.str.contains(form.pattern), sign + digits)
