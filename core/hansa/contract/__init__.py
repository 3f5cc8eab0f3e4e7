"""Contracts: an ODCS file becomes a ``Contract``, or is refused with file, line and the mend."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.contract.reader import find_contracts, read_contract

__all__ = ["Contract", "find_contracts", "read_contract"]

_HOME = {
    "Contract": "hansa.contract.model",
    "find_contracts": "hansa.contract.reader",
    "read_contract": "hansa.contract.reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hansa.contract' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
