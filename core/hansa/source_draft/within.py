"""Identifiers within a longer text, known by check digit or form: such a run of signs is shown by its ends alone.

Standards: ISO 13616 (IBAN, mod 97), ISO/IEC 7812 (card, Luhn), GB 11643-1999 (identity number, ISO 7064 mod 11-2). A
mobile of mainland China and an address of mail have a form and no check digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_SHOWN = 2
#: Below that many signs the ends would tell most of it.
_LONG = 8
_HIDDEN = "***"
#: Digits of an identifier, at least.
_FEWEST = 11

Span = tuple[int, int]

#: The two digits of a field within the text of a SWIFT statement: `?31` stands before an account and is none of it.
_FIELD = re.compile(r"\?[0-9]{2}")
#: What may part the groups of a number: a blank, the end of a line or of a field, one hyphen, point or stroke.
_GAP = r"(?:\r\n|\?\?\?|[ \t\n\r\-./\u00a0\u2010-\u2015\u202f])"
_DIGITS = re.compile(rf"[0-9](?:{_GAP}?[0-9])*(?:{_GAP}?[Xx](?![0-9A-Za-z]))?")
_PIECE = re.compile(r"[0-9]+[Xx]?|[Xx]")
_IBAN = re.compile(rf"(?=([A-Za-z]{{2}}{_GAP}?[0-9]{_GAP}?[0-9](?:{_GAP}?[0-9A-Za-z]){{11,29}}))")
#: How many signs an IBAN has, by its country.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_MOBILE = re.compile(r"(?:0086|86)?1[3-9][0-9]{9}")
_CARD = re.compile(r"[2-9][0-9]{12,18}")
_CLOCK = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9][0-2][0-9][0-5][0-9][0-5][0-9]")
_PERSON = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]")


def masked(text: str) -> str:
    """The first and last two characters; of fewer than eight none."""
    return f"{text[:_SHOWN]}{_HIDDEN}{text[-_SHOWN:]}" if len(text) >= _LONG else _HIDDEN


def without_identifiers(text: str) -> str:
    """The text with each identifier in it shown by its ends."""
    plain = _FIELD.sub(_no_digits, _plain(text))
    made, at = "", 0
    found = {*_numbers(plain), *_ibans(plain), *(one.span() for one in _MAIL.finditer(plain))}
    for start, end in _joined(sorted(found)):
        made += text[at:start] + masked(text[start:end])
        at = end
    return made + text[at:]


def is_one(text: str) -> bool:
    """True for a text that is an IBAN, a card, a person's number or a mobile as a whole."""
    plain = _plain(text).strip().removeprefix("+")
    if sum(sign.isdigit() for sign in plain) < _FEWEST:
        return False
    return (0, len(plain)) in {*_numbers(plain), *_ibans(plain)}


def _no_digits(field: re.Match[str]) -> str:
    return "?" * len(field[0])


def _plain(text: str) -> str:
    """Wide letters and digits as plain ones, sign by sign, so that every place stays."""
    if text.isascii():
        return text
    signs = (unicodedata.normalize("NFKC", sign) if sign > "\u00ff" else sign for sign in text)
    return "".join(made if len(made) == 1 else sign for made, sign in zip(signs, text, strict=True))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Spans that overlap as one."""
    last: Span | None = None
    for start, end in spans:
        if last is None or start >= last[1]:
            if last is not None:
                yield last
            last = start, end
        else:
            last = last[0], max(last[1], end)
    if last is not None:
        yield last


def _numbers(plain: str) -> Iterator[Span]:
    """Runs of digits, whole or between gaps of a longer one, that are a card, a person's number or a mobile."""
    for run in _DIGITS.finditer(plain):
        pieces = [(piece.start() + run.start(), piece.end() + run.start()) for piece in _PIECE.finditer(run[0])]
        for first, (start, _) in enumerate(pieces):
            for _, end in pieces[first : first + 20]:
                bare = re.sub(_GAP, "", plain[start:end])
                if len(bare) > 19:
                    break
                if _is_number(bare):
                    yield start, end


def _is_number(bare: str) -> bool:
    if len(bare) < _FEWEST:
        return False
    if _MOBILE.fullmatch(bare) or (_PERSON.fullmatch(bare) and _person_holds(bare)):
        return True
    return bool(_CARD.fullmatch(bare)) and not _CLOCK.fullmatch(bare) and _luhn_holds(bare)


def _person_holds(bare: str) -> bool:
    digits = [10 if sign in "Xx" else int(sign) for sign in bare]
    return sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1


def _luhn_holds(bare: str) -> bool:
    """The same digit throughout is nobody's card."""
    total = 0
    for place, sign in enumerate(reversed(bare)):
        digit = int(sign)
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0 and len(set(bare)) > 1


def _ibans(plain: str) -> Iterator[Span]:
    """Runs as long as an IBAN of their country, of which the remainder holds."""
    for found in _IBAN.finditer(plain):
        start = found.start(1)
        length = _LENGTHS.get(plain[start : start + 2].upper(), 0)
        places = [at for at in range(start, found.end(1)) if plain[at].isalnum()]
        if 0 < length <= len(places):
            end = places[length - 1] + 1
            bare = re.sub(_GAP, "", plain[start:end]).upper()
            if int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1:
                yield start, end
