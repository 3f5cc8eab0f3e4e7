"""An entry of a camt message as columns: which element is which, and what is left over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hansa_statements.amounts import ZERO
from hansa_statements.days import xml_day

#: The values of elements by their path, in the order in which they stand; attributes as ``Amt/@Ccy``.
Elements = dict[str, list[str]]

_ENTRY = {
    "entry_reference": ("NtryRef",),
    "direction": ("CdtDbtInd",),
    "reversal": ("RvslInd",),
    "status": ("Sts", "Sts/Cd", "Sts/Prtry"),
    "bank_reference": ("AcctSvcrRef",),
    "bank_code_own": ("BkTxCd/Prtry/Cd",),
    "batch_transactions": ("NtryDtls/Btch/NbOfTxs",),
    "text": ("AddtlNtryInf",),
}
_DAYS = {
    ("booked_on", "booked_at"): ("BookgDt/Dt", "BookgDt/DtTm"),
    ("valued_on", "valued_at"): ("ValDt/Dt", "ValDt/DtTm"),
}
_BANK_CODE = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
_PARTIES = "RltdPties/"
_AGENTS = "RltdAgts/"
_TRANSACTION = {
    "end_to_end_id": ("Refs/EndToEndId",),
    "instruction_id": ("Refs/InstrId",),
    "payment_id": ("Refs/PmtInfId",),
    "transaction_id": ("Refs/TxId",),
    "uetr": ("Refs/UETR",),
    "mandate_id": ("Refs/MndtId",),
    "transaction_reference": ("Refs/AcctSvcrRef",),
    "debtor_name": (f"{_PARTIES}Dbtr/Nm", f"{_PARTIES}Dbtr/Pty/Nm"),
    "debtor_account": (f"{_PARTIES}DbtrAcct/Id/IBAN", f"{_PARTIES}DbtrAcct/Id/Othr/Id"),
    "debtor_bank": (f"{_AGENTS}DbtrAgt/FinInstnId/BIC", f"{_AGENTS}DbtrAgt/FinInstnId/BICFI"),
    "ultimate_debtor": (f"{_PARTIES}UltmtDbtr/Nm", f"{_PARTIES}UltmtDbtr/Pty/Nm"),
    "creditor_name": (f"{_PARTIES}Cdtr/Nm", f"{_PARTIES}Cdtr/Pty/Nm"),
    "creditor_account": (f"{_PARTIES}CdtrAcct/Id/IBAN", f"{_PARTIES}CdtrAcct/Id/Othr/Id"),
    "creditor_bank": (f"{_AGENTS}CdtrAgt/FinInstnId/BIC", f"{_AGENTS}CdtrAgt/FinInstnId/BICFI"),
    "ultimate_creditor": (f"{_PARTIES}UltmtCdtr/Nm", f"{_PARTIES}UltmtCdtr/Pty/Nm"),
    "remittance": ("RmtInf/Ustrd",),
    "creditor_reference": ("RmtInf/Strd/CdtrRefInf/Ref",),
    "purpose_code": ("Purp/Cd",),
    "return_reason": ("RtrInf/Rsn/Cd",),
    "transaction_text": ("AddtlTxInf",),
}
ENTRY_COLUMNS = (*_ENTRY, "bank_code", *(name for pair in _DAYS for name in pair))
TRANSACTION_COLUMNS = tuple(_TRANSACTION)
#: Path -> column; the paths of an entry that are taken in another way have none.
_COLUMN = {
    **{path: name for name, paths in _ENTRY.items() for path in paths},
    **dict.fromkeys((*_BANK_CODE, *(path for paths in _DAYS.values() for path in paths), "Amt", "Amt/@Ccy"), ""),
}
_COLUMN_OF_TRANSACTION = {path: name for name, paths in _TRANSACTION.items() for path in paths}


@dataclass
class Entry:
    """An entry as it stands: its elements, how many transactions it has, and those that are wanted."""

    line: int
    elements: Elements = field(default_factory=dict)
    transactions: list[Elements] = field(default_factory=list)
    count: int = 0
    amount: Decimal = ZERO
    currency: str = ""

    def one(self, path: str) -> str | None:
        """The first value of an element."""
        values = self.elements.get(path)
        return values[0] if values else None

    @property
    def status(self) -> str | None:
        """``BOOK``, ``PDNG`` or another; the older versions write it without ``Cd``."""
        return self.one("Sts") or self.one("Sts/Cd") or self.one("Sts/Prtry")


def columns_of(entry: Entry, transaction: Elements | None) -> dict[str, str | None]:
    """The columns of an entry and of one of its transactions, amounts and counts left to the caller.

    What no column takes stands in ``other``: a text of JSON, path by path.
    """
    columns: dict[str, str | None] = {}
    left: Elements = {}
    _sort(entry.elements, _COLUMN, "", columns, left)
    if transaction is not None:
        _sort(transaction, _COLUMN_OF_TRANSACTION, "NtryDtls/TxDtls/", columns, left)
    for names, paths in _DAYS.items():
        written = next((value for path in paths if (value := entry.one(path))), None)
        columns.update(zip(names, xml_day(written), strict=True))
    columns["bank_code"] = "/".join(value for path in _BANK_CODE if (value := entry.one(path)))
    columns["other"] = as_json(left) if left else None
    return columns


def _sort(
    elements: Elements, column_of: Mapping[str, str], prefix: str, columns: dict[str, str | None], left: Elements
) -> None:
    """Values into columns, several of one column a line each; what has no column into ``left``."""
    for path, values in elements.items():
        name = column_of.get(path)
        if name is None:
            left[prefix + path] = values
        elif name:
            before = columns.get(name)
            columns[name] = "\n".join(values if before is None else [before, *values])


def as_json(left: Elements) -> str:
    """Elements as a text of JSON: a value by its path, a list where there are several."""
    shown = {path: values[0] if len(values) == 1 else values for path, values in left.items()}
    return json.dumps(shown, ensure_ascii=False)
