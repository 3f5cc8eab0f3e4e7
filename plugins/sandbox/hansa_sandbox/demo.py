"""The bank on disk: ``bank/*.csv``, the truth beside it, and a mesh file that binds them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from string import Template
from typing import Any

from hansa.errors import MeshError

from hansa_sandbox.bank import GENERATOR, Bank, build
from hansa_sandbox.rhythm import DATES

#: Below so many customers the fraud patterns would have no room; above, the bank is made in memory, 110 kB a customer.
FEWEST, MOST = 100, 100_000

#: Alerts that a desk can review in a day: for a thousand customers, and at least.
ALERTS_A_THOUSAND, FEWEST_ALERTS = 5, 10


def found(home: Path, customers: int, seed: int) -> Path:
    """Make the bank under ``home`` unless the same one is there, and a mesh file unless there is one; its path.

    Errors: MeshError for a number of customers or a seed that cannot be.
    """
    _refuse(customers, seed)
    if not is_there(home, customers, seed):
        write(build(customers, seed), home, customers, seed)
    mesh = home / "mesh.yaml"
    if not mesh.exists():
        _replace(mesh, _mesh_text(customers, seed).encode())
    return mesh


def _refuse(customers: int, seed: int) -> None:
    """Refuse what the generator cannot make."""
    if not FEWEST <= customers <= MOST:
        raise MeshError(
            "demo.customers",
            f"the synthetic bank cannot have {customers} customers",
            next_step=f"choose a number from {FEWEST} to {MOST}",
        )
    if seed < 0:
        raise MeshError("demo.seed", f"{seed} is no seed", next_step="choose a whole number from 0 up")


def is_there(home: Path, customers: int, seed: int) -> bool:
    """True if this very bank was written here to the end, and every file still has its size."""
    try:
        stamp = json.loads((home / "bank" / "bank.json").read_text())
    except (FileNotFoundError, ValueError):
        return False
    asked = _identity(customers, seed)
    if not isinstance(stamp, dict) or {name: stamp.get(name) for name in asked} != asked:
        return False
    return all(_size(home / name) == size for name, size in stamp["files"].items())


def _size(path: Path) -> int | None:
    """Bytes of a file, None if there is no such file."""
    return path.stat().st_size if path.is_file() else None


def write(bank: Bank, home: Path, customers: int, seed: int) -> None:
    """Write every file of the bank; ``bank.json`` goes first and comes back last, so that a half bank has none."""
    stamp = home / "bank" / "bank.json"
    for folder in (home / "bank", home / "truth"):
        folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    sizes: dict[str, int] = {}
    for name, frame in bank.sources.items():
        frame.write_csv(home / f"bank/{name}.csv")
        sizes[f"bank/{name}.csv"] = (home / f"bank/{name}.csv").stat().st_size
    for name, frame in bank.truth.items():
        frame.write_parquet(home / f"truth/{name}.parquet")
        sizes[f"truth/{name}.parquet"] = (home / f"truth/{name}.parquet").stat().st_size
    said = _identity(customers, seed) | {"files": sizes}
    _replace(stamp, (json.dumps(said, indent=2) + "\n").encode())


def _identity(customers: int, seed: int) -> dict[str, Any]:
    """What makes a bank this one and no other."""
    return {"customers": customers, "seed": seed, "generator": GENERATOR}


def _mesh_text(customers: int, seed: int) -> str:
    """The mesh file for a bank of this size."""
    template = Template((Path(__file__).parent / "demo_mesh.yaml").read_text(encoding="utf-8"))
    capacity = max(FEWEST_ALERTS, round(ALERTS_A_THOUSAND * customers / 1_000))
    return template.substitute(customers=customers, seed=seed, start=DATES[0], last=DATES[-1], capacity=capacity)


def _replace(path: Path, content: bytes) -> None:
    """Put a file in its place at once: readers see the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)
