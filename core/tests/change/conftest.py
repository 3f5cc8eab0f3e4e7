"""Two contracts of one product, and what they do to a real producer and a real consumer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hansa.contract import read_contract
from hansa.contract.model import Contract
from machinery.trade import Trade

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


@pytest.fixture
def promise(tmp_path: Path) -> Callable[..., Contract]:
    """A contract ``t.x`` of these properties after its key ``id``."""

    def read(
        *properties: str,
        quality: str = "",
        custom: str = "",
        version: str = "1.4.2",
        key: str = KEY,
        head: str = "",
        status: str = "active",
        id: str = "t.x",
    ) -> Contract:
        lines = [
            "apiVersion: v3.1.0",
            "kind: DataContract",
            f"id: {id}",
            f"version: {version}",
            f"status: {status}",
            *([head] if head else []),
            f"customProperties: [{custom}]",
            "schema:",
            "- name: x",
            "  properties:",
            *(f"  - {line}" for line in (key, *properties) if line),
            f"  quality: [{quality}]",
        ]
        path = tmp_path / "x.odcs.yaml"
        path.write_text("\n".join(lines) + "\n")
        return read_contract(path)

    return read


@pytest.fixture
def trade(tmp_path: Path) -> Callable[[Contract, Contract], Trade]:
    """A warehouse in which a product goes from the old contract to the new one."""

    def between(old: Contract, new: Contract) -> Trade:
        return Trade(tmp_path, old, new)

    return between
