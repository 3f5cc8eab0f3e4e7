"""The sandbox: a synthetic bank on disk, and a mesh file over it."""

from __future__ import annotations

from pathlib import Path

from hansa.hooks import hookimpl


@hookimpl
def hansa_demo(home: Path, customers: int, seed: int) -> Path | None:
    """Write a bank of so many customers under ``home`` and, if there is none, a mesh file; return its path."""
    from hansa_sandbox import demo

    return demo.found(home, customers, seed)
