"""What a contract says of itself when rows are sent under it: its status, and what its draft still asks its owner.

Whoever publishes under one that was retired is refused before anything is read. Everything else is no fault, so that it
is told once, behind the result, and not at all by a command that failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hansa.contract.model import Contract

#: What a status of the standard means to whoever publishes under it, and what to do; ``active`` needs no word.
_TOLD = {
    "proposed": "it is proposed, nobody has agreed to it yet; its owner writes status: active when it is agreed",
    "draft": "it is a draft and may still change; its owner writes status: active when it is agreed",
    "deprecated": "it is deprecated: consumers should move away; publish under the contract that follows it",
}
#: How a draft begins a question to the owner, see ``hansa contract draft``.
_QUESTION = "# Decide:"


def refuse_retired(contract: Contract) -> None:
    """Refuse to publish under a contract that has been retired: nobody keeps it and nobody may rely on it any more.

    Errors: ContractError.
    """
    from hansa.errors import ContractError

    if _status(contract) == "retired":
        raise ContractError(
            "contract.retired",
            "it is retired: no rows are published under it any more",
            where=str(contract.path),
            state="what was published before goes on being read",
            next_step="publish under the contract that follows it, or write status: active to take it up again",
        )


def notes(contract: Contract) -> list[str]:
    """A sentence each: what its status means where it is not active, and how many questions its draft still asks."""
    told = []
    if (meaning := _TOLD.get(_status(contract))) is not None:
        told.append(f"contract {contract.id} {contract.version}: {meaning}")
    asked = _questions(contract.path)
    if asked:
        count = f"{len(asked)} questions to its owner are" if len(asked) > 1 else "a question to its owner is"
        lines = f"from line {asked[0]} on" if len(asked) > 1 else f"in line {asked[0]}"
        told.append(f"{contract.path}: {count} still open, {lines}: answer and remove each '{_QUESTION}'")
    return told


def notes_of(contracts: Iterable[Contract]) -> list[str]:
    """The notes of the contracts under which a command published, each sentence once."""
    return list(dict.fromkeys(note for contract in contracts for note in notes(contract)))


def tell(told: Iterable[str]) -> None:
    """Say notes on standard error; to be called as the last thing of a command, when nothing failed."""
    for note in told:
        typer.echo(f"note: {note}", err=True)


def _status(contract: Contract) -> str:
    """The status in the standard's spelling; the standard names words and leaves others to the author."""
    return contract.status.strip().lower()


def _questions(path: Path) -> list[int]:
    """The lines of a contract file in which its draft asks something."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        return []
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(_QUESTION)]
