"""Hansa: data products under contract. The public names; none is loaded before it is used."""

from __future__ import annotations

import importlib
import os
from typing import Any

_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# How the allocator of Polars, which is loaded later, keeps freed pages: docs/adr/0008-freed-pages.md.
os.environ.setdefault("_RJEM_MALLOC_CONF", f"narenas:{_CORES},dirty_decay_ms:2000,muzzy_decay_ms:0")

_HOME = {
    "Contract": "hansa.contract.model",
    "HansaError": "hansa.errors",
    "Input": "hansa.products",
    "Kpi": "hansa.products",
    "Mesh": "hansa.mesh",
    "Module": "hansa.products",
    "Run": "hansa.run",
    "Setting": "hansa.products",
    "days": "hansa.products",
    "hookimpl": "hansa.hooks",
    "product": "hansa.products",
    "source_product": "hansa.products",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hansa' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
