"""Hansa: data products under contract. The public names; none is loaded before it is used."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Contract": "hansa.contract.model",
    "HansaError": "hansa.errors",
    "Input": "hansa.product",
    "Kpi": "hansa.product",
    "Mesh": "hansa.mesh",
    "Module": "hansa.product",
    "Run": "hansa.run",
    "Setting": "hansa.product",
    "days": "hansa.product",
    "hookimpl": "hansa.hooks",
    "product": "hansa.product",
    "source_product": "hansa.product",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - the table above is the list


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hansa' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
