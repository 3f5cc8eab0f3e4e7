"""The conformance kit: what every plugin has to keep, as tests that nobody writes.

A plugin's own test file is three lines::

    from hansa.testing import Conformance

    class TestTreasury(Conformance, plugin="treasury"): ...

``pytest --hansa`` makes the same of every installed plugin whose source lies below pytest's root folder.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Conformance"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: pytest imports this package in every run of every project that has Hansa installed.
    if name not in __all__:
        raise AttributeError(f"module 'hansa.testing' has no attribute '{name}'")
    from hansa.testing.suite import Conformance

    return Conformance
