"""What ``physicalType`` says beside a logical type: precision and scale of a number, or a contradiction."""

from __future__ import annotations

import re
from dataclasses import replace

from hansa.contract.model import Column
from hansa.contract.place import Place
from hansa.contract.types import DECIMALS, decimal_of, logical_type_of
from hansa.errors import HansaError
from hansa.near import near

#: Decimals of fixed scale, which differs from platform to platform.
_MONEY = ("MONEY", "SMALLMONEY")
_FLOATING = (
    "DOUBLE",
    "FLOAT",
    "REAL",
    "HALF",
    "FLOAT4",
    "FLOAT8",
    "FLOAT16",
    "FLOAT32",
    "FLOAT64",
    "BFLOAT16",
    "BINARY_FLOAT",
    "BINARY_DOUBLE",
)
#: Platforms' whole numbers that no logical type is derived from, since Int64 need not hold them.
_UNSIGNED = re.compile(r"(?:(?:TINY|SMALL|MEDIUM|BIG)?INT|INTEGER) UNSIGNED|UINT(?:8|16|32|64)?|BYTEINT|HUGEINT")
_FORM = "DECIMAL(p,s), such as DECIMAL(18,2), or DOUBLE for a floating number"

#: Logical types that no platform keeps as the other.
_CONTRADICTING = {
    ("date", "boolean"),
    ("timestamp", "boolean"),
    ("boolean", "date"),
    ("boolean", "timestamp"),
}


def with_physical_type(column: Column, physical: Place) -> Column:
    """The column with the precision and scale that its physical type tells; a floating number has none.

    Errors: ContractError for a physical type that contradicts, and beside a number for one that is not understood: a
    misspelt decimal would be kept as a floating number, and amounts with it.
    """
    text = (physical.text or "").strip()
    if not text:
        return column
    if column.logical_type == "number":
        return _number(column, text, physical)
    meant = logical_type_of(text)
    if (column.logical_type, meant) in _CONTRADICTING:
        raise _contradiction(column, physical, f"write logicalType: {meant}, or another physicalType")
    return column


def _number(column: Column, text: str, physical: Place) -> Column:
    found = decimal_of(text)
    if found is not None:
        if not _can_be_kept(*found):
            what = f"{text} is no decimal that can be kept"
            raise physical.fault("decimal", what, "write DECIMAL(p,s) with p from 1 to 38 and s from 0 to p")
        return replace(column, precision=found[0], scale=found[1])
    base = " ".join(text.partition("(")[0].upper().split())
    meant = logical_type_of(text)
    if meant not in (None, "integer", "number"):
        raise _contradiction(column, physical, f"write {_FORM}")
    if base in (*DECIMALS, *_MONEY) and "(" not in text:
        what = f"physicalType {text} of column '{column.name}' says neither precision nor scale"
        raise physical.fault("decimal", what, "write them, such as DECIMAL(18,2), or DOUBLE for a floating number")
    if base in _FLOATING or _UNSIGNED.fullmatch(base) or (meant is not None and base not in DECIMALS):
        return column
    close = _near(base, text)
    what = f"physicalType {text} of column '{column.name}' is not known for a number"
    raise physical.fault("decimal", what, f"did you mean '{close}'?" if close else f"write {_FORM}")


def _can_be_kept(precision: int, scale: int) -> bool:
    return 1 <= precision <= 38 and 0 <= scale <= precision


def _contradiction(column: Column, physical: Place, mend: str) -> HansaError:
    what = f"physicalType {physical.text} of column '{column.name}' is a {logical_type_of(physical.text or '')}"
    return physical.fault("type", f"{what} and contradicts logicalType {column.logical_type}", mend)


def _near(base: str, text: str) -> str | None:
    """The physical type that was meant; a decimal only with a precision that can be read from ``text``."""
    close = near(base, [*DECIMALS, *_FLOATING])
    if close not in DECIMALS:
        return close
    found = re.match(r"\s*([0-9]{1,4})(?:\s*[.,;:/ ]\s*([0-9]{1,4}))?\s*(?:\)|$)", text.partition("(")[2])
    if found is None:
        return None
    numbers = [number for number in found.groups() if number]
    meant = f"{close}({','.join(numbers)})"
    return meant if _can_be_kept(*(decimal_of(meant) or (0, 0))) else None
