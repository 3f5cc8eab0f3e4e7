"""OFX 1.x (SGML) and 2.x (XML), QFX as well: one row for each transaction of an account or a card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from hansa.errors import DataError
from hansa.sources import Binding

from hansa_statements import text as encodings
from hansa_statements.amounts import decimal_sign, declared_sign, written
from hansa_statements.days import ofx_day
from hansa_statements.ofx_amount import Marks
from hansa_statements.ofx_text import Tag, declared, tags
from hansa_statements.rows import Row, checked
from hansa_statements.words import refuse_layout

#: Column -> tag within a transaction, where its value is taken as it is.
_TEXTS = {
    "type": "TRNTYPE",
    "id": "FITID",
    "corrects_id": "CORRECTFITID",
    "corrects_action": "CORRECTACTION",
    "server_id": "SRVRTID",
    "check_number": "CHECKNUM",
    "reference": "REFNUM",
    "sic": "SIC",
    "payee_id": "PAYEEID",
    "name": "NAME",
    "payee_name": "PAYEE/NAME",
    "extended_name": "EXTDNAME",
    "memo": "MEMO",
    "counterparty_bank": "BANKACCTTO/BANKID",
    "counterparty_account": "BANKACCTTO/ACCTID",
    "counterparty_card": "CCACCTTO/ACCTID",
    "original_currency": "ORIGCURRENCY/CURSYM",
    "original_rate": "ORIGCURRENCY/CURRATE",
}
_DAYS = {"posted": "DTPOSTED", "initiated": "DTUSER", "available": "DTAVAIL"}
_ACCOUNT = {"account_bank": "BANKID", "account_branch": "BRANCHID", "account": "ACCTID", "account_type": "ACCTTYPE"}
#: The columns, in their order.
COLUMNS = (
    "line",
    "statement_kind",
    *_ACCOUNT,
    "account_currency",
    "amount",
    "currency",
    *(f"{name}_{what}" for name in _DAYS for what in ("on", "at")),
    *_TEXTS,
    "other",
)
_KINDS = {"STMTRS": "account", "CCSTMTRS": "card"}
_WITHIN = frozenset({"PAYEE", "BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY", "IMAGEDATA"})
_TAKEN = {*_TEXTS.values(), *_DAYS.values(), "TRNAMT", "CURRENCY/CURSYM"}
#: What holds entries that are not read here; such a file must not seem to be without them.
_FOREIGN = {"INVSTMTRS", "LOANSTMTRS", "STMTTRNP", "TAX1099RS"}


def read(path: Path, binding: Binding) -> pl.LazyFrame:
    """The file's transactions. Errors: DataError with the line; MeshError for a word that it does not take."""
    refuse_layout(binding, "ofx")
    codec = encodings.settled(path, declared(path, binding.uri), encodings.said(binding), binding.uri)

    def rows(_: bool) -> Iterator[Row]:
        reader = _Reader(binding)
        for tag in tags(path, codec, binding.uri):
            if (row := reader.take(tag)) is not None:
                yield tuple(row.get(name) or None for name in COLUMNS)
        reader.end()

    return checked(COLUMNS, rows, path, binding.uri)


class _Reader:
    """Takes the tags in their order. Leaves need no closing tag, and an empty one has none at all in SGML."""

    def __init__(self, binding: Binding) -> None:
        self._place = binding.uri
        self._sign = decimal_sign(binding, "amount")
        self._marks = Marks(declared_sign(binding, "amount"), binding.uri)
        self._statement: dict[str, str] | None = None
        self._statements = 0
        self._account = False
        self._status = ""
        self._started = self._done = False
        self._transaction: dict[str, list[str]] | None = None
        self._line = 0
        self._within = ""

    def take(self, tag: Tag) -> dict[str, str | None] | None:
        """One tag; a row when it ends a transaction. Errors: DataError with the line."""
        name = tag.name
        if not self._started:
            self._started = name == "OFX" and not tag.closing
            return None
        self._done = self._done or (name == "OFX" and tag.closing)
        if self._transaction is not None:
            return self._of_transaction(tag, self._transaction)
        if name == "STMTTRN":
            self._open_transaction(tag)
        elif name in _FOREIGN and not tag.closing:
            raise DataError(
                "statement.kind",
                f"it holds {name}, which is not read: accounts and cards with booked transactions are",
                where=f"{self._place}:{tag.line}",
                next_step="ask for the statements of accounts in a file of their own",
            )
        elif name in _KINDS:
            self._statement = None if tag.closing else {"statement_kind": _KINDS[name]}
            self._statements += not tag.closing
        else:
            self._of_statement(tag)
        return None

    def end(self) -> None:
        """Errors: DataError for a file that is cut, or holds no statement."""
        if self._started and not self._done:
            raise DataError(
                "statement.cut", "it ends before </OFX>", where=self._place, next_step="ask for the file again"
            )
        if not self._statements:
            raise DataError(
                "statement.kind",
                "it holds no statement of an account or a card",
                where=self._place,
                next_step="name the right file or format",
            )

    def _of_statement(self, tag: Tag) -> None:
        if tag.name in {"BANKACCTFROM", "CCACCTFROM"}:
            self._account = not tag.closing
        elif tag.closing or not tag.text:
            return
        elif tag.name == "SEVERITY" and tag.text.upper() == "ERROR":
            raise DataError(
                "statement.status",
                "the bank answered with an error instead of a statement",
                where=f"{self._place}:{tag.line}",
                next_step="ask for the statement again",
            )
        elif self._statement is not None:
            if tag.name == "CURDEF":
                self._statement["account_currency"] = tag.text
            elif self._account:
                column = next((column for column, name in _ACCOUNT.items() if name == tag.name), None)
                if column:
                    self._statement[column] = tag.text

    def _open_transaction(self, tag: Tag) -> None:
        if tag.closing or self._statement is None:
            raise self._refused("a transaction stands outside of a statement, or ends before it begins", tag.line)
        self._transaction, self._line, self._within = {}, tag.line, ""

    def _of_transaction(self, tag: Tag, found: dict[str, list[str]]) -> dict[str, str | None] | None:
        name = tag.name
        if name == "STMTTRN":
            if not tag.closing:
                raise self._refused("a transaction begins before the one before it ended", tag.line)
            self._transaction = None
            return self._row(found)
        if name in {"BANKTRANLIST", "STMTRS", "CCSTMTRS", "OFX"}:
            raise self._refused("a transaction is not ended", self._line)
        if name in _WITHIN and not tag.text:
            self._within = "" if tag.closing else f"{name}/"
        elif not tag.closing:
            found.setdefault(f"{self._within}{name}", []).append(tag.text)
        return None

    def _row(self, found: dict[str, list[str]]) -> dict[str, str | None]:
        statement = self._statement or {}
        currency = "".join(found.get("CURRENCY/CURSYM", ())) or statement.get("account_currency", "")
        doubled = [name for name in ("TRNAMT", "DTPOSTED", "FITID") if len(found.get(name, ())) > 1]
        if doubled:
            raise self._refused(f"{doubled[0]} stands twice in a transaction", self._line)
        row: dict[str, str | None] = {"line": str(self._line), **statement, "currency": currency}
        amount = self._marks.read("".join(found.get("TRNAMT", ())), currency, self._line)
        row["amount"] = written(amount, self._sign)
        for name, tag in _DAYS.items():
            row[f"{name}_on"], row[f"{name}_at"] = ofx_day("".join(found.get(tag, ())))
        row.update({name: "\n".join(found.get(tag, ())) for name, tag in _TEXTS.items()})
        left = {
            name: values[0] if len(values) == 1 else values
            for name, values in found.items()
            if name not in _TAKEN and any(values)
        }
        row["other"] = json.dumps(left, ensure_ascii=False) if left else None
        return row

    def _refused(self, what: str, line: int) -> DataError:
        return DataError("statement.field", what, where=f"{self._place}:{line}", next_step="ask for the file again")
