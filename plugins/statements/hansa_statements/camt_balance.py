"""What a camt statement says of itself, held against its entries: balances and totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hansa.errors import DataError

from hansa_statements.amounts import ZERO, added, less, of_xml, written
from hansa_statements.camt_entry import Elements, Entry

_COUNTS = "TxsSummry/TtlNtries/NbOfNtries"
_SUM = "TxsSummry/TtlNtries/Sum"
_CREDITS = ("TxsSummry/TtlCdtNtries/NbOfNtries", "TxsSummry/TtlCdtNtries/Sum")
_DEBITS = ("TxsSummry/TtlDbtNtries/NbOfNtries", "TxsSummry/TtlDbtNtries/Sum")


@dataclass
class Totals:
    """Number and sum of credits and of debits."""

    numbers: dict[str, int] = field(default_factory=lambda: {"CRDT": 0, "DBIT": 0})
    sums: dict[str, Decimal] = field(default_factory=lambda: {"CRDT": ZERO, "DBIT": ZERO})

    def take(self, direction: str, amount: Decimal) -> None:
        """One entry, ``amount`` without its sign."""
        self.numbers[direction] += 1
        self.sums[direction] = added(self.sums[direction], amount)

    def agree(self, said: Elements) -> bool:
        """True if all that the summary says is so."""
        whole = added(self.sums["CRDT"], self.sums["DBIT"])
        pairs = [
            (said.get(_COUNTS), Decimal(sum(self.numbers.values()))),
            (said.get(_SUM), whole),
            (said.get(_CREDITS[0]), Decimal(self.numbers["CRDT"])),
            (said.get(_CREDITS[1]), self.sums["CRDT"]),
            (said.get(_DEBITS[0]), Decimal(self.numbers["DBIT"])),
            (said.get(_DEBITS[1]), self.sums["DBIT"]),
        ]
        return all(values is None or of_xml(values[0]) == found for values, found in pairs)


@dataclass
class Statement:
    """One statement, report or notification; ``number`` counts them, ``shown`` are its columns in each row."""

    number: int
    line: int
    kind: str
    elements: Elements = field(default_factory=dict)
    balances: list[Elements] = field(default_factory=list)
    booked: Totals = field(default_factory=Totals)
    all: Totals = field(default_factory=Totals)
    currencies: set[str] = field(default_factory=set)
    shown: dict[str, str | None] = field(default_factory=dict)

    def take(self, entry: Entry, direction: str, amount: Decimal) -> None:
        """An entry; those that are not yet booked change no balance."""
        self.all.take(direction, amount)
        if entry.status in {"BOOK", None}:
            self.booked.take(direction, amount)
            self.currencies.add(entry.currency)

    def check(self, place: str, line: int) -> bool:
        """Hold the entries against balances and totals; false if there are no two balances.

        Errors: DataError with the line of the statement's end.
        """
        where = f"{place}:{line}"
        if not (self.booked.agree(self.elements) or self.all.agree(self.elements)):
            raise DataError(
                "statement.count",
                f"statement {self.number} of the file has other numbers or sums of entries than its summary says",
                where=where,
                next_step="entries are missing, doubled or changed; ask for the file again",
            )
        ends = self._ends(place)
        if ends is None:
            return False
        (opening, before), (closing, after) = ends
        if before != after or self.currencies - {before}:
            raise DataError(
                "statement.currency",
                f"statement {self.number} of the file mixes the currencies of its balances and entries",
                where=where,
                next_step="ask for the file again",
            )
        moved = less(self.booked.sums["CRDT"], self.booked.sums["DBIT"])
        if gap := less(closing, added(opening, moved)):
            raise DataError(
                "statement.balance",
                f"statement {self.number} of the file: the opening balance and the entries miss the closing balance "
                f"by {written(gap)}",
                where=where,
                next_step="entries are missing, doubled or changed; ask for the file again",
            )
        return True

    def _ends(self, place: str) -> tuple[tuple[Decimal, str], tuple[Decimal, str]] | None:
        """Opening and closing booked balance; None where one of them is not there.

        A page of a statement ends or begins with an interim balance. In an intraday report that is the balance of a
        moment, and its entries may be those since the report before: nothing follows from it.
        """
        codes: dict[str, list[Elements]] = {}
        for balance in self.balances:
            codes.setdefault((balance.get("Tp/CdOrPrtry/Cd") or [""])[0], []).append(balance)
        interim = codes.get("ITBD", []) if self.kind == "Stmt" else []
        # A statement of several days may have the balances of each, in either order.
        opening = next((min(codes[code], key=_day) for code in ("OPBD", "PRCD") if code in codes), None)
        closing = max(reversed(codes["CLBD"]), key=_day) if "CLBD" in codes else None
        if opening is None and interim and (closing is not None or len(interim) > 1):
            opening, interim = interim[0], interim[1:]
        if closing is None and interim:
            closing = interim[-1]
        if opening is None or closing is None:
            return None
        return self._amount(opening, place), self._amount(closing, place)

    def _amount(self, balance: Elements, place: str) -> tuple[Decimal, str]:
        amount = of_xml((balance.get("Amt") or [""])[0])
        direction = (balance.get("CdtDbtInd") or [""])[0]
        if amount is None or amount < 0 or direction not in {"CRDT", "DBIT"} or "Amt/@Ccy" not in balance:
            raise DataError(
                "statement.field",
                f"a balance of statement {self.number} of the file is not in the form of camt",
                where=f"{place}:{self.line}",
                next_step="ask the bank",
            )
        return (amount if direction == "CRDT" else -amount), balance["Amt/@Ccy"][0]


def _day(balance: Elements) -> str:
    """The day of a balance, empty if it says none."""
    return (balance.get("Dt/Dt") or balance.get("Dt/DtTm") or [""])[0][:10]
