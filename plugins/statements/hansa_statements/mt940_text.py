"""The text ``:86:`` behind a statement line, as far as it has a form: codes ``?20`` and the SEPA words in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

#: Three digits of the kind of business, a sign that parts, a first code: ``166?00``, ``020~00``.
_FORM = re.compile(r"\s?([0-9]{3})([?<>~^@|#])(?=(?:00|10|2[0-9])|(?<=\?)[0-9]{2})")
#: A SEPA word stands at the beginning of a code's value.
_WORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|RREF|RTRN)\+|(MTLG):")
_PURPOSE = (*(f"{code}" for code in range(20, 30)), "60", "61", "62", "63")
_WORD_COLUMNS = {
    "EREF": "end_to_end_id",
    "KREF": "instruction_id",
    "MREF": "mandate_id",
    "CRED": "creditor_id",
    "SVWZ": "remittance",
}
_CODE_COLUMNS = {
    "00": "posting_text",
    "10": "journal_number",
    "30": "counterparty_bank",
    "31": "counterparty_account",
    "34": "text_key",
}
#: The columns that ``taken_apart`` may give.
COLUMNS = (
    "gvc",
    "posting_text",
    "journal_number",
    "purpose",
    *_WORD_COLUMNS.values(),
    "counterparty_bank",
    "counterparty_account",
    "counterparty_name",
    "text_key",
    "other",
)


def taken_apart(text: str) -> Mapping[str, str]:
    """The columns of a structured text; none of an unstructured one, which stays the column ``text`` alone.

    The breaks of lines within a structured text are those of the 65 signs that a line of SWIFT has, so its lines are
    put together without anything between them.
    """
    whole = text.replace("\n", "")
    found = _FORM.match(whole)
    if found is None:
        return {}
    parts = re.split(f"{re.escape(found[2])}([0-9]{{2}})", whole[found.end(1) :])
    codes: dict[str, list[str]] = {}
    for code, value in zip(parts[1::2], parts[2::2], strict=True):
        codes.setdefault(code, []).append(value)
    columns = {"gvc": found[1]}
    other: dict[str, str] = {}
    purpose = [value for code in _PURPOSE for value in codes.pop(code, [])]
    columns["purpose"] = "".join(purpose)
    columns["counterparty_name"] = "".join(value for code in ("32", "33") for value in codes.pop(code, []))
    for code, values in codes.items():
        (columns if code in _CODE_COLUMNS else other)[_CODE_COLUMNS.get(code, code)] = "".join(values)
    for word, value in _words(purpose).items():
        (columns if word in _WORD_COLUMNS else other)[_WORD_COLUMNS.get(word, word)] = value
    if other:
        columns["other"] = json.dumps(other, ensure_ascii=False, sort_keys=True)
    return {name: value for name, value in columns.items() if value}


def _words(purpose: list[str]) -> dict[str, str]:
    """What stands behind each SEPA word, through all codes until the next word."""
    found: dict[str, str] = {}
    word = ""
    for value in purpose:
        if (start := _WORD.match(value)) is not None:
            word = start[1] or start[2]
            value = value[start.end() :]
        if word:
            found[word] = found.get(word, "") + value
    return found
