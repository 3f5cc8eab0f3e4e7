"""A ``Reading`` as JSON and back, so that refused rows are read again in the way in which they came.

What an earlier release knows is written as it wrote it; whatever is new since stands there only where it is used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hansa.cast.numbers import NumberForm
from hansa.cast.reading import Flag, Fold, Offset, Reading, TwoColumns, ZoneColumn

_MICROSECOND = dt.timedelta(microseconds=1)
#: Fields of a form that stand in it always.
_FIRST = ("decimal", "grouping", "negative", "positive")
_PLAIN = NumberForm()
_SIGNS = {"flag": Flag, "two_columns": TwoColumns}


def reading_told(reading: Reading) -> dict[str, Any]:
    """The reading as values of JSON, without what it reads ``instead``."""
    told: dict[str, Any] = {
        "formats": {name: list(formats) for name, formats in reading.formats.items()},
        "zones": dict(reading.zones),
        "offsets": {name: [offset.column, offset.by // _MICROSECOND] for name, offset in reading.offsets.items()},
        "binary_noise": sorted(reading.binary_noise),
    }
    more: dict[str, Any] = {
        "numbers": {name: _form_told(form) for name, form in reading.numbers.items()},
        "before": dict(reading.before),
        "digits": dict(reading.digits),
        "years": dict(reading.years),
        "signs": {name: _sign_told(sign) for name, sign in reading.signs.items()},
        "zone_columns": {name: asdict(zone) for name, zone in reading.zone_columns.items()},
        "folds": {name: asdict(fold) for name, fold in reading.folds.items()},
    }
    return told | {word: value for word, value in more.items() if value}


def reading_of(told: Mapping[str, Any]) -> Reading:
    """The reading that was told."""
    return Reading(
        formats={name: tuple(formats) for name, formats in told["formats"].items()},
        zones=told["zones"],
        offsets={name: Offset(column, dt.timedelta(microseconds=by)) for name, (column, by) in told["offsets"].items()},
        binary_noise=frozenset(told["binary_noise"]),
        numbers={name: NumberForm(**_tuples(form)) for name, form in told.get("numbers", {}).items()},
        before=told.get("before", {}),
        digits=told.get("digits", {}),
        years=told.get("years", {}),
        signs={name: _sign(sign) for name, sign in told.get("signs", {}).items()},
        zone_columns={name: ZoneColumn(**zone) for name, zone in told.get("zone_columns", {}).items()},
        folds={name: Fold(**_tuples(fold)) for name, fold in told.get("folds", {}).items()},
    )


def only_first_words(reading: Reading) -> bool:
    """True if a release that knows nothing of a form but its decimal, grouping and marks reads it in the same way."""
    others = (reading.before, reading.digits, reading.years, reading.signs, reading.zone_columns, reading.folds)
    return not any(others) and all(set(_form_told(form)) == {*_FIRST} for form in reading.numbers.values())


def _form_told(form: NumberForm) -> dict[str, Any]:
    known = [one.name for one in fields(form)]
    used = [name for name in known if name in _FIRST or getattr(form, name) != getattr(_PLAIN, name)]
    return {name: _listed(getattr(form, name)) for name in used}


def _sign_told(sign: Flag | TwoColumns) -> dict[str, Any]:
    kind = "flag" if isinstance(sign, Flag) else "two_columns"
    return {"kind": kind} | {name: _listed(value) for name, value in asdict(sign).items()}


def _sign(told: Mapping[str, Any]) -> Flag | TwoColumns:
    made: Flag | TwoColumns = _SIGNS[told["kind"]](**_tuples({name: told[name] for name in told if name != "kind"}))
    return made


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tuples(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
