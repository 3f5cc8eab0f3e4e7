"""Identifiers of people who do not exist: well formed, with valid check digits, each one from a number.

Sources: GB 11643-1999 (identity number, ISO 7064 MOD 11-2), ISO/IEC 7812-1 annex B (Luhn). Identity numbers have the
region 990001, which is nobody's; mail goes to ``example.com`` (RFC 2606).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

_SURNAMES = "欧阳 上官 司马 诸葛 慕容 尉迟 长孙 宇文 皇甫 令狐".split()
_GIVEN = "昱霁 翊珩 晏衡 砚舟 霂泽 岫云 槿年 旸谷 峤岚 澹宁 琬琰 蘅芜 璟瑜 霄羽 沅芷 栩然 珺璟 邈远".split()


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
    return _SURNAMES[family] + _GIVEN[given] + further


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
