"""How numbers are written: marks, digits, currencies, signs. Each answer must read every number, or it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hansa.cast.digits import in_ascii

SPACES = " \u00a0\u2007\u2009\u202f"
_GROUPS = {"space": f"[{SPACES}]", "'": "['\u2019]"}
_CURRENCY = (
    "[¥￥$€£₹₩₽฿₺₫]|元|円|원|zł|Kč|(?:NT|HK|US|[RSAC])\\$|kr|Rs\\.?|RM|Ft|руб\\.?|人民币|CHF|CNY|RMB|EUR|USD|GBP|PLN|JPY|HKD"
    "|INR|SEK|NOK|DKK|CZK|HUF|BRL|AED|SAR|EGP|SGD|AUD|CAD|TWD|KRW|NZD|ZAR|MXN|TRY|MYR|THB|RUB"
)
#: A minus that is one only where the source says so.
_OTHER_MINUS = "\u2013\u25b3\u25b2"
#: For a class of a pattern, where a bare hyphen would be a range.
_MINUS = f"\\-\u2212{_OTHER_MINUS}"
_ONE_MINUS = str.maketrans(dict.fromkeys(f"\u2212{_OTHER_MINUS}", "-"))
_PARTS = re.compile(
    rf"(?P<open>\()?(?P<lead>[+{_MINUS}])?[{SPACES}]*(?P<before>{_CURRENCY})?[{SPACES}]*(?P<inner>[+{_MINUS}])?"
    rf"(?P<body>[0-9](?:[0-9.,'\u2019\u066b\u066c{SPACES}]*[0-9.,\u066b])?|[.,][0-9]+)(?P<exponent>[eE][+-]?[0-9]+)?"
    rf"[{SPACES}]*(?P<behind>{_CURRENCY})?[{SPACES}]*(?P<trail>[+{_MINUS}]|(?i:CR|DR))?(?P<close>\))?"
)
#: First digit of each script that a source may name.
SCRIPTS = {
    "arabic-indic": 0x660,
    "extended-arabic-indic": 0x6F0,
    "devanagari": 0x966,
    "bengali": 0x9E6,
    "thai": 0xE50,
    "fullwidth": 0xFF10,
}
_WIDE = str.maketrans(dict(in_ascii("fullwidth")))
_WIDE_DIGITS = tuple(chr(SCRIPTS["fullwidth"] + digit) for digit in range(10))


@dataclass(frozen=True)
class Form:
    """Decimal and thousands mark; ``lakh`` groups by two after the first three."""

    decimal: str = "."
    grouping: str = ""
    lakh: bool = False


FORMS = (
    *(Form(".", grouping) for grouping in ("", ",", "space", "'")),
    *(Form(",", grouping) for grouping in ("", ".", "space", "'")),
    Form(".", ",", True),
    Form("\u066b", "\u066c"),
)


@dataclass(frozen=True)
class Numeral:
    """One text, parted: its body of digits and marks, its exponent, its currency, and how it says its sign."""

    body: str
    exponent: str
    currency: str
    negative: str
    positive: str
    other_minus: str = ""

    @property
    def minus(self) -> bool:
        """True if it is negative by a minus or parentheses; a word is for its owner to say."""
        return self.negative in ("before", "-", "()")


def western(text: str) -> str:
    """The text with the digits of other scripts in ASCII, and as the gate has it the signs between full-width ones."""
    if any(sign in text for sign in _WIDE_DIGITS):
        text = text.translate(_WIDE)
    for first in SCRIPTS.values():
        text = text.translate({first + digit: str(digit) for digit in range(10)})
    return text.replace("\uff0c", ",").replace("\uff0e", ".")


def script_of(texts: Iterable[str]) -> str | None:
    """The script whose digits the texts have, if it is not ASCII."""
    signs = {ord(sign) for text in texts for sign in text if not sign.isascii()}
    return next((name for name, first in SCRIPTS.items() if any(first <= sign < first + 10 for sign in signs)), None)


def numeral(text: str) -> Numeral | None:
    """The parts of a number, or None for what is none."""
    found = _PARTS.fullmatch(western(text).strip(SPACES))
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["before"] and found["behind"]):
        return None
    signs = [sign for sign in (found["lead"], found["inner"], found["trail"]) if sign]
    trail = (found["trail"] or "").translate(_ONE_MINUS)
    lead = (found["lead"] or found["inner"] or "").translate(_ONE_MINUS)
    if found["body"][0] in ".," and (found["before"] or found["behind"]):
        return None
    if sum((bool(found["open"]), bool(lead), bool(trail))) > 1:
        return None
    negative = "()" if found["open"] else "before" if lead == "-" else trail if trail and trail != "+" else ""
    return Numeral(
        found["body"],
        found["exponent"] or "",
        found["before"] or found["behind"] or "",
        "" if negative.upper() == "CR" else negative,
        trail if trail == "+" or trail.upper() == "CR" else "",
        next((sign for sign in signs if sign in _OTHER_MINUS), ""),
    )


def read(one: Numeral, form: Form) -> Decimal | None:
    """The number without its sign, or None if it does not fit the form to the last sign."""
    group = _GROUPS.get(form.grouping, f"[{re.escape(form.grouping)}]" if form.grouping else "")
    whole = "[0-9]+"
    if group and form.lakh:
        whole = f"(?:[0-9]{{1,3}}|[0-9]{{1,2}}(?:{group}[0-9]{{2}})*{group}[0-9]{{3}})"
    elif group:
        whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+)"
    decimal = re.escape(form.decimal)
    if not re.fullmatch(f"{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+", one.body):
        return None
    digits = re.sub(group, "", one.body) if group else one.body
    value = Decimal(digits.replace(form.decimal, ".") + one.exponent)
    return -value if one.minus else value


@dataclass(frozen=True)
class Numbers:
    """The numbers of one column: the forms under which all that fit are read, and lines of those that are none.

    ``forms`` are in the order of preference and read at least as much as any other; ``odd`` are the indices of values
    that the first one does not read.
    """

    forms: tuple[Form, ...]
    parts: tuple[Numeral | None, ...]
    odd: tuple[int, ...] = field(default=())

    @property
    def values(self) -> tuple[Decimal, ...]:
        """What is read under the first form."""
        found = (read(one, self.forms[0]) for one in self.parts if one is not None)
        return tuple(value for value in found if value is not None)

    @property
    def ambiguous(self) -> bool:
        """True if another form reads as much and another number."""
        return any(_values(self.parts, form) != _values(self.parts, self.forms[0]) for form in self.forms[1:])

    def under(self, form: Form) -> Numbers:
        """The same, read by a form."""
        odd = tuple(at for at, one in enumerate(self.parts) if one is None or read(one, form) is None)
        return Numbers((form, *(other for other in self.forms if other != form)), self.parts, odd)


def _values(parts: Sequence[Numeral | None], form: Form) -> list[Decimal | None]:
    return [read(one, form) if one is not None else None for one in parts]


#: From this share of numbers on a column is one of numbers, and what is none is odd.
_NUMBERS = 0.7


def numbers_of(texts: Sequence[str]) -> Numbers | None:
    """The texts as numbers; None if too few of them are."""
    parts = tuple(numeral(text) for text in texts)
    if not texts or sum(one is not None for one in parts) < _NUMBERS * len(parts):
        return None
    fits = {form: sum(value is not None for value in _values(parts, form)) for form in FORMS}
    most = max(fits.values())
    if most < _NUMBERS * len(parts):
        return None
    best = tuple(form for form in FORMS if fits[form] == most)
    return Numbers(best, parts).under(best[0])
