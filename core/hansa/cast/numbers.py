"""Numbers as people and banks write them: ``1.234,56``, ``1 234,56``, ``(1'234.56)``, ``$1,234.56 DR``.

A form is declared, never guessed: ``1,234`` is a thousand by one and a little more than one by another. A text is
brought to the plain spelling by its characters alone, so that no digit passes through a double; one that does not fit
its form to the last sign has no number at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hansa.cast.digits import in_ascii, translated
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
_GAP = f"[{SPACES}]*"
_ENDS = f"{SPACES}\t+-\u2212()"
#: From the first digit to the last one, which is all that counts where a currency may stand before or behind.
_DIGITS = "([0-9](?:.*[0-9])?)"


@dataclass(frozen=True)
class NumberForm:
    """How a source writes its numbers.

    ``decimal`` is the decimal sign, ``grouping`` what parts thousands (a sign, ``space``, or empty for none), ``lakh``
    that it parts the last three digits and then every two. ``negative`` and ``positive`` are marks behind a number that
    say its sign: ``-``, ``+`` or a word such as ``DR``, in either case of letters; ``()`` of ``negative`` is
    parentheses around it. ``unmarked`` says that a number without any sign is negative. ``digits`` is the script of its
    digits, ``minus_signs`` are further characters that are a minus, ``currency`` what may stand before or behind it.
    ``scientific`` lets it have an exponent; ``implied`` is how many of its digits are decimals where no sign parts
    them; ``surplus_zeros`` lets a whole number have decimals that are zeros. Behind ``decimals`` of them only zeros may
    stand, if it is said.
    """

    decimal: str = "."
    grouping: str = ""
    negative: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    lakh: bool = False
    unmarked: bool = False
    digits: str = ""
    minus_signs: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    scientific: bool = False
    implied: int | None = None
    surplus_zeros: bool = False
    decimals: int | None = None

    @property
    def ends_as_written(self) -> bool:
        """True if the decimals of a number are those that stand there."""
        return not (self.scientific or self.surplus_zeros) and self.implied is None

    @property
    def plain(self) -> bool:
        """True for the form that every number is read in where nothing is declared."""
        return self == NumberForm()

    @cached_property
    def signs(self) -> dict[str, str]:
        """Characters of the source, each with the one of the plain spelling that it means."""
        digits = in_ascii(self.digits) if self.digits else {}
        return {**digits, **dict.fromkeys(self.minus_signs, "-")}

    @property
    def _groups(self) -> str:
        return f"[{re.escape(GROUPINGS.get(self.grouping, self.grouping))}]"

    @property
    def _body(self) -> str:
        """Digits, grouped throughout or not at all; a first group of 0 would be 0.123 under another form."""
        whole = "[0-9]+"
        if self.implied is not None:
            return whole
        decimal = re.escape(self.decimal)
        if self.grouping and self.lakh:
            whole = f"(?:{whole}|[1-9][0-9]?(?:{self._groups}[0-9]{{2}})*{self._groups}[0-9]{{3}})"
        elif self.grouping:
            whole = f"(?:{whole}|[1-9][0-9]{{0,2}}(?:{self._groups}[0-9]{{3}})+)"
        behind = "[0-9]*" if self.decimals is None else f"[0-9]{{0,{self.decimals}}}0*"
        body = f"{whole}(?:{decimal}{behind})?"
        if not self.currency:
            # A database writes .50. Behind the word of a currency the point may be the word's: Rs.50.
            body = f"(?:{body}|{decimal}{self._decimals_alone})"
        return f"(?:{body}|[0-9]+(?:{decimal}[0-9]+)?[eE][+-]?[0-9]{{1,3}})" if self.scientific else body

    @property
    def _decimals_alone(self) -> str:
        """One at least, where no digit stands before them."""
        if self.decimals is None:
            return "[0-9]+"
        return f"[0-9]{{1,{self.decimals}}}0*" if self.decimals else "0+"

    @property
    def pattern(self) -> str:
        """What a number of this form looks like, with one sign at most and blanks around."""
        return self._any_of(way for way, _ in self._ways())

    @property
    def minus(self) -> str:
        """What a number of this form looks like that is negative; only for texts that are numbers of it."""
        if self.currency or self.unmarked:
            return self._any_of(way for way, negative in self._ways() if negative)
        ways = [rf"^{_PAD}[{_MINUS}(]", f"[{_MINUS}]{_PAD}$"]
        if words := words_among(self.negative):
            # The whole word: a number with CR has no R behind it.
            ways.append(f"[0-9{re.escape(self.decimal)}]{_behind(words)}{_PAD}$")
        return "|".join(ways)

    def _any_of(self, ways: Iterator[str]) -> str:
        return f"^{_PAD}(?:{'|'.join(ways)}){_PAD}$"

    def _ways(self) -> Iterator[tuple[str, bool]]:
        """The ways to write a number with its sign, each with whether it is negative."""
        if self.unmarked:
            yield self._written("", ""), True
            yield self._written(r"\+", ""), False
        else:
            yield self._written(r"\+?", ""), False
        yield self._written(f"[{_MINUS}]", ""), True
        if MINUS_BEHIND in self.negative:
            yield self._written("", f"[{_MINUS}]"), True
        if PLUS_BEHIND in self.positive:
            yield self._written("", r"\+"), False
        if PARENTHESES in self.negative:
            yield self._written(r"\(", r"\)"), True
        if words := words_among(self.negative):
            yield self._written("", _behind(words)), True
        if words := words_among(self.positive):
            yield self._written("", _behind(words)), False

    def _written(self, before: str, behind: str) -> str:
        """The body between its marks, with a currency at one place at most: outside of the marks, or within."""
        body = self._body
        plain = f"{before}{body}{behind}"
        if not self.currency:
            return plain
        sign = any_text(self.currency)
        ways = [plain, f"{sign}{_GAP}{plain}", f"{plain}{_GAP}{sign}"]
        ways += [f"{before}{_GAP}{sign}{_GAP}{body}{behind}"] if before else []
        ways += [f"{before}{body}{_GAP}{sign}{_GAP}{behind}"] if behind else []
        return f"(?:{'|'.join(ways)})"


def words_among(marks: tuple[str, ...]) -> tuple[str, ...]:
    """The marks of a sign that are words."""
    return tuple(mark for mark in marks if mark not in (MINUS_BEHIND, PLUS_BEHIND, PARENTHESES))


def any_text(texts: tuple[str, ...]) -> str:
    """A pattern for any of these texts, the longest first."""
    return f"(?:{'|'.join(re.escape(text) for text in sorted(texts, key=len, reverse=True))})"


def _behind(words: tuple[str, ...]) -> str:
    """One of the words, parted from its number by a blank or by nothing."""
    return f"[{SPACES}]?(?i:{'|'.join(re.escape(word) for word in words)})"


def plain_number(text: pl.Expr, form: NumberForm) -> pl.Expr:
    """The text of a number in the plain spelling, ``-1234.56``; null for one that does not fit the form.

    An exponent stays as it came, see ``without_exponent``.
    """
    text = translated(text, form.signs)
    digits = _body_of(text, form)
    for mark in GROUPINGS.get(form.grouping, form.grouping) if form.implied is None else ():
        digits = digits.str.replace_all(mark, "", literal=True)
    if form.decimal != "." and form.implied is None:
        digits = digits.str.replace(form.decimal, ".", literal=True)
    if form.implied:
        padded = pl.lit("0" * form.implied) + digits
        digits = padded.str.head(-form.implied) + pl.lit(".") + padded.str.tail(form.implied)
    if form.surplus_zeros:
        digits = digits.str.replace(r"\.0*$", "")
    sign = pl.when(_is_negative(text, form)).then(pl.lit("-")).otherwise(pl.lit(""))
    return when(text.str.contains(form.pattern), sign + digits)


def _is_negative(text: pl.Expr, form: NumberForm) -> pl.Expr:
    """True for each number of the form that is negative; whatever of a text that is none."""
    own = form.currency or form.unmarked or form.scientific or "-" in form.grouping + form.decimal
    if own or words_among(form.negative):
        return text.str.contains(form.minus)
    # Wherever it stands, it is the sign: cheaper to find than a pattern.
    return text.str.contains_any(["-", "\u2212", "("])


def _body_of(text: pl.Expr, form: NumberForm) -> pl.Expr:
    """The number without what stands before and behind it; whatever comes of a text that is none."""
    if form.currency:
        return text.str.extract(_DIGITS)
    if words := (*words_among(form.negative), *words_among(form.positive)):
        text = text.str.replace(f"{_behind(words)}{_PAD}$", "")
    # What is left beside the digits are marks at the ends and signs between: cheaper to take away than by a pattern.
    return text.str.strip_chars(_ENDS)
