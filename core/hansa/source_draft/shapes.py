"""What a text looks like: a value, a name of a column, a line that only rules off."""

from __future__ import annotations

import re
import unicodedata

BLANKS = " \t\u00a0\u3000"
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_DATE = re.compile(
    r"[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}(日|[ T].*)?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})([ T].*)?"
    r"|(19|20)[0-9]{6}([0-9]{6}|[ T].*)?|[0-9]{1,2}[- ][A-Za-z]{3}[- ][0-9]{2,4}([ T].*)?",
    re.DOTALL,
)
_NUMBER = re.compile(
    r"[-+\u2212(]?\s*\D{0,3}\s*[-+\u2212]?[0-9][0-9.,'\u2019\u066b\u066c\s]*([eE][-+]?[0-9]+)?\s*\D{0,4}"
)
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?.*", re.DOTALL)
_RULE = re.compile(r"[-=_*+|~.\s]{3,}")


def bare(text: str) -> str:
    """A text without padding, the formula around it, marks of direction and digits of other scripts."""
    plain = unicodedata.normalize("NFKC", "".join(sign for sign in text if unicodedata.category(sign) != "Cf"))
    plain = "".join(str(unicodedata.digit(sign)) if sign.isdecimal() else sign for sign in plain)
    plain = plain.strip(BLANKS + "\n")
    found = _FORMULA.fullmatch(plain)
    return (found[1] if found else plain).strip(BLANKS)


def is_date(text: str) -> bool:
    """True for what may be a day or a time of one, in any usual form."""
    return _DATE.fullmatch(bare(text)) is not None


def is_number(text: str) -> bool:
    """True for what may be a number with whatever marks."""
    return _NUMBER.fullmatch(bare(text)) is not None


def is_value(text: str) -> bool:
    """True for what stands in a row and not in a header: dates, numbers, times, runs of digits, addresses."""
    plain = bare(text)
    return bool(
        _DATE.fullmatch(plain)
        or _NUMBER.fullmatch(plain)
        or _CLOCK.fullmatch(plain)
        or re.search(r"[0-9]{5}|[^\s@]@[^\s@]+\.|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}", plain)
        or len(plain) > 120
    )


def is_header(fields: tuple[str, ...]) -> bool:
    """True for fields that may be the names of columns: most are filled, none is a value, most differ."""
    names = [plain for field in fields if (plain := bare(field))]
    if len(names) < 2 or len(names) < 0.6 * len(fields) or any(is_value(name) for name in names):
        return False
    return any(sign.isalpha() for name in names for sign in name) and len(set(names)) > 0.6 * len(names)


def is_rule(line: str) -> bool:
    """True for a line that is drawn and says nothing."""
    return _RULE.fullmatch(line) is not None and any(not sign.isspace() for sign in line)


def has_digit(text: str) -> bool:
    """True if a digit of any script stands in a text: it may then be a value of the data."""
    return any(sign.isdecimal() for sign in text)
