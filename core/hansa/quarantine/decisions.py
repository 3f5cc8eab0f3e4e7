"""Decisions over refused rows: numbered objects beside the files of envelopes, each created once and never changed.

The next decision takes the next free number, and whoever finds it taken looks again before deciding, so two people
cannot decide over the same rows unknown to each other. That a replay was decided does not make its rows published: the
receipt of a publication that landed and names the decision does.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal
from uuid import uuid4

from hansa.digest import canonical, sha256
from hansa.errors import WorldError
from hansa.receipt import InputRead, Publication, timestamp
from hansa.store.data_files import address
from hansa.store.objects import Objects

FOLDER = "quarantine/decisions"
CLAIMS = "quarantine/claims"
FORMAT = 2
#: By kind, because a fingerprint is of the bytes that were written: only what is new is of the new format.
_FORMATS = {"replay": 1, "reject": 1, "standing": 2}
_INPUT = "quarantine of "


@dataclass(frozen=True)
class Decided:
    """Rows of one file and one partition, by their digests; a digest stands as often as there are rows of it.

    ``day`` is the partition to which a replay sends them. Rows that are not ``sent`` are further copies of such, which
    came with another publication over the same source, and share their fate.
    """

    file: str
    partition: str | None
    digests: tuple[str, ...]
    day: str | None = None
    sent: bool = True


@dataclass(frozen=True)
class Decision:
    """Who decided what, when, of which rows. ``claim`` is the sign of life of a replay that is under way.

    Rows that a replay found ``standing`` in their day count as replayed, and no publication brings them.
    """

    kind: Literal["replay", "reject", "standing"]
    product: str
    rows: tuple[Decided, ...]
    reason: str = ""
    who: str = field(default_factory=lambda: _user())
    at: str = field(default_factory=timestamp)
    run: str = field(default_factory=lambda: uuid4().hex)
    claim: str = field(default_factory=lambda: uuid4().hex)
    number: int = 0

    @property
    def content(self) -> bytes:
        """The bytes that are stored and digested; the number is the object's name."""
        stored = asdict(self) | {"format": _FORMATS[self.kind]}
        del stored["number"]
        return canonical(stored)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, by which the receipt of a replay names its decision."""
        return sha256(self.content)

    @property
    def input(self) -> InputRead:
        """The decided rows as an input of the publication that replays them.

        The number stands for the state of the quarantine that was read: no replay is taken for an earlier one.
        """
        return InputRead(name=f"{_INPUT}{self.product}", snapshot=self.number, fingerprint=self.fingerprint)


def replayed_by(publication: Publication) -> str | None:
    """The fingerprint of the decision that a publication carries out; None if it is no replay."""
    return replay_among(publication.inputs, publication.product)


def replay_among(inputs: Iterable[InputRead], product: str) -> str | None:
    """The fingerprint of the decision among the inputs of a publication; None if it is no replay."""
    return next((given.fingerprint for given in inputs if given.name == f"{_INPUT}{product}"), None)


class Decisions:
    """The decisions over one product's refused rows."""

    def __init__(self, table: Objects) -> None:
        self._table = table

    def all(self) -> list[Decision]:
        """Every decision, in the order in which they were made."""
        entries = self._table.entries(f"{FOLDER}/")
        return [self._read(name) for name in sorted(entry.name for entry in entries if entry.name.endswith(".json"))]

    def _read(self, name: str) -> Decision:
        where = address(self._table, name)
        try:
            stored = json.loads(self._table.read(name))
            later = stored.pop("format") > FORMAT
            rows = tuple(Decided(**(given | {"digests": tuple(given["digests"])})) for given in stored.pop("rows"))
            made = Decision(**stored, rows=rows, number=int(name.rsplit("/", 1)[-1].removesuffix(".json")))
        except (ValueError, KeyError, TypeError, AttributeError, FileNotFoundError):
            raise WorldError(
                "quarantine.decision",
                "a decision over refused rows was cut or changed",
                where=where,
                state="what was published goes on serving",
                next_step="restore the file from the warehouse's backup",
            ) from None
        if later:
            raise WorldError("quarantine.version", "it was written by a later release", where=where)
        return made

    def append(self, decision: Decision, after: int) -> Decision | None:
        """Make it the next decision after number ``after``; None if somebody else was first."""
        numbered = replace(decision, number=after + 1)
        made = self._table.create(f"{FOLDER}/{numbered.number:08d}.json", numbered.content)
        return numbered if made else None

    def under_way(self, decision: Decision, longest_run: Any) -> bool:
        """True while the process that carries out this replay may be alive."""
        name = f"{CLAIMS}/{decision.claim}"
        return self._table.exists(name) and not self._table.abandoned(name, longest_run)


def decided(rows: Iterable[dict[str, Any]], *, sent: bool = True) -> list[Decided]:
    """Rows with ``file``, ``partition``, ``row_digest`` and ``day`` as they stand in a decision."""
    found: dict[tuple[str, str | None, str | None], list[str]] = {}
    for row in rows:
        found.setdefault((row["file"], row["partition"], row.get("day")), []).append(row["row_digest"])
    ordered: Sequence[Any] = sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return [Decided(file, partition, tuple(sorted(digests)), day, sent) for (file, partition, day), digests in ordered]


def _user() -> str:
    try:
        return os.environ.get("HANSA_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number without a name.
        return f"user {os.getuid()}"
