"""What became of a plugin's trial, as it is told and as it is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """``reason`` is empty for a plugin that may come in; ``slight`` is what it did that was put back.

    ``seconds`` is the time limit that it exceeded, 0 if it kept it. ``raised`` says that its own code raised, which may
    depend on folder and environment; ``certain`` that the plugin itself is the cause, so that it may be remembered.
    ``modules`` has the products of its modules and what they require, as far as it came to tell them; ``files`` are
    those that its import read.
    """

    reason: str = ""
    slight: tuple[str, ...] = ()
    seconds: float = 0.0
    raised: bool = False
    certain: bool = True
    modules: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Verdict:
        """The verdict of plain data. Errors: KeyError, TypeError, ValueError or AttributeError for other data."""
        modules = {
            str(module): {str(product): tuple(map(str, needs)) for product, needs in products.items()}
            for module, products in told["modules"].items()
        }
        return cls(
            reason=str(told["reason"]),
            slight=tuple(map(str, told["slight"])),
            seconds=float(told.get("seconds", 0)),
            raised=bool(told["raised"]),
            certain=bool(told.get("certain", True)),
            modules=modules,
            files=tuple(map(str, told["files"])),
        )
