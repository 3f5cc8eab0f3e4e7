"""Texts that match a regular expression, and how long they can be.

The dialect is that of the gate, Rust's ``regex`` (no look-around, no back-references). Whether a text really
matches is never decided here but by the gate's own condition; what is not known is said by ``UnknownPatternError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

#: A repetition without an upper bound is tried up to so many times beyond its lower one.
_MORE = 6
_DIGITS, _LOWER, _UPPER = (("0", "9"),), (("a", "z"),), (("A", "Z"),)
_WORD = (*_DIGITS, *_LOWER, *_UPPER, ("_", "_"))
_SPACE = ((" ", " "),)
_ANY = (*_LOWER, *_UPPER, *_DIGITS)
_ESCAPES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CLASSES = {
    "L": (*_LOWER, *_UPPER), "Letter": (*_LOWER, *_UPPER), "Lu": _UPPER, "Ll": _LOWER, "N": _DIGITS, "Nd": _DIGITS,
    "P": (("!", "!"), (".", ".")), "Han": (("\u4e00", "\u9fa5"),), "Alphabetic": (*_LOWER, *_UPPER),
    "alpha": (*_LOWER, *_UPPER), "digit": _DIGITS, "alnum": _ANY, "upper": _UPPER, "lower": _LOWER, "space": _SPACE,
    "xdigit": (*_DIGITS, ("a", "f"), ("A", "F")), "word": _WORD, "punct": (("!", "!"), (".", ".")),
    "Cc": (("\t", "\t"),),
}  # fmt: skip
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
Ranges = Sequence[tuple[str, str]]


class UnknownPatternError(ValueError):
    """A construct that is not known here."""


class Node(Protocol):
    """A part of a pattern."""

    def make(self, random: Random) -> str:
        """A text that matches."""
        ...

    @property
    def width(self) -> tuple[int, int | None]:
        """The fewest and the most characters; None: no bound."""
        ...


@dataclass(frozen=True)
class _Chars:
    ranges: Ranges
    negated: bool = False

    def make(self, random: Random) -> str:
        if not self.negated:
            first, last = random.choice(self.ranges)
            return chr(random.randint(ord(first), ord(last)))
        left = [sign for sign in _POOL if not any(a <= sign <= b for a, b in self.ranges)]
        if not left:
            raise UnknownPatternError("a class that excludes every usual sign")
        return random.choice(left)

    @property
    def width(self) -> tuple[int, int | None]:
        return 1, 1


_POOL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-_!王"


@dataclass(frozen=True)
class _Sequence:
    parts: tuple[Node, ...]

    def make(self, random: Random) -> str:
        return "".join(part.make(random) for part in self.parts)

    @property
    def width(self) -> tuple[int, int | None]:
        widths = [part.width for part in self.parts]
        most = [high for _, high in widths]
        return sum(low for low, _ in widths), None if None in most else sum(high or 0 for high in most)


@dataclass(frozen=True)
class _Either:
    parts: tuple[Node, ...]

    def make(self, random: Random) -> str:
        return random.choice(self.parts).make(random)

    @property
    def width(self) -> tuple[int, int | None]:
        widths = [part.width for part in self.parts]
        most = [high for _, high in widths]
        return min(low for low, _ in widths), None if None in most else max(high or 0 for high in most)


@dataclass(frozen=True)
class _Repeat:
    part: Node
    least: int
    most: int | None

    def make(self, random: Random) -> str:
        most = self.least + _MORE if self.most is None else min(self.most, self.least + 64)
        # The ends are where rules meet: they come as often as all between them.
        count = random.choice((self.least, most, random.randint(self.least, most)))
        return "".join(self.part.make(random) for _ in range(count))

    @property
    def width(self) -> tuple[int, int | None]:
        low, high = self.part.width
        return low * self.least, None if high is None or self.most is None else high * self.most


@dataclass(frozen=True)
class Pattern:
    """A parsed pattern; ``whole`` is true if it speaks of the text from its first to its last character."""

    root: Node
    whole: bool
    anchored: bool

    def texts(self, random: Random) -> Iterator[str]:
        """Endlessly many texts that match, with repetitions."""
        while True:
            yield self.root.make(random)

    @property
    def width(self) -> tuple[int, int | None]:
        """The fewest and the most characters of a text that matches."""
        low, high = self.root.width
        return low, high if self.whole else None

    @property
    def always(self) -> bool:
        """True if every text matches: nothing is anchored, and nothing has to be there."""
        return not self.anchored and self.root.width[0] == 0


def parse(text: str) -> Pattern:
    """Parse a pattern. Errors: UnknownPatternError."""
    parser = _Parser(text)
    root = parser.either()
    if parser.at < len(text):
        raise UnknownPatternError("a bracket that closes nothing")
    whole = parser.starts and parser.ends and not parser.split
    return Pattern(root, whole, parser.anchored)


class _Parser:
    """Recursive descent over the characters of a pattern."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.starts = self.ends = self.split = self.anchored = False

    def either(self) -> Node:
        parts = [self.sequence()]
        while self._next("|"):
            self.split = self.split or self.depth == 0
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            part = self.atom()
            if part is not None:
                parts.append(self.repeated(part))
        return _Sequence(tuple(parts))

    def atom(self) -> Node | None:
        sign = self._take()
        match sign:
            case "^" | "$":
                self._anchor(sign)
                return None
            case "(":
                return self.group()
            case "[":
                return self.bracket()
            case ".":
                return _Chars(_ANY)
            case "\\":
                return self.escaped()
        return _Chars(((sign, sign),))

    def _anchor(self, sign: str) -> None:
        self.anchored = True
        if self.depth == 0 and sign == "^" and self.at == 1:
            self.starts = True
        if self.depth == 0 and sign == "$" and self.at == len(self.text):
            self.ends = True

    def group(self) -> Node:
        if self._next("?") and not self._next(":"):
            if not (self._next("P") or self.text[self.at : self.at + 1] == "<"):
                raise UnknownPatternError("a group with options")
            self.at = self.text.index(">", self.at) + 1
        self.depth += 1
        inner = self.either()
        self.depth -= 1
        if not self._next(")"):
            raise UnknownPatternError("a group that is not closed")
        return inner

    def repeated(self, part: Node) -> Node:
        while self.at < len(self.text):
            sign = self.text[self.at]
            bounds: tuple[int, int | None]
            if sign in "?*+":
                self.at += 1
                bounds = {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
            elif sign == "{":
                bounds = self.counted()
            else:
                break
            self._next("?")
            part = _Repeat(part, *bounds)
        return part

    def counted(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        self.at = end + 1
        try:
            return int(low or 0), (int(high) if high else None) if comma else int(low)
        except ValueError:
            raise UnknownPatternError("a repetition that is no number") from None

    def escaped(self) -> Node | None:
        sign = self._take()
        if sign in "Az":
            self._anchor("^" if sign == "A" else "$")
            self.starts |= sign == "A" and self.depth == 0 and self.at == 2
            return None
        if sign in "bB":
            self.anchored = True
            return None
        return _Chars(*self.known(sign))

    def known(self, sign: str) -> tuple[Ranges, bool]:
        """The signs that an escape stands for, and whether it means all others."""
        if sign.lower() in _ESCAPES:
            return _ESCAPES[sign.lower()], sign.isupper()
        if sign in "pP":
            name = self._take()
            if name == "{":
                end = self.text.index("}", self.at)
                name, self.at = self.text[self.at : end], end + 1
            if name not in _CLASSES:
                raise UnknownPatternError(f"the class {name}")
            return _CLASSES[name], sign == "P"
        if sign in "xuU":
            return self._code(2 if sign == "x" else 4), False
        plain = _CONTROLS.get(sign, sign)
        if plain == sign and sign.isalnum():
            raise UnknownPatternError(f"the escape {sign}")
        return ((plain, plain),), False

    def _code(self, length: int) -> Ranges:
        end = self.at + length
        digits = self.text[self.at : end]
        if digits.startswith("{"):
            end = self.text.index("}", self.at)
            digits, end = self.text[self.at + 1 : end], end + 1
        self.at = end
        return ((chr(int(digits, 16)),) * 2,)

    def bracket(self) -> Node:
        negated, ranges = self._next("^"), list[tuple[str, str]]()
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            first = False
            if self.text.startswith("[:", self.at):
                end = self.text.index(":]", self.at)
                name, self.at = self.text[self.at + 2 : end], end + 2
                ranges += _CLASSES.get(name) or self._unknown(f"the class {name}")
                continue
            if self.text[self.at : self.at + 2] in ("&&", "--", "~~") or self.text[self.at : self.at + 1] in ("[", ""):
                self._unknown("a class of classes")
            ranges += self._range()
        self.at += 1
        return _Chars(tuple(ranges), negated)

    def _range(self) -> Ranges:
        low = self._member()
        if len(low) == 1 and low[0][0] == low[0][1] and self.text[self.at : self.at + 1] == "-":
            if self.text[self.at + 1 : self.at + 2] == "]":
                return low
            self.at += 1
            return ((low[0][0], self._member()[0][1]),)
        return low

    def _member(self) -> Ranges:
        sign = self._take()
        if sign != "\\":
            return ((sign, sign),)
        ranges, others = self.known(self._take())
        return self._unknown("an excluding class within a class") if others else ranges

    def _unknown(self, what: str) -> Ranges:
        raise UnknownPatternError(what)

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise UnknownPatternError("an end too early")
        self.at += 1
        return self.text[self.at - 1]

    def _next(self, sign: str) -> bool:
        found = self.text[self.at : self.at + 1] == sign
        self.at += found
        return found
