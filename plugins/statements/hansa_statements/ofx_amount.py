"""Amounts of OFX: the standard allows a point or a comma before the decimals, and nothing between thousands."""

from __future__ import annotations

import re
from decimal import Decimal

from hansa.errors import DataError

_AMOUNT = re.compile(r"([+-]?)([0-9]{0,40})(?:([.,])([0-9]{0,40}))?")
#: Currencies whose amounts have three decimals.
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


class Marks:
    """Reads the amounts of one file, in which one sign stands before the decimals.

    ``declared`` is the sign that the binding names. Where it names none, exactly three digits behind a sign may be
    thousands of a careless writer: such a file is read when its owner has said what the sign is.
    """

    def __init__(self, declared: str | None, place: str) -> None:
        self._sign, self._declared, self._place = declared, declared is not None, place

    def read(self, text: str, currency: str, line: int) -> Decimal:
        """The amount. Errors: DataError with the line."""
        found = _AMOUNT.fullmatch(text)
        if found is None or not (found[2] or found[4]):
            raise DataError(
                "statement.field",
                "TRNAMT is no amount in the form of OFX",
                where=f"{self._place}:{line}",
                next_step="ask the bank",
            )
        sign, fraction = found[3], found[4] or ""
        if sign:
            if self._sign not in {None, sign}:
                raise self._unsure("'.' and ',' both stand before decimals, or another one than was declared", line)
            if not self._declared and found[2] and len(fraction) == 3 and currency not in _THOUSANDTHS:
                raise self._unsure(f"three digits behind '{sign}' may be decimals or thousands", line)
            self._sign = sign
        return Decimal(f"{found[1]}{found[2] or '0'}.{fraction or '0'}")

    def _unsure(self, what: str, line: int) -> DataError:
        return DataError(
            "statement.decimal",
            what,
            where=f"{self._place}:{line}",
            next_step="write decimal: {amount: '.'} or ',' under the mapping of the source, as the bank means it",
        )
