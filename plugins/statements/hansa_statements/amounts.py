"""Amounts as exact decimals: digits are moved as characters, sums are made without rounding."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal

from hansa.sources import Binding

#: Wide enough for any sum of amounts of 40 digits; what would be rounded is an error of this code.
_EXACT = decimal.Context(prec=200, traps=[decimal.Inexact, decimal.InvalidOperation])
_COMMA = re.compile(r"[0-9]{1,40},[0-9]{0,40}")
_XML = re.compile(r"([+-]?)([0-9]{0,40})(?:\.([0-9]{0,40}))?")

ZERO = Decimal(0)


def of_swift(text: str) -> Decimal | None:
    """``1234,5`` of a SWIFT message, never signed, always with a comma; None if it is none."""
    return Decimal(text.replace(",", ".")) if _COMMA.fullmatch(text) else None


def of_xml(text: str) -> Decimal | None:
    """A decimal of XML Schema such as ``8.85000`` or ``-.5``; None if it is none."""
    found = _XML.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return None
    return Decimal(f"{found[1]}{found[2] or '0'}.{found[3] or '0'}")


def added(first: Decimal, second: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(first, second)


def less(first: Decimal, second: Decimal) -> Decimal:
    """The exact difference."""
    return _EXACT.subtract(first, second)


def written(amount: Decimal, sign: str = ".") -> str:
    """The shortest text of the same value, without an exponent, zeros behind the last decimal and minus zero."""
    text = format(amount, "f")
    whole, _, fraction = text.lstrip("-").partition(".")
    fraction = fraction.rstrip("0")
    shown = (whole.lstrip("0") or "0") + (f"{sign}{fraction}" if fraction else "")
    return f"-{shown}" if amount < 0 else shown


def decimal_sign(binding: Binding, column: str) -> str:
    """The sign that the gate will look for in ``column``, so that it is written with it."""
    return _of_column(binding, column) or binding.decimal or "."


def declared_sign(binding: Binding, column: str) -> str | None:
    """The sign that somebody declared for ``column``; None if nobody did: the point of a whole source says nothing."""
    return _of_column(binding, column) or (binding.decimal if binding.decimal != "." else None)


def _of_column(binding: Binding, column: str) -> str | None:
    mapping = binding.mapping
    taken = (sign for name, sign in mapping.decimal.items() if mapping.rename.get(name, name) == column)
    return next(taken, None)
