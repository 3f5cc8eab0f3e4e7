"""The one SELECT of an SQL rule, run over rows: a number, or that nothing can be said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from hansa.contract.frame import value_at
from hansa.contract.model import Rule
from hansa.errors import ContractError

#: What the table is called in a checked query.
TABLE = "self"


class Measured(float):
    """The result of a query: ``exact`` is compared; not a number means that nothing can be said.

    A ``hidden`` one shows nothing of itself, wherever it is written.
    """

    exact: float | Decimal
    hidden: bool

    def __new__(cls, value: float | Decimal | None, hidden: bool = False) -> Measured:
        """None is no number."""
        exact = float("nan") if value is None else value
        made = super().__new__(cls, exact)
        made.exact, made.hidden = exact, hidden
        return made

    def __format__(self, spec: str) -> str:
        return "a number that is not shown" if self.hidden else format(self.exact, spec)

    def __str__(self) -> str:
        return format(self, "")

    __repr__ = __str__

    @property
    def undecided(self) -> bool:
        """True where nothing can be said."""
        return self != self


def measured(rule: Rule, rows: pl.LazyFrame | None) -> Measured:
    """The result of an SQL rule over ``rows`` (None: there are none).

    Errors: ContractError if it cannot be run over what is there, such as a cast of texts; the values are not quoted.
    """
    if rows is None or rule.query is None:
        return Measured(rule.empty, rule.hidden)
    try:
        return Measured(number_of(answered(rule.query, rows, rule.columns)), rule.hidden)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        kind = type(error).__name__
    # Outside the handler: the library's error may quote values, and would be printed as the context of ours.
    raise ContractError(
        "contract.rule",
        f"the query of rule '{rule.name}' in line {rule.line} cannot be run over the rows ({kind})",
        state="nothing was published",
        next_step="mend the query so that every value can be read, such as TRY_CAST for CAST",
    )


def answered(query: str, rows: pl.LazyFrame, paths: tuple[str, ...] = ()) -> pl.DataFrame:
    """What a checked query gives over ``rows``, in bounded memory; ``paths`` into objects are columns of their own."""
    inner = [value_at(path).alias(path) for path in paths if "." in path]
    return pl.SQLContext({TABLE: rows.with_columns(inner)}, eager=False).execute(query).collect(engine="streaming")


def number_of(answer: pl.DataFrame) -> float | Decimal | None:
    """The one number of an answer; None for null and for what is no number."""
    value: Any = answer.item()
    return None if value is None or value != value else value
