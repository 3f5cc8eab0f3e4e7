"""What the rows of a file add up to, block by block, for the sums and the balance that ``control`` declares."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from hansa.cast.numbers import plain_number
from hansa.errors import DataError
from hansa.sources.binding import Binding
from hansa.sources.control import Sought, differs, not_found
from hansa.sources.numbers import form_of_file, meant_by
from hansa.sources.rules import Rules
from hansa.sources.text.amounts import amount_of

#: Digits before and after the point that are added up exactly.
_NUMBER = pl.Decimal(38, 10)


class Sums:
    """The sums and the balance of one file. ``used`` is False if nothing of that is declared."""

    def __init__(self, binding: Binding, rules: Rules, names: Sequence[str], place: str) -> None:
        words = binding.control
        self._rules = rules
        self._place = place
        self._binding = binding
        self._words = words.sum if words is not None else ()
        self._balance = words.balance if words is not None else None
        self._totals = [Decimal(0) for _ in self._words]
        self._first: Decimal | None = None
        self._last: Decimal | None = None
        wanted = [one.column for one in self._words]
        wanted += [self._balance.column, self._balance.amount] if self._balance is not None else []
        self._amounts = {name: amount_of(binding, name, names, place) for name in wanted}
        self.columns = tuple(dict.fromkeys(column for one in self._amounts.values() for column in one.columns))
        self.used = bool(wanted)
        self._numbers = tuple(dict.fromkeys(column for one in self._amounts.values() for column in one.numbers))
        self._forms = {name: form_of_file(binding, name) for name in self._numbers}

    def add(self, frame: pl.DataFrame, lines: pl.Series) -> None:
        """Rows in their order, with the line of each.

        Errors: DataError for a value that is no number, or a balance that is not the one before and the amount.
        """
        if not frame.height:
            return
        numbers = frame.select(self._number(name) for name in self._numbers)
        for name in self._numbers:
            given = ~frame[name].is_in(["", *self._null_words(name)])
            if (unread := (numbers[name].is_null() & given).fill_null(False)).any():
                what = f"the value of column '{name}' is no number as the binding writes them, control cannot count it"
                raise self._uncounted(what, lines, unread)
        beside = frame.select(name for name in self.columns if name not in self._numbers)
        signed = {
            name: self._signed(name, pl.concat([numbers, beside], how="horizontal"), lines) for name in self._amounts
        }
        for index, words in enumerate(self._words):
            total: Decimal | None = signed[words.column].sum()  # type: ignore[assignment]
            self._totals[index] += total or Decimal(0)
        if self._balance is not None:
            self._run(signed[self._balance.column], signed[self._balance.amount], lines)

    def _signed(self, name: str, frame: pl.DataFrame, lines: pl.Series) -> pl.Series:
        """The values of an amount with their signs."""
        value, wrong = self._amounts[name].value()
        made = frame.select(value=value.cast(_NUMBER), wrong=wrong)
        if self._amounts[name].sign is not None and made["wrong"].any():
            what = f"nothing tells the sign of '{name}' as the binding has it, control cannot count it"
            raise self._uncounted(what, lines, made["wrong"])
        return made["value"]

    def _uncounted(self, what: str, lines: pl.Series, rows: pl.Series) -> DataError:
        where = f"{self._place}:{lines[rows.arg_max() or 0]}"
        return DataError("source.control", what, where=where, next_step="mend the row")

    def _null_words(self, name: str) -> tuple[str, ...]:
        words = self._binding.mapping.null_words
        return words.get(meant_by(self._binding.mapping, name)[0], self._binding.null_words)

    def _number(self, name: str) -> pl.Expr:
        digits = plain_number(pl.col(name), self._forms[name]).str.strip_prefix("+")
        # More decimals than are added up would be rounded.
        exact = pl.when(~digits.str.contains(r"\.[0-9]{11}")).then(digits)
        return exact.cast(_NUMBER, strict=False).alias(name)

    def _run(self, balance: pl.Series, amount: pl.Series, lines: pl.Series) -> None:
        """Hold each balance against the one beside it."""
        assert self._balance is not None  # noqa: S101 - asked before
        amount = amount.fill_null(0)
        before = balance - amount
        # Of two rows the older one's balance is what the newer one's was before its amount.
        older, newer = (before, balance) if self._balance.newest_first else (balance, before)
        carried = pl.Series([self._last], dtype=_NUMBER)
        beside = pl.concat([carried, older.head(len(older) - 1)])
        wrong = (beside != newer).fill_null(False) | balance.is_null()
        if self._first is None:
            wrong = pl.concat([balance.head(1).is_null(), wrong.slice(1)])
            self._first = newer[0]
        if wrong.any():
            at = wrong.arg_max() or 0
            what = f"the balance in column '{self._balance.column}' is not the one before and the row's amount"
            raise differs(what, f"{self._place}:{lines[at]}")
        self._last = older[-1]

    def finish(self) -> tuple[str, ...]:
        """What is borne out, as notes. Errors: DataError for a sum or balance that is not what the file says."""
        notes = []
        for words, sought, total in zip(self._words, self._rules.counts.sums, self._totals, strict=True):
            said = self._said(sought, "sum", words.column)
            if said != total:
                what = f"the file says that column '{words.column}' adds up to another sum than its rows do"
                raise differs(what, f"{self._place}:{sought.line}")
            notes.append(f"column '{words.column}' adds up to the sum that the file says")
        if self._balance is not None:
            counts, newest = self._rules.counts, self._balance.newest_first
            opening, closing = (self._last, self._first) if newest else (self._first, self._last)
            ends: tuple[tuple[str, Sought | None, Decimal | None], ...]
            ends = (("opening", counts.opening, opening), ("closing", counts.closing, closing))
            if self._first is None and counts.opening is not None and counts.closing is not None:
                # Without a row the balance did not move.
                opening = self._said(counts.closing, "balance.closing", self._balance.column)
                ends = (("opening", counts.opening, opening),)
            for name, end, value in ends:
                if end is None or value is None:
                    continue
                if self._said(end, f"balance.{name}", self._balance.column) != value:
                    raise differs(f"the {name} balance is not that of the rows", f"{self._place}:{end.line}")
            notes.append("each balance is the one before and the row's amount")
        return tuple(notes)

    def _said(self, sought: Sought, name: str, column: str) -> Decimal:
        if sought.found is None:
            raise not_found(name, self._place)
        own = self._amounts[column].numbers[0]
        number = pl.DataFrame({own: [sought.found]}).select(self._number(own))[own][0]
        if number is None:
            what = f"where control.{name} looks stands no number as the binding writes them"
            raise DataError(
                "source.control", what, where=f"{self._place}:{sought.line}", next_step=f"mend control.{name}"
            )
        found: Decimal = number
        return found
