"""Do all values of a column differ? Exact within a batch, by a hash of 64 bits over the whole, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

#: Hashes of all columns of one draft together: 128 MB.
_BUDGET = 16_000_000


@dataclass
class Budget:
    """What all columns of one draft may still keep."""

    left: int = _BUDGET


@dataclass
class Distinct:
    """One column. ``state`` is True while all values differ, False from the first double on, None if not counted."""

    budget: Budget
    state: bool | None = True
    _kept: list[pl.Series] = field(default_factory=list)
    _held: int = 0
    _checked: int = 0

    def see(self, counts: pl.DataFrame) -> None:
        """The next batch: its different values, and how often each stands there."""
        if self.state is not True:
            return
        if counts.height != counts["weight"].sum():
            self._leave(False)
        elif counts.height > self.budget.left:
            self._leave(None)
        else:
            self._kept.append(counts["value"].hash(seed=1))
            self._held += counts.height
            self.budget.left -= counts.height
            # Looked at whenever twice as much is there, so that the work stays in proportion to the rows.
            if self._held >= 2 * self._checked:
                self._look()

    def settle(self) -> bool | None:
        """The answer over the whole column; what was kept is given back."""
        if self.state is True:
            if len(self._kept) > 1:
                self._look()
            self._leave(self.state)
        return self.state

    def _look(self) -> None:
        ordered = pl.concat(self._kept).sort()
        self._checked = self._held
        if (ordered == ordered.shift(1)).any():
            self._leave(False)
        else:
            self._kept = [ordered]

    def _leave(self, state: bool | None) -> None:
        self.state = state
        self.budget.left += self._held
        self._kept, self._held = [], 0
