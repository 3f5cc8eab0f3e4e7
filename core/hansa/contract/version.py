"""The version of a contract, MAJOR.MINOR.PATCH, and the one to write where something else stands there."""

from __future__ import annotations

import re

from hansa.contract.place import Place

_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


def version_of(place: Place) -> str:
    """The version as written.

    Errors: ContractError with the version to write.
    """
    text = place.text or ""
    if not _VERSION.fullmatch(text):
        what = f"the version '{text}' is not of the form MAJOR.MINOR.PATCH"
        raise place.fault("version", what, version_mend(text))
    return text


def version_mend(text: str) -> str:
    """The next step for what is no version, with the numbers that its author wrote."""
    numbers = [str(int(number)) for number in re.findall(r"[0-9]{1,9}", text)][:3]
    return f"write version: {'.'.join([*numbers, '0', '0', '0'][:3]) if numbers else '1.0.0'}"
