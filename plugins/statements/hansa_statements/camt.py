"""ISO 20022 camt.052, camt.053 and camt.054 of every version: one row for each booked entry, or each transaction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import polars as pl
from hansa.errors import DataError
from hansa.sources import Binding

from hansa_statements import text as encodings
from hansa_statements.amounts import ZERO, added, decimal_sign, of_xml, written
from hansa_statements.camt_balance import Statement
from hansa_statements.camt_entry import ENTRY_COLUMNS, TRANSACTION_COLUMNS, Elements, Entry, as_json, columns_of
from hansa_statements.rows import Findings, Row, checked
from hansa_statements.words import refuse_layout
from hansa_statements.xml_text import declared, walk

Each = Literal["entry", "transaction"]
#: Announced or only told of: a booked entry follows, or none.
_NOT_BOOKED = frozenset({"PDNG", "INFO", "FUTR"})
_SPACE = re.compile(r"camt\.05[234]\.[0-9]{3}\.[0-9]{2}$")
_STATEMENTS = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}
_TEXTS = ("AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf")
_HEAD = {
    "statement": ("Id",),
    "statement_number": ("ElctrncSeqNb",),
    "legal_number": ("LglSeqNb",),
    "page": ("StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb"),
    "account": ("Acct/Id/IBAN", "Acct/Id/Othr/Id"),
    "account_currency": ("Acct/Ccy",),
}
#: The columns, in their order.
COLUMNS = (
    "line",
    "message_type",
    "message_id",
    *_HEAD,
    "amount",
    "currency",
    *ENTRY_COLUMNS,
    "transactions",
    *TRANSACTION_COLUMNS,
    "other",
    "statement_other",
    "statement_text",
)
#: Those of ``camt-transactions``: which transaction of its entry a row is, and the entry's own amount.
OF_TRANSACTIONS = (*COLUMNS, "transaction", "entry_amount")


def read(path: Path, binding: Binding, each: Each) -> pl.LazyFrame:
    """The file's entries. Errors: DataError with the line; MeshError for a word that it does not take."""
    refuse_layout(binding, "camt")
    codec = encodings.settled(path, declared(path), encodings.said(binding), binding.uri)
    names = COLUMNS if each == "entry" else OF_TRANSACTIONS
    signs = {name: decimal_sign(binding, name) for name in ("amount", "entry_amount")}
    texts: dict[int, str] = {}
    findings = Findings()

    def rows(wanted: bool) -> Iterator[Row]:
        walker = _Walker(binding.uri, each, signs, texts, wanted=wanted)
        for _ in walk(path, codec, binding.uri, walker):
            for row in walker.rows:
                yield tuple(row.get(name) or None for name in names) if wanted else ()
            walker.rows.clear()
        walker.refuse_other()
        if not wanted:
            findings.skipped.update(walker.skipped)
            if walker.unborne:
                what = f"{walker.unborne} of its statements say no opening and closing balance"
                findings.notes.append(f"{what}: nothing bears their entries out")

    return checked(names, rows, path, binding.uri, findings)


class _Walker:
    """Puts elements together to entries, and entries to rows; ``skipped`` counts those that are not booked.

    ``unborne`` counts the statements (of camt.053 alone) without the balances by which their entries are checked.
    ``texts`` are the texts behind the entries of a statement, by its number: known from the second pass on. Rows that
    are not wanted are empty.
    """

    def __init__(self, place: str, each: Each, signs: dict[str, str], texts: dict[int, str], *, wanted: bool) -> None:
        self.rows: list[dict[str, str | None]] = []
        self._texts, self._wanted = texts, wanted
        self.skipped: Counter[str] = Counter()
        self.unborne = 0
        self._place, self._each, self._signs = place, each, signs
        self._path: list[str] = []
        self._kind = self._message_type = self._message_id = ""
        self._base = self._number = 0
        self._statement: Statement | None = None
        self._entry: Entry | None = None
        self._target: Elements | None = None
        self._from = 0  # where in the path the names within the target begin

    def opened(self, name: str, space: str, attributes: dict[str, str], line: int) -> None:
        """An element begins."""
        path = self._path
        path.append(name)
        depth = len(path) - self._base
        if not self._kind:
            if name in _STATEMENTS and (found := _SPACE.search(space)):
                self._kind, self._base, self._message_type = _STATEMENTS[name], len(path), found[0]
            return
        if depth == 1 and name == self._kind:
            self._number += 1
            self._statement = Statement(self._number, line, name)
            self._aim(self._statement.elements)
        elif depth == 2 and name == "Ntry" and self._statement is not None:
            self._entry = Entry(line)
            self._aim(self._entry.elements)
        elif depth == 2 and name == "Bal" and self._statement is not None:
            self._statement.balances.append({})
            self._aim(self._statement.balances[-1])
        elif depth == 4 and self._entry is not None and name == "TxDtls" and path[-2] == "NtryDtls":
            self._open_transaction(self._entry)
        if attributes and self._target is not None:
            for key, value in attributes.items():
                if " " not in key:
                    self._keep(f"@{key}", value)

    def closed(self, name: str, text: str | None, line: int) -> None:
        """An element ends."""
        path = self._path
        depth = len(path) - self._base
        if text and self._target is not None:
            self._keep("", text)
        elif text and depth == 2 and path[-2:] == ["GrpHdr", "MsgId"]:
            self._message_id = text
        path.pop()
        if depth > 4 or not self._kind:
            return
        if depth == 0:
            self._kind, self._base = "", 0
        elif depth == 4 and name == "TxDtls" and self._entry is not None:
            self._aim(self._entry.elements, 2)
        elif depth == 2 and name == "Bal" and self._statement is not None:
            self._aim(self._statement.elements, 1)
        elif depth == 2 and name == "Ntry" and self._entry is not None and self._statement is not None:
            self._take(self._entry, self._statement)
            self._entry = None
            self._aim(self._statement.elements, 1)
        elif depth == 1 and self._statement is not None:
            borne = self._statement.check(self._place, line)
            self.unborne += not borne and self._kind == "Stmt"
            elements = self._statement.elements
            if texts := [text for name in _TEXTS for text in elements.get(name, ())]:
                self._texts[self._number] = "\n".join(texts)
            self._statement = self._target = None

    def refuse_other(self) -> None:
        """Errors: DataError for a file without a single statement."""
        if not self._number:
            raise DataError(
                "statement.kind",
                "it holds no statement of camt.052, camt.053 or camt.054",
                where=self._place,
                next_step="name the right file or format",
            )

    def _aim(self, target: Elements, depth: int | None = None) -> None:
        """From now on elements are kept in ``target``, by their path below the element that stands at ``depth``."""
        self._target = target
        self._from = len(self._path) if depth is None else self._base + depth

    def _keep(self, attribute: str, value: str) -> None:
        parts = self._path[self._from :]
        if attribute:
            parts.append(attribute)
        if self._target is not None:
            self._target.setdefault("/".join(parts), []).append(value)

    def _open_transaction(self, entry: Entry) -> None:
        """Of a batch that becomes one row only the first transaction is kept, and of that nothing will be shown."""
        entry.count += 1
        if self._each == "entry" and entry.count > 1:
            self._target = None
            return
        entry.transactions.append({})
        self._aim(entry.transactions[-1])

    def _take(self, entry: Entry, statement: Statement) -> None:
        amount, direction = of_xml(entry.one("Amt") or ""), entry.one("CdtDbtInd") or ""
        if any(len(entry.elements.get(path, ())) > 1 for path in ("Amt", "CdtDbtInd", "RvslInd", "Sts")):
            raise self._refused("an entry says its amount, direction or status twice", entry)
        entry.currency = entry.one("Amt/@Ccy") or ""
        if amount is None or amount < 0 or direction not in {"CRDT", "DBIT"} or not entry.currency:
            raise self._refused("an entry has no amount, currency or direction in the form of camt", entry)
        # RvslInd says why the entry was made; CdtDbtInd is its direction, of a reversal too.
        entry.amount = amount if direction == "CRDT" else -amount
        statement.take(entry, direction, amount)
        if (status := entry.status) not in {"BOOK", None}:
            rule = f"status {status}" if status in _NOT_BOOKED else "status of its own"
            self.skipped[rule] += 1
            return
        if self._each == "entry":
            self.rows.append(self._row(entry, statement, entry.transactions[0] if entry.count == 1 else None))
            return
        for number, (transaction, part) in enumerate(self._parts(entry), 1):
            row = self._row(entry, statement, transaction)
            row["amount"], row["transaction"] = written(part, self._signs["amount"]), str(number)
            row["entry_amount"] = written(entry.amount, self._signs["entry_amount"])
            self.rows.append(row)

    def _row(self, entry: Entry, statement: Statement, transaction: Elements | None) -> dict[str, str | None]:
        if not self._wanted:
            return {}
        if not statement.shown:
            statement.shown = {
                "message_type": self._message_type,
                "message_id": self._message_id,
                **_head_of(statement.elements),
                "statement_text": self._texts.get(self._number),
            }
        return {
            "line": str(entry.line),
            **statement.shown,
            **columns_of(entry, transaction),
            "amount": written(entry.amount, self._signs["amount"]),
            "currency": entry.currency,
            "transactions": str(entry.count),
        }

    def _parts(self, entry: Entry) -> list[tuple[Elements | None, Decimal]]:
        """The transactions of an entry with their signed amounts, which together are the entry's."""
        if entry.count < 2:
            return [(entry.transactions[0] if entry.transactions else None, entry.amount)]
        parts: list[tuple[Elements | None, Decimal]] = []
        total = ZERO
        for transaction in entry.transactions:
            amount = _amount_in(transaction, entry.currency)
            direction = (transaction.get("CdtDbtInd") or [entry.one("CdtDbtInd") or ""])[0]
            if amount is None or direction not in {"CRDT", "DBIT"}:
                raise self._batch("a transaction of a batch has no amount in the currency of its entry", entry)
            signed = amount if direction == "CRDT" else -amount
            total = added(total, signed)
            parts.append((transaction, signed))
        if total != entry.amount:
            raise self._batch("the transactions of a batch do not sum up to its entry", entry)
        return parts

    def _refused(self, what: str, entry: Entry) -> DataError:
        return DataError("statement.field", what, where=f"{self._place}:{entry.line}", next_step="ask the bank")

    def _batch(self, what: str, entry: Entry) -> DataError:
        return DataError(
            "statement.batch",
            what,
            where=f"{self._place}:{entry.line}",
            next_step="read it by format: camt, one row for each entry",
        )


def _head_of(elements: Elements) -> dict[str, str | None]:
    """The columns of a statement, and as JSON what stands before its entries and is neither one nor checked."""
    head = {
        name: next((values[0] for path in paths if (values := elements.get(path))), None)
        for name, paths in _HEAD.items()
    }
    taken = {path for paths in _HEAD.values() for path in paths}
    left = {path: values for path, values in elements.items() if path not in taken and not path.startswith("TxsSummry")}
    return {**head, "statement_other": as_json(left) if left else None}


def _amount_in(transaction: Elements, currency: str) -> Decimal | None:
    """The amount of a transaction in the currency of its entry, where that currency is written at it."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt"):
        values, currencies = transaction.get(path), transaction.get(f"{path}/@Ccy")
        if values and currencies == [currency]:
            return of_xml(values[0])
    return None
