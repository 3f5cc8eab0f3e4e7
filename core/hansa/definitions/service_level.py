"""How fresh a product is promised to be: the service levels ``frequency`` and ``latency`` of its contract."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from hansa.contract.model import Contract

#: Seconds of each unit that authors write.
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "mo": 30 * 86400, "y": 365 * 86400}
_LONG = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "mo", "year": "y", "yr": "y"}
_DURATION = re.compile(
    r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?"
)
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
#: Of a frequency without a latency this share more passes before a product is called late.
_GRACE = 0.25
#: The lines of the service levels where the file is written in blocks.
_PART = re.compile(r"^slaProperties:.*\n(?:(?:[ #-].*)?\n)*", re.MULTILINE)
_PROPERTIES = ("frequency", "latency")


def freshness_of(contract: Contract) -> dg.FreshnessPolicy | None:
    """The window in which a new publication is due; None if the contract names no frequency that can be read."""
    levels = service_levels(contract)
    frequency = levels.get("frequency")
    if frequency is None:
        return None
    window = frequency + levels.get("latency", frequency * _GRACE)
    return dg.FreshnessPolicy.time_window(fail_window=max(window, dt.timedelta(minutes=1)))


def service_levels(contract: Contract) -> dict[str, dt.timedelta]:
    """The durations of a contract's service levels by property; of several the longest."""
    found: dict[str, dt.timedelta] = {}
    for level in _levels(contract):
        name = level.get("property") if isinstance(level, Mapping) else None
        if name in _PROPERTIES and (duration := _duration(level)) is not None:
            found[name] = max(duration, found.get(name, duration))
    return found


def _levels(contract: Contract) -> list[Any]:
    """What stands under ``slaProperties``: that part alone is read, for the contract was read and judged before."""
    import yaml

    from hansa.contract.yaml_text import read_yaml

    try:
        text = contract.path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    if "slaProperties" not in text:
        return []
    part = _PART.search(text)
    try:
        found = yaml.safe_load(part[0]) if part else read_yaml(contract.path).data
    except yaml.YAMLError:
        # It names what is said elsewhere in the file.
        found = read_yaml(contract.path).data
    levels = found.get("slaProperties")
    return levels if isinstance(levels, list) else []


def _duration(level: Mapping[str, Any]) -> dt.timedelta | None:
    text, unit = str(level.get("value", "")).strip(), str(level.get("unit") or "d").strip().lower()
    if _NUMBER.fullmatch(text):
        unit = _LONG.get(unit.removesuffix("s") if len(unit) > 2 else unit, unit)
        return dt.timedelta(seconds=float(text) * _SECONDS[unit]) if unit in _SECONDS and float(text) > 0 else None
    written = _DURATION.fullmatch(text)
    if written is None or not any(written.groups()):
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in written.groups())
    return dt.timedelta(
        days=365 * years + 30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds
    )
