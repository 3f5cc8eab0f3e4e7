"""Identifiers of people who do not exist: well formed, with valid check digits, each one from a number.

Sources: GB 11643-1999 (identity number, ISO 7064 MOD 11-2), ISO/IEC 7812-1 annex B (Luhn). Identity numbers have the
region 990001, which is nobody's; mail goes to ``example.com`` (RFC 2606).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

#: Signs of which each pair is a surname or a given name.
_SURNAMES = [*zip("欧上司诸慕尉长宇皇令", "阳官马葛容迟孙文甫狐", strict=True)]
_GIVEN = [*zip("昱翊晏砚霂岫槿旸峤澹琬蘅璟霄沅栩邈", "霁珩衡舟泽云年谷岚宁琰芜瑜羽芷然远", strict=True)]


def identity_number(number: int) -> str:
    """18 characters: region, day of birth, order and check character."""
    born = dt.date(1950, 1, 1) + dt.timedelta(days=number * 37 % 18_000)
    body = f"990001{born:%Y%m%d}{number % 1000:03d}"
    total = sum(int(figure) * pow(2, 17 - place, 11) for place, figure in enumerate(body))
    return body + "10X98765432"[total % 11]


def mobile(number: int) -> str:
    """11 digits of a range that is in use."""
    return f"199{number * 7919 % 10**8:08d}"


def card_number(number: int) -> str:
    """16 digits with Luhn's check digit."""
    body = f"622848{number * 104_729 % 10**9:09d}"
    total = 0
    for place, figure in enumerate(reversed(body)):
        doubled = int(figure) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def name(number: int) -> str:
    """A surname and a given name; after all of them a number of characters more."""
    later, given = divmod(number, len(_GIVEN))
    again, family = divmod(later, len(_SURNAMES))
    further = "".join(chr(0x4E00 + 7 * int(figure)) for figure in str(again)) if again else ""
    return "".join((*_SURNAMES[family], *_GIVEN[given], further))


def email(number: int) -> str:
    """An address under a domain that is reserved for examples."""
    return f"person{number:06d}@example.com"


def identifier(number: int) -> str:
    """What an institution calls somebody."""
    return f"ID{number * 7919 % 10**10:010d}KX"


#: By the kinds of ``tokenise``.
MAKERS: dict[str, Callable[[int], str]] = {
    "identifier": identifier,
    "name": name,
    "mobile": mobile,
    "identity_number": identity_number,
    "card_number": card_number,
    "email": email,
}
