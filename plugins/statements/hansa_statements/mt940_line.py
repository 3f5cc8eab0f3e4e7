"""The statement line ``:61:`` and the balances of MT940."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from hansa.errors import DataError

from hansa_statements.amounts import of_swift
from hansa_statements.days import beside, swift_day
from hansa_statements.mt940_fields import Field

# Value date, entry date without a year or four blanks, mark, third letter of the currency, amount, kind, references.
_LINE = re.compile(r"([0-9]{6})([0-9]{4}| {4})?(RC|RD|C|D)([A-Z])?([0-9]+,[0-9]*)([SNF][A-Z0-9 ]{3})(.*)")
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9]+,[0-9]*)")
#: The reversal of a credit takes money away, the reversal of a debit gives it back.
_NEGATIVE = frozenset({"D", "RC"})


@dataclass(frozen=True)
class Balance:
    """An opening or closing balance, signed; ``first`` says that it is one of a statement, not of a page."""

    amount: Decimal
    currency: str
    day: str
    whole: bool


@dataclass(frozen=True)
class Line:
    """A statement line; ``amount`` is signed, ``letter`` the third letter of its currency if it was written."""

    value_date: str
    entry_date: str | None
    mark: str
    letter: str | None
    amount: Decimal
    kind: str
    customer_reference: str | None
    bank_reference: str | None
    supplementary: str | None


def balance_of(field: Field, window: int, place: str) -> Balance:
    """Read ``:60F:``, ``:60M:``, ``:62F:`` or ``:62M:``. Errors: DataError with the line."""
    found = _BALANCE.fullmatch(field.value)
    amount = of_swift(found[4]) if found else None
    if found is None or amount is None or field.text.count("\n"):
        raise _refused(f"the balance :{field.tag}: is not in the form of MT940", field, place)
    signed = -amount if found[1] == "D" else amount
    return Balance(signed, found[3], swift_day(found[2], window), field.tag.endswith("F"))


def line_of(field: Field, currency: str, window: int, place: str) -> Line:
    """Read a ``:61:`` of an account in ``currency``. Errors: DataError with the line."""
    found = _LINE.fullmatch(field.lines[0].rstrip())
    amount = of_swift(found[5]) if found else None
    if found is None or amount is None:
        raise _refused("the statement line :61: is not in the form of MT940", field, place)
    if found[4] and found[4] != currency[2]:
        raise _refused(
            "the letter behind the mark of :61: is not the third one of the account's currency", field, place
        )
    value_date = swift_day(found[1], window)
    # A 30 February is a day of some banks' interest, and its row is for the gate to judge; a 13th month is of nobody.
    if not ("01" <= found[1][2:4] <= "12" and "01" <= found[1][4:6] <= "31"):
        raise _refused("the value date of :61: is no day", field, place)
    entry_date = beside(found[2], value_date) if (found[2] or "").strip() else None
    if entry_date is None and (found[2] or "").strip():
        raise _refused("the entry date of :61: is no day near its value date", field, place)
    customer, _, bank = found[7].partition("//")
    return Line(
        value_date=value_date,
        entry_date=entry_date,
        mark=found[3],
        letter=found[4],
        amount=-amount if found[3] in _NEGATIVE else amount,
        kind=found[6].rstrip(),
        customer_reference=customer.strip() or None,
        bank_reference=bank.strip() or None,
        supplementary="\n".join(field.lines[1:]).rstrip() or None,
    )


def _refused(what: str, field: Field, place: str) -> DataError:
    return DataError(
        "statement.field", what, where=f"{place}:{field.line}", next_step="ask the bank, or mend the line by its paper"
    )
