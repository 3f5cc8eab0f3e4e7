"""Types and typed values: what a physical type means, and an author's characters as a value of a column's type."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from zoneinfo import ZoneInfo

from hansa.contract.model import Bound, Column, LogicalType

#: The logical types that a column can have.
LOGICAL_TYPES: tuple[LogicalType, ...] = get_args(LogicalType)

#: Words of decimals with precision and scale.
DECIMALS = ("DECIMAL", "NUMERIC", "DEC", "NUMBER", "DECIMAL128", "DECIMAL256", "BIGNUMERIC", "BIGDECIMAL")

_PHYSICAL: dict[LogicalType, str] = {
    "string": """
        VARCHAR CHAR NVARCHAR NCHAR VARCHAR2 NVARCHAR2 BPCHAR TEXT TINYTEXT MEDIUMTEXT LONGTEXT STRING CLOB UUID
    """,
    "integer": """
        INT INTEGER BIGINT SMALLINT TINYINT MEDIUMINT INT2 INT4 INT8 INT16 INT32 INT64 LONG SHORT SERIAL BIGSERIAL
    """,
    "number": """
        DECIMAL NUMERIC DEC DECIMAL128 DECIMAL256 BIGNUMERIC BIGDECIMAL
        DOUBLE FLOAT REAL FLOAT4 FLOAT8 FLOAT32 FLOAT64
    """,
    "date": "DATE DATE32",
    "time": "TIME TIME64",
    "timestamp": """
        TIMESTAMP TIMESTAMPTZ DATETIME DATETIME2 DATETIMEOFFSET TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ
    """,
    "boolean": "BOOLEAN BOOL",
}
_PHRASES: dict[str, LogicalType] = {
    "CHARACTER VARYING": "string",
    "CHARACTER": "string",
    "DOUBLE PRECISION": "number",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMP WITH LOCAL TIME ZONE": "timestamp",
    "TIME WITHOUT TIME ZONE": "time",
}
_MEANING: dict[str, LogicalType] = {
    name: kind for kind, names in _PHYSICAL.items() for name in names.split()
} | _PHRASES

_DECIMAL = re.compile(
    rf"(?:{'|'.join(DECIMALS)})\s*\(\s*([0-9]{{1,4}})\s*(?:,\s*(-?[0-9]{{1,4}})\s*)?\)", re.IGNORECASE
)
_WHOLE = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_OF_DAY = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_TOO_FINE = re.compile(r"[.,][0-9]{7}")

#: What Int64 holds.
WHOLE_RANGE = (-(2**63), 2**63 - 1)


def logical_type_of(physical: str) -> LogicalType | None:
    """The logical type that a physical type clearly means; None where it is not clear (``NUMBER``, ``VARIANT``)."""
    if decimal_of(physical) is not None:
        return "number"
    bare = " ".join(re.sub(r"\([^)]*\)", " ", physical).upper().split())
    return _MEANING.get(bare)


def decimal_of(physical: str) -> tuple[int, int] | None:
    """Precision and scale of ``DECIMAL(p,s)``, unchecked; the scale is 0 if only ``p`` stands there."""
    found = _DECIMAL.fullmatch(physical.strip())
    return (int(found[1]), int(found[2] or 0)) if found else None


def step_of(column: Column) -> Any:
    """The least step between two values of the column's type; None for a type that has none."""
    match column.logical_type:
        case "integer":
            return 1
        case "number" if column.scale is not None:
            return Decimal(1).scaleb(-column.scale)
        case "date":
            return dt.timedelta(days=1)
        case "timestamp":
            return dt.timedelta(microseconds=1)
    return None


def typed(column: Column, text: str) -> Bound:
    """``text`` as a value of the column's type, exactly.

    Errors: ValueError with a reason that completes "<text> ...", for a text that is no such value or would be rounded.
    """
    match column.logical_type:
        case "integer":
            return _whole(text)
        case "number" if column.scale is not None:
            return _decimal(text, column.precision or 38, column.scale)
        case "number":
            return _double(text)
        case "date":
            return _day(text)
        case "timestamp":
            return _instant(text, column)
        case "time":
            return _clock(text)
        case _:
            raise ValueError(f"cannot bound a {column.logical_type}")


def check_listed(column: Column, text: str) -> None:
    """Check that a listed value is one of the column's type, as the gate will read it.

    Errors: ValueError as ``typed``.
    """
    match column.logical_type:
        case "string":
            return
        case "boolean":
            if text not in ("true", "false"):
                raise ValueError("is neither true nor false")
        case "integer" if not _WHOLE.fullmatch(text):
            raise ValueError("is no whole number")
        case "number" if not _NUMBER.fullmatch(text):
            raise ValueError("is no number")
        case "object" | "array":
            raise ValueError("is no value of a nested column")
        case _:
            typed(column, text)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is no finite number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None


def _whole(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value():
        raise ValueError("is no whole number")
    if not WHOLE_RANGE[0] <= number <= WHOLE_RANGE[1]:
        raise ValueError("does not fit 64 bits")
    return int(number)


def _decimal(text: str, precision: int, scale: int) -> Decimal:
    number = _number(text)
    _, digits, exponent = number.normalize().as_tuple()
    if not isinstance(exponent, int) or -exponent > scale:
        raise ValueError(f"has more than the column's {scale} decimal places")
    if len(digits) + exponent > precision - scale:
        raise ValueError(f"does not fit DECIMAL({precision},{scale})")
    return number


def _double(text: str) -> float:
    number = float(_number(text))
    if number in (float("inf"), float("-inf")):
        raise ValueError("does not fit a double")
    return number


def _day(text: str) -> dt.date:
    if not _DAY.fullmatch(text):
        raise ValueError("is no date such as 2026-01-31")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("is a day that does not exist") from None


def _clock(text: str) -> dt.time:
    """A time of day without zone, to the microsecond."""
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("is no time of day such as 09:30:00")
    try:
        return dt.time.fromisoformat(text)
    except ValueError:
        raise ValueError("is a time of day that does not exist") from None


def _instant(text: str, column: Column) -> dt.datetime:
    """A time with zone becomes an instant in UTC, one without stays as it is."""
    if _TOO_FINE.search(text):
        raise ValueError("is finer than a microsecond")
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time such as 2026-01-31T00:00:00+08:00") from None
    if not column.zoned:
        if time.tzinfo is not None:
            raise ValueError("has an offset, and the column has no time zone")
        return time
    if time.tzinfo is None:
        if column.zone is None:
            raise ValueError("has no offset; write it as 2026-01-31T00:00:00+08:00")
        time = time.replace(tzinfo=ZoneInfo(column.zone))
    return time.astimezone(dt.UTC)
