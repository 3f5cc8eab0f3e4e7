"""SWIFT MT940: one row for each statement line, every message's balances checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import polars as pl
from hansa.errors import DataError
from hansa.sources import Binding

from hansa_statements import text as encodings
from hansa_statements.amounts import ZERO, added, decimal_sign, less, written
from hansa_statements.days import SWIFT_WINDOW
from hansa_statements.mt940_fields import Field, fields
from hansa_statements.mt940_line import Balance, Line, balance_of, line_of
from hansa_statements.mt940_text import COLUMNS as TEXT_COLUMNS
from hansa_statements.mt940_text import taken_apart
from hansa_statements.rows import Row, checked
from hansa_statements.words import refuse_layout

#: The columns, in their order.
COLUMNS = (
    "line",
    "message_reference",
    "related_reference",
    "account",
    "statement",
    "statement_number",
    "page",
    "currency",
    "opening_balance",
    "value_date",
    "entry_date",
    "mark",
    "reversal",
    "funds_letter",
    "amount",
    "transaction_type",
    "customer_reference",
    "bank_reference",
    "supplementary",
    "text",
    *TEXT_COLUMNS,
    "non_swift",
    "statement_text",
)
_HEAD = {"20": "message_reference", "21": "related_reference", "25": "account", "25P": "account", "28": "statement"}
_HEAD["28C"] = "statement"


def read(path: Path, binding: Binding) -> pl.LazyFrame:
    """The file's statement lines. Errors: DataError with the line; MeshError for a word that it does not take."""
    refuse_layout(binding, "mt940")
    codec = encodings.settled(path, None, encodings.said(binding), binding.uri)
    reader = _Reader(path, binding, codec)
    return checked(COLUMNS, reader.rows, path, binding.uri)


@dataclass
class _Message:
    """A message as far as it was read: a statement, or a page of one."""

    line: int
    head: dict[str, str] = field(default_factory=dict)
    opening: Balance | None = None
    closing: Balance | None = None
    total: Decimal = ZERO
    last: str = ""
    entry: Line | None = None
    entry_line: int = 0
    text: str = ""
    extra: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Reader:
    """Reads one file as often as it is asked; ``_texts`` are the texts behind statements, by the message's number."""

    def __init__(self, path: Path, binding: Binding, codec: str) -> None:
        self._path, self._codec, self._place = path, codec, binding.uri
        self._window = getattr(binding, "two_digit_years", None) or SWIFT_WINDOW
        self._signs = [decimal_sign(binding, column) for column in ("opening_balance", "amount")]
        self._texts: dict[int, str] = {}
        self._wanted = True

    def rows(self, wanted: bool) -> Iterator[Row]:
        """The rows of all messages, empty if they are not wanted. Errors: DataError with the line."""
        self._wanted = wanted
        self._pages: dict[tuple[str, str], tuple[int | None, Balance]] = {}
        number, message = 0, None
        for found in fields(self._path, self._codec, self._place):
            if found.tag in {"20", "-"} and message is not None:
                yield from self._ended(message, number, found.line)
                message = None
            if found.tag == "20":
                number, message = number + 1, _Message(found.line)
            if message is not None:
                yield from self._taken(message, number, found)
            elif found.tag != "-":
                raise self._tag(found, "stands outside of a message, which begins with :20:")
        if message is not None:
            yield from self._ended(message, number, message.line)
        if not number:
            raise DataError(
                "statement.kind",
                "it holds no message MT940, which begins with :20:",
                where=self._place,
                next_step="name the right file or format",
            )

    def _taken(self, message: _Message, number: int, found: Field) -> Iterator[Row]:
        """Take one field of a message; a row is whole when the field behind its texts comes."""
        tag = found.tag
        if tag not in {"86", "NS"}:
            yield from self._row(message, number)
        if tag in _HEAD:
            self._head(message, found)
        elif tag in {"60F", "60M"} and message.opening is None and message.closing is None:
            message.opening = balance_of(found, self._window, self._place)
            self._check_page(message, found)
        elif tag == "61" and message.opening is not None and message.closing is None:
            message.entry = line_of(found, message.opening.currency, self._window, self._place)
            message.entry_line, message.text, message.extra = found.line, "", []
            message.total = added(message.total, message.entry.amount)
        elif tag in {"62F", "62M"} and message.opening is not None and message.closing is None:
            message.closing = balance_of(found, self._window, self._place)
            self._check_balance(message, number, found)
        elif tag in {"64", "65"} and message.closing is not None:
            pass  # available balances: what may be spent, no booking
        elif tag == "86" and message.last in {"61", "NS"} and message.entry is not None and not message.text:
            message.text = found.text
        elif tag == "86" and message.closing is not None:
            message.notes.append(found.text)
        elif tag == "NS":
            (message.notes if message.entry is None else message.extra).append(found.text)
        else:
            raise self._tag(found, "is unknown to MT940 or stands where it cannot")
        message.last = tag

    def _head(self, message: _Message, found: Field) -> None:
        column = _HEAD[found.tag]
        if column in message.head or message.opening is not None:
            raise self._tag(found, "stands twice in a message, or behind its balance")
        message.head[column] = found.value

    def _row(self, message: _Message, number: int) -> Iterator[Row]:
        """The row of the line that was read last, if it was not yet given."""
        entry, opening, message.entry = message.entry, message.opening, None
        if entry is None or opening is None:
            return
        if not self._wanted:
            yield ()
            return
        statement, _, page = message.head.get("statement", "").partition("/")
        columns = {
            "line": str(message.entry_line),
            **message.head,
            "statement_number": statement,
            "page": page,
            "currency": opening.currency,
            "opening_balance": written(opening.amount, self._signs[0]),
            "value_date": entry.value_date,
            "entry_date": entry.entry_date,
            "mark": entry.mark,
            "reversal": "true" if entry.mark.startswith("R") else "false",
            "funds_letter": entry.letter,
            "amount": written(entry.amount, self._signs[1]),
            "transaction_type": entry.kind,
            "customer_reference": entry.customer_reference,
            "bank_reference": entry.bank_reference,
            "supplementary": entry.supplementary,
            "text": message.text,
            "non_swift": "\n".join(message.extra),
            "statement_text": self._texts.get(number),
            **taken_apart(message.text),
        }
        yield tuple(columns.get(name) or None for name in COLUMNS)

    def _ended(self, message: _Message, number: int, line: int) -> Iterator[Row]:
        yield from self._row(message, number)
        if message.closing is None:
            raise DataError(
                "statement.cut",
                f"message {number} of the file has no closing balance: it is cut, or no statement",
                where=f"{self._place}:{line}",
                next_step="ask for the file again",
            )
        if message.notes:
            self._texts[number] = "\n".join(message.notes)

    def _check_balance(self, message: _Message, number: int, found: Field) -> None:
        opening, closing = message.opening, message.closing
        assert opening is not None and closing is not None  # noqa: S101 - _taken asks for both
        if opening.currency != closing.currency:
            raise DataError(
                "statement.currency",
                f"message {number} of the file opens in one currency and closes in another",
                where=f"{self._place}:{found.line}",
                next_step="ask for the file again",
            )
        gap = less(closing.amount, added(opening.amount, message.total))
        if gap:
            raise DataError(
                "statement.balance",
                f"message {number} of the file: the opening balance and the entries miss the closing balance "
                f"by {written(gap)}",
                where=f"{self._place}:{found.line}",
                next_step="entries are missing, doubled or changed; ask for the file again",
            )
        self._keep_page(message)

    def _check_page(self, message: _Message, found: Field) -> None:
        """A page that follows another one of this file begins where that ended."""
        opening = message.opening
        key, page = self._page_of(message)
        before = self._pages.pop(key, None)
        if opening is None or before is None:
            return
        last, closing = before
        follows = page is None or last is None or page == last + 1
        if opening.whole or not follows or (opening.amount, opening.currency) != (closing.amount, closing.currency):
            raise DataError(
                "statement.page",
                "it does not begin where the page before it ended: a page is missing, or they are not in their order",
                where=f"{self._place}:{found.line}",
                next_step="ask for all pages of the statement",
            )

    def _keep_page(self, message: _Message) -> None:
        key, page = self._page_of(message)
        if message.closing is not None and not message.closing.whole:
            self._pages[key] = (page, message.closing)

    @staticmethod
    def _page_of(message: _Message) -> tuple[tuple[str, str], int | None]:
        number, _, page = message.head.get("statement", "").partition("/")
        return (message.head.get("account", ""), number), int(page) if page.isdecimal() else None

    def _tag(self, found: Field, what: str) -> DataError:
        return DataError(
            "statement.tag",
            f"the tag :{found.tag}: {what}",
            where=f"{self._place}:{found.line}",
            next_step="look whether the file is MT940 and whole",
        )
