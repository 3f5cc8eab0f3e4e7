"""Identifiers: texts of digits that must stay texts, and what a program has already done to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hansa.contract_draft.named import named_kind
from hansa.source_draft.within import is_one

#: A number as a spreadsheet writes one that it has rounded.
ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}")
#: Digits from which a number is none that anybody counts with.
_LONG = 12
#: Values by which a column is known for one of identifiers, and the share of them that are: chance makes one in ten.
_LOOKED_AT, _SHARE = 1000, 0.5
_NAMED = re.compile(
    r"单号|卡号|编号|流水|证件|号码|账号|帐号|账户号|客户号|凭证|代码|联行|合同号|保单|尾号|末四位|货币代码"
    r"|(^|[_ .-])(id|no|nr|number|num|ref|code|iban|bic|blz|isin|wkn|swift|slip|serial)\.?($|[_ #.-])|#$"
    r"|iban|nummer|beleg|referenz|reference|konto|account|approval|kundennr|rekening|card|karte"
    r"|numer\b|konta\b|rachun|conto\b|conta\b|cuenta|compte\b|口座|계좌",
    re.IGNORECASE,
)


def is_identifier(name: str, texts: Sequence[str]) -> bool:
    """True for a column that names things by digits: by its header, or by leading zeros and length."""
    if not texts or sum(any(sign.isdecimal() for sign in text) for text in texts) < 0.5 * len(texts):
        return False
    digits = [bare for text in texts if (bare := text.strip("'\"`")).isdecimal()]
    if any(len(text) > 1 and text[0] in "0٠" for text in digits) or any(len(text) >= _LONG for text in digits):
        return True
    compact = all(re.fullmatch(r"[\w.*/+-]+", text) for text in texts)
    return compact and names_identifier(name)


def holds_identifiers(texts: Sequence[str]) -> bool:
    """True for a column of which most values are numbers of accounts, cards or persons, or mobiles, by themselves."""
    looked = texts[:_LOOKED_AT]
    return sum(map(is_one, looked)) > _SHARE * len(looked)


def names_identifier(name: str) -> bool:
    """True if the header says that the column holds numbers of things."""
    return _NAMED.search(name) is not None or named_kind(name) is not None


def rounded(texts: Sequence[str]) -> int:
    """How many of the texts a spreadsheet has made numbers of, and rounded."""
    return sum(ROUNDED.fullmatch(text) is not None and int(re.split("[eE]", text)[1]) >= 9 for text in texts)
