"""Personal data by the name of a column: what nothing but the name tells where check digits fail, or there are none."""

from __future__ import annotations

import re
import unicodedata

from hansa.contract_draft.identities import CARD, EMAIL, IDENTITY, MOBILE

#: Kinds that have no check digit or form of their own that would tell them.
ACCOUNT, PHONE, PASSPORT = "account number", "phone number", "passport number"

_NUMBER = "(_?(no|nr|num|number|nummer|id|code))?"
#: The end of a name in lower case with underscores between its words.
_ENDS = {
    IDENTITY: r"id_?(no|nr|num|number|card(_?(no|num|number))?)|identity(_?card)?(_?(no|num|number))?"
    r"|(cert|certificate|national_?id|citizen_?id|resident_?id|sfz|shenfenzheng)_?(no|num|number|id|hao)?",
    CARD: rf"(bank_?|credit_?|debit_?)?card{_NUMBER}|pan|kartennummer|karte_?nr",
    MOBILE: rf"(mobile|mobil|cell|handy|msisdn|shouji)(_?(phone|telephone))?{_NUMBER}|cellphone|shoujihao",
    PHONE: rf"(tele)?(phone|fon){_NUMBER}|tel{_NUMBER}|fax{_NUMBER}",
    EMAIL: r"e?_?mail(_?(address|addr))?",
    ACCOUNT: rf"iban|(account|acct|acc|konto|kto){_NUMBER}",
    PASSPORT: rf"passport{_NUMBER}|reisepass{_NUMBER}",
}
_PATTERNS = {kind: re.compile(rf"(.*_)?({ends})") for kind, ends in _ENDS.items()}
_HAN = {
    IDENTITY: ("身份证", "证件号"),
    CARD: ("卡号",),
    MOBILE: ("手机",),
    PHONE: ("电话", "传真"),
    EMAIL: ("邮箱", "电子邮件"),
    ACCOUNT: ("账号", "帐号", "账户号", "帐户号"),
    PASSPORT: ("护照",),
}


def named_kind(name: str) -> str | None:
    """The kind of personal data that a column's name says: ``card_no``, ``customerMobile``, ``身份证号码``."""
    plain = unicodedata.normalize("NFKC", name).strip()
    han = next((kind for kind, words in _HAN.items() if any(word in plain for word in words)), None)
    if han is not None:
        return han
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain).lower()
    bare = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(bare)), None)
