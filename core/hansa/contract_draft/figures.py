"""Counts and shares in words. A share is never rounded up to all or down to none."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``10 000 rows``; thousands are parted by a blank, so that no count reads like a value of the data."""
    return f"{grouped(number)} {one if number == 1 else many or one + 's'}"


def grouped(number: int) -> str:
    """``10 000``."""
    return f"{number:,}".replace(",", " ")


def percent(part: int, whole: int) -> str:
    """``99.2 %``; what is neither none nor all is never written as 0 or 100."""
    if not whole:
        return "0 %"
    tenths = part * 1000 // whole
    if part and not tenths:
        return "under 0.1 %"
    if part == whole:
        return "100 %"
    if tenths == 999 and part * 1000 > 999 * whole:
        return "over 99.9 %"
    return f"{tenths / 10:g} %"
