"""Columns that identify a person: of class C2 or C3, text, and by key, name, description or pattern an identifier.

What identifies somebody must be a token, or its author says why it stands in clear (``clearReason``). Amounts are of
class C2 too and stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hansa.contract.model import SEALED_CLASSES, class_of
from hansa.contract.place import Place
from hansa.contract.walk import properties

#: Words of a column's name, by themselves or side by side.
_NAMES = """
    mobile phone telephone tel msisdn cell fax identity idcard idno idnumber ssn passport licence license card pan cvv
    iban account acct email mail name surname firstname lastname fullname username address addr street ip imei imsi mac
    device plate token cookie openid unionid wechat qq customer client person holder
"""
_NAMED = frozenset(_NAMES.split())
_NUMBERED = re.compile(r"(^|_)(id|no|num|number|key|code)$")
_SAID = re.compile(
    r"\b(mobile|(tele)?phone|identity|passport|card|iban|e-?mail|address|account number|id number|licence number"
    r"|(\w+'s|full|first|last|given|family) name|surname|identifies|identifier of)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile("手机|电话|身份证|证件|卡号|账号|账户|帐号|邮箱|邮件|姓名|地址|住址|护照|车牌")
#: Written like a mobile number, an identity number, a card number or an address of mail.
_WRITTEN = re.compile(r"1\[3-9\]|1\[3456789\]|\{(1[0-9])(,1[0-9])?\}|@")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def bare_identifiers(table: Place) -> Iterator[tuple[Place, str]]:
    """Properties of a schema object, nested ones too, that are identifiers in clear: each with what tells it."""
    for place in properties(table):
        sealed = class_of(place["classification"].text) in SEALED_CLASSES
        if not sealed or place["logicalType"].text not in (None, "string"):
            continue
        if any(place[word].value is not None for word in ("items", "properties", "map", "enum")):
            continue
        sign = _sign(place)
        if sign and not _answered(place):
            yield place, sign


def _answered(place: Place) -> bool:
    """True if it is a token, or there is a reason why it is none."""
    said = [
        entry for entry in place["customProperties"].items() if entry["property"].text in ("tokenise", "clearReason")
    ]
    return any((entry["value"].text or "").strip() for entry in said)


def _sign(place: Place) -> str:
    """What tells that a property is an identifier; empty if nothing does."""
    if place["primaryKey"].value is True or place["unique"].value is True:
        return "it is a key"
    name = place["name"].text or ""
    words = [word.casefold() for word in _WORDS.findall(name)]
    if _NAMED.intersection(words) or _NUMBERED.search("_".join(words)) or _CHINESE.search(name):
        return "so its name says"
    chinese = [
        entry["value"] for entry in place["customProperties"].items() if entry["property"].text == "descriptionZh"
    ]
    for said in (place["description"], place["businessName"], *chinese):
        if _SAID.search(said.text or "") or _CHINESE.search(said.text or ""):
            return "so its description says"
    return "so its pattern says" if _WRITTEN.search(place["logicalTypeOptions"]["pattern"].text or "") else ""
