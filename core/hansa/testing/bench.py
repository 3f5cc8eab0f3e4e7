"""A temporary warehouse for one publication, and what the gate did with each of its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.quarantine import read_file
from hansa.receipt import Publication
from hansa.run import Run
from hansa.scope import Mode
from hansa.secrets import Keys, load_keys
from hansa.store.warehouse import Warehouse
from hansa.testing.leaks import Leak, Secrets, listening, said
from hansa.testing.sheet import ZONE


@dataclass(frozen=True)
class Gone:
    """A publication: its receipts, and the rules under which rows were refused, by their place in the frame."""

    publication: Publication
    refused: dict[int, list[list[str]]]

    @property
    def reasons(self) -> list[str]:
        """Why partitions were held."""
        return [reason for receipt in self.publication.receipts for reason in receipt.reasons]

    def broken(self, rule: str) -> int:
        """How often a rule was broken."""
        return sum(receipt.broken.get(rule, 0) for receipt in self.publication.receipts)


@dataclass
class Bench:
    """Warehouses under ``root``, one a publication unless it is told; what is said meanwhile is searched.

    ``leaks`` grow with everything that goes through here.
    """

    root: Path
    contract: Contract
    secrets: Secrets = field(default_factory=Secrets)
    leaks: list[Leak] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    @cached_property
    def keys(self) -> Keys:
        """The keys of all warehouses here."""
        return load_keys(self.root / "keys")

    def send(
        self,
        frame: pl.DataFrame,
        days: Sequence[dt.date] = (),
        *,
        warehouse: Warehouse | None = None,
        mode: Mode = "replace",
        clear: pl.DataFrame | None = None,
    ) -> Gone:
        """Send a frame through the gate; ``clear`` are the same rows as texts of their columns, if it is not so itself.

        Errors: HansaError, where the gate refuses the whole.
        """
        self.secrets.add(self.contract, frame if clear is None else clear)
        number = next(self._numbers)
        place = warehouse or Warehouse(self.root / f"warehouse{number}")
        first, last = (min(days), max(days)) if days else (None, None)
        run = Run(f"run{number}", ZONE, first, last)
        error: HansaError | None = None
        with listening() as heard:
            try:
                made = publish(frame.lazy(), self.contract, run, place, mode=mode, keys=self.keys)
            except HansaError as caught:
                heard.texts["the error"], error = said(caught), caught
        self.leaks += self.secrets.found_in(heard.texts)
        if error is not None:
            raise error
        return Gone(made, self._refused(frame, made, place))

    def _refused(self, frame: pl.DataFrame, made: Publication, place: Warehouse) -> dict[int, list[list[str]]]:
        """The rules by the place of the row; copies of one row share a place, that of the first."""
        if made.quarantine is None:
            return {}
        keys, places = self.keys, dict[str, int]()
        for at, value in enumerate(row_hashes(frame).to_list()):
            name = f"{value:016x}"
            places.setdefault(keys.tag(name)[:16] if self.contract.sealed else name, at)
        envelopes = read_file(place.table(self.contract.id, self.contract.major), made.quarantine).rows
        refused: dict[int, list[list[str]]] = {}
        for name, rules in envelopes.select("row_digest", "rules").iter_rows():
            refused.setdefault(places[name], []).append(list(rules))
        return refused

    def lying(self) -> list[Leak]:
        """Clear values in the files of all warehouses here.

        What the contract lets stand in clear may stand in its own data and their bounds; a token's origin nowhere.
        """
        tokenised = {f"{self.contract.id}.{c.name}" for c in self.contract.columns if c.tokenise is not None}
        tokens = self.secrets.only(tokenised)
        keys = self.root / "keys"
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file() and keys not in path.parents]
        own = {path for path in files if {"data", "metadata"} & set(path.relative_to(self.root).parts)}
        others = [path for path in files if path not in own]
        return [*tokens.found_in_files(sorted(own), self.root), *self.secrets.found_in_files(others, self.root)]


def distinct(leaks: Iterable[Leak]) -> list[str]:
    """Sentences of leaks, each once."""
    return list(dict.fromkeys(leak.sentence() for leak in leaks))
