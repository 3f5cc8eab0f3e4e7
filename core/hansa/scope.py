"""Which partitions a publication may touch, and whether it brings them whole or adds to what stands there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from hansa.contract.model import Contract

Partition = dt.date | None
Window = tuple[dt.date, dt.date] | None
#: ``replace`` brings its partitions whole. ``merge`` adds rows to their days, a row with a known key in the place of
#: the older one; ``add`` is the same and needs no key. ``file`` brings the newest day of a file whole; rows of earlier
#: days are late: they are merged into a day that stands already, or refused where there is no key to merge them by.
Mode = Literal["replace", "merge", "add", "file"]


@dataclass(frozen=True)
class Scope:
    """The reach of one publication.

    ``horizon`` is the last day that it may bring, None where there is none. ``standing`` are the partitions that are
    published already. ``newest`` is the newest day of a file that its column's own rules let pass, and ``known`` are
    days of it that came before in the very same rows; both are of mode ``file`` only.
    """

    contract: Contract
    mode: Mode
    window: Window = None
    standing: frozenset[Partition] = frozenset()
    newest: Partition = None
    known: Collection[Partition] = field(default=frozenset())
    horizon: Partition = None

    def ours(self, partition: Partition) -> bool:
        """True for what this publication may publish: the whole product, or a day of its window that is not late."""
        if self.contract.partition is None:
            return True
        inside = self.window is None or (partition is not None and self.window[0] <= partition <= self.window[1])
        return partition is not None and inside and not self.late(partition) and not self._future(partition)

    def adds(self, partition: Partition) -> bool:
        """True for a partition whose rows join what stands there, if anything does."""
        if self.mode == "file":
            return self.contract.partition is not None and partition is not None and partition < self._newest
        return self.mode in ("merge", "add")

    def merges(self, partition: Partition) -> bool:
        """True for a partition that stands already and to which this publication adds."""
        return (
            self.adds(partition) and partition in self.standing and not self.late(partition) and self._known(partition)
        )

    def late(self, partition: Partition) -> bool:
        """True for a day that stands already, whose rows came with a newer day and have no key to merge them by."""
        return (
            self.mode == "file"
            and not self.contract.key
            and self.adds(partition)
            and partition in self.standing
            and partition not in self.known
        )

    def _future(self, partition: Partition) -> bool:
        return self.horizon is not None and partition is not None and partition > self.horizon

    def _known(self, partition: Partition) -> bool:
        """A day that came in the very same rows is brought whole again: it changes nothing."""
        return partition not in self.known

    @property
    def _newest(self) -> dt.date:
        return self.newest or dt.date.min

    def refused(self, days: pl.Series) -> dict[str, pl.Series]:
        """Masks of rows of days that this publication may not touch, by the rule that says so; null is no day."""
        if self.contract.partition is None:
            return {}
        masks: dict[str, pl.Series] = {}
        if self.window is not None:
            masks["window"] = ~days.is_between(*self.window).fill_null(True)
        if self.horizon is not None:
            masks[f"{self.contract.partition}.future"] = (days > self.horizon).fill_null(False)
        late = [day for day in self.standing if day is not None and self.late(day)]
        if late:
            masks["late"] = days.is_in(late).fill_null(False)
        return {rule: mask for rule, mask in masks.items() if mask.any()}

    def unkeyed(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """The mask of rows that would join others and lack a part of their key, so that nobody could find them again.

        It does not ask what stands there, or the same file would be judged in two ways.
        """
        if not self.contract.key or self.mode == "replace":
            return {}
        lacks = pl.any_horizontal(pl.col(name).is_null() for name in self.contract.key)
        if self.mode == "file":
            if self.contract.partition is None:
                return {}
            lacks = lacks & (pl.col(self.contract.partition) < self._newest).fill_null(False)
        mask = rows.select(lacks).to_series()
        return {"primaryKey": mask} if mask.any() else {}


def horizon(contract: Contract, mode: Mode, window: Window, today: dt.date) -> Partition:
    """The last day that a publication may bring: tomorrow, for clocks differ; None where nothing limits it.

    A year that was mistyped would be the newest day of its file, and make all the others late. A run has a window, who
    replaces days says which, and a contract whose days may lie ahead says how far by a maximum of its partition column.
    """
    if contract.partition is None or window is not None or mode == "replace":
        return None
    column = contract.by_name[contract.partition]
    if column.maximum is not None or column.exclusive_maximum is not None:
        return None
    return today + dt.timedelta(days=1)
