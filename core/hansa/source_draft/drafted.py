"""A draft: what was found of a file, the types of its columns, and what its own reading by these words gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hansa.contract.model import Column, Contract
from hansa.source_draft.finding import Finding, words_of
from hansa.source_draft.kinds import Kind

#: The most digits that a decimal of a table has.
PRECISION = 38
NAME = "draft.source"


@dataclass(frozen=True)
class Drafted:
    """``findings`` are the words in the order of an entry; ``columns`` the columns of a contract that would fit.

    ``rows`` were counted by the draft itself; ``read`` by reading the file with its words, None if that refused it, and
    then ``refusal`` is the sentence. ``told`` says what was looked at, where that is not a file.
    """

    place: str
    findings: tuple[Finding, ...]
    columns: tuple[Column, ...]
    rows: int | None
    whole: bool = True
    read: int | None = None
    refusal: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)
    told: str = ""

    @property
    def words(self) -> dict[str, Any]:
        """The words of the entry, as YAML has them, without its uri."""
        return words_of(self.findings)

    @property
    def unsure(self) -> tuple[Finding, ...]:
        """What its owner has to say."""
        return tuple(finding for finding in self.findings if finding.sure == "unsure")

    def contract(self) -> Contract:
        """A contract of these columns, for a trial."""
        return contract_of(self.columns)

    def told_as(self, copy: str, address: str) -> Drafted:
        """The draft of a copy as one of the object at ``address``."""
        told = tuple(replace(one, seen=one.seen.replace(copy, address)) for one in self.findings)
        return replace(self, place=address, findings=told, refusal=self.refusal.replace(copy, address))

    def with_findings(self, *findings: Finding) -> Drafted:
        """The same with further findings; one of a known word takes its place."""
        new = {finding.path: finding for finding in findings}
        kept = [new.pop(finding.path, finding) for finding in self.findings]
        return replace(self, findings=(*kept, *new.values()))


def contract_of(columns: tuple[Column, ...]) -> Contract:
    """A contract of these columns in memory: nothing is required and nothing is sealed."""
    return Contract(NAME, "0.1.0", columns, Path("draft"), "0")


def column_of(kind: Kind) -> Column:
    """The column of a contract that its values would fit."""
    name, line = kind.column.name, kind.column.position
    if kind.numbers is not None:
        return Column(name, "number", line, precision=PRECISION, scale=kind.scale)
    if kind.days is not None and kind.type == "timestamp":
        return Column(name, "timestamp", line, zoned=kind.days.zoned)
    return Column(name, kind.type, line)


def amount_of(name: str, columns: tuple[Column, ...], sources: tuple[str, ...]) -> Column:
    """A column whose sign another one of the file says: as fine as the columns that it is made of."""
    scale = max((column.scale or 0 for column in columns if column.name in sources), default=2)
    return Column(name, "number", 0, precision=PRECISION, scale=scale)
