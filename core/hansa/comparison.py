"""What would be other if a module in shadow were on: its products beside the live ones, row by row.

Rows are the same if they have the same key under their contract. That a row is a decision by being there (an alert) is
said by the contract's tag ``decision``, that a column decides by that tag at the column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.errors import DataError, MeshError
from hansa.mesh.shadow import in_shadow, is_shadow, live_name
from hansa.near import or_near
from hansa.standing import Standing
from hansa.store.door import Door

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh import Mesh
    from hansa.products import Module

#: The tag of a contract whose rows are decisions, or of a column that is one.
DECISION = "decision"
#: So many rows of each kind are shown.
EXAMPLES = 5
#: What stands in the place of a value of class C2 or C3, or of a token.
HIDDEN = "(hidden)"

#: Columns of one side each; those of the contract are numbered behind a word, so that no name meets another.
_LIVE, _SHADOW, _NUMBER = "live", "shadow", "times"


@dataclass(frozen=True)
class Compared:
    """One product live and in shadow, over the days that both have (None: it is not kept by day).

    ``only_live`` and ``only_shadow`` count rows that the other does not have, ``changed`` rows with the same key that
    differ, ``columns`` by column how many rows differ in it. ``decides`` says that a row is itself a decision;
    ``flips`` counts by column that decides. ``examples`` are the first rows of the first two kinds,
    ``flipped_rows`` those of each column that decides, by their key.
    """

    product: str
    days: tuple[dt.date, ...] | None
    rows_live: int
    rows_shadow: int
    only_live: int
    only_shadow: int
    changed: int
    columns: dict[str, int]
    decides: bool
    flips: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    flipped_rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def flipped(self) -> int:
        """Decisions that would be others: rows that come or go where they decide, and values of columns that do."""
        return (self.only_live + self.only_shadow if self.decides else 0) + sum(self.flips.values())


def pairs(mesh: Mesh, name: str) -> list[str]:
    """The live ids of the products that ``name`` means, a module or a product, of which the mesh has a shadow.

    Errors: MeshError if nothing of that name is in shadow.
    """
    asked = live_name(name)
    hidden = [live_name(id) for id in mesh.order if is_shadow(id)]
    module = mesh.module_of(in_shadow(asked))
    if module is not None:
        own = {live_name(product.id) for product in module.products}
        found = [id for id in hidden if id in own]
        if not found:
            what = f"{asked} runs in shadow, and none of its products can be made"
            raise MeshError("compare.shadow", what, where=str(mesh.path), next_step="see: hansa check")
        return found
    if asked in hidden:
        return [asked]
    raise _not_in_shadow(mesh, asked, hidden)


def _not_in_shadow(mesh: Mesh, asked: str, hidden: Sequence[str]) -> MeshError:
    """What to write in the mesh file so that there is something to compare."""
    makers = [
        module
        for module in mesh.registry.modules.values()
        if asked == module.name or asked in [product.id for product in module.products]
    ]
    if mesh.state_of(asked) == "on" or asked in mesh.products:
        what, mend = f"{asked} is on, and nothing of it is in shadow", _to_try(makers)
    elif makers:
        what = f"{asked} is not in shadow"
        mend = f"write modules: {{{makers[0].name}: shadow}} in the mesh file, and run it"
    else:
        known = [live_name(one.name) for one in mesh.modules if is_shadow(one.name)] + list(hidden)
        what = f"nothing in shadow is called '{asked}'"
        mend = or_near(asked, known, "write modules: {NAME: shadow} in the mesh file; hansa modules lists the names")
    return MeshError("compare.shadow", what, where=str(mesh.path), next_step=mend)


def _to_try(makers: Sequence[Module]) -> str:
    """How a module that is on runs a second time in shadow; a product that no module makes has nothing to try."""
    if not makers:
        return "its rows come from a bound source, which has no settings to try"
    name, settings = makers[0].name, makers[0].settings
    if not settings:
        return f"{name} has no settings to try; while it is not trusted write modules: {{{name}: shadow}}"
    first, setting = next(iter(settings.items()))
    example = f"shadow: {{{name}: {{{first}: {setting.default}}}}}"
    return f"write settings to try in the mesh file, such as {example} with another value, and run shadow_{name}"


def compare(mesh: Mesh, product: str, first: dt.date | None = None, last: dt.date | None = None) -> Compared:
    """One product live and in shadow, from ``first`` to ``last`` where both are published.

    What is in shadow only is compared with nothing: every row of it would be new.

    Errors: DataError if no day is published on both sides, or if what is in shadow does not follow any more from its
    settings, code, contract and inputs: the difference would be one of before.
    """
    kept, standing = mesh.products[in_shadow(product)], Standing(mesh)
    live = product in mesh.products
    days = _days(mesh, standing, product, first, last) if kept.daily else None
    if not kept.daily:
        for one in [in_shadow(product), *([product] if live else [])]:
            if not standing.current(one):
                what, mend = "nothing of it is published", f"hansa run {one} computes it"
                raise DataError("compare.days", what, where=one, next_step=mend)
    _refuse_stale(mesh, standing, product, days)
    rows = _rows(mesh, product, days) if live else None
    return _compared(product, kept.contract, days, rows, _rows(mesh, in_shadow(product), days))


def _days(
    mesh: Mesh, standing: Standing, product: str, first: dt.date | None, last: dt.date | None
) -> tuple[dt.date, ...]:
    def within(id: str) -> set[dt.date]:
        return {day for day in standing.days(id) if (not first or day >= first) and (not last or day <= last)}

    shadow = within(in_shadow(product))
    if product not in mesh.products:
        if not shadow:
            raise _no_day(product, None, shadow, first, last)
        return tuple(sorted(shadow))
    live = within(product)
    if not live & shadow:
        raise _no_day(product, live, shadow, first, last)
    return tuple(sorted(live & shadow))


def _no_day(
    product: str, live: set[dt.date] | None, shadow: set[dt.date], first: dt.date | None, last: dt.date | None
) -> DataError:
    """Which side has which days, and the run that makes the other one; ``live`` is None for what is in shadow alone."""
    if live is None:
        what = "no day of it is published in shadow"
    else:
        what = "no day of it is published both live and in shadow"
        if live or shadow:
            what += f": live {_spanned(live)}, in shadow {_spanned(shadow)}"
    lacking = product if shadow and not live else in_shadow(product)
    known = sorted(live or shadow)
    begin, end = (known[0], known[-1]) if known else (first or last or "D", last or first or "D")
    mend = f"hansa run {lacking} --from {begin} --to {end} computes them"
    return DataError("compare.days", what, where=in_shadow(product), next_step=mend)


def _spanned(days: set[dt.date]) -> str:
    if not days:
        return "none"
    return f"{min(days)}..{max(days)}" if len(days) > 1 else f"{min(days)}"


def _refuse_stale(mesh: Mesh, standing: Standing, product: str, days: tuple[dt.date, ...] | None) -> None:
    """Refuse what is in shadow and no more right, itself or anything in shadow that it was made of."""
    made = _made_of(mesh, in_shadow(product))
    for at, id in enumerate(made):
        there = sorted(standing.days(id).intersection(days or ())) if mesh.products[id].daily else [None]
        stale = [(day, why) for day in there if (why := standing.why(id, day))]
        if not stale:
            continue
        (day, why), last = stale[0], stale[-1][0]
        when = f" of {day}" if day else ""
        more = f" (and {len(stale) - 1} more days)" if len(stale) > 1 else ""
        what = f"what {id} has in shadow{when}{more} is from before: {', '.join(why)}"
        span = f" --from {day} --to {last}" if day else ""
        mend = f"hansa run {' '.join(made[at:])}{span} computes it again{' (or leave these days out)' if day else ''}"
        raise DataError("compare.days", what, where=in_shadow(product), next_step=mend)


def _made_of(mesh: Mesh, product: str) -> list[str]:
    """A product in shadow behind those in shadow that it reads, each once."""
    found: dict[str, None] = {}

    def walk(id: str) -> None:
        for given in mesh.products[id].product.requires:
            if is_shadow(given.product) and given.product in mesh.products and given.product not in found:
                walk(given.product)
        found.setdefault(id)

    walk(product)
    return list(found)


def _rows(mesh: Mesh, id: str, days: Sequence[dt.date] | None) -> pl.LazyFrame:
    contract = mesh.products[id].contract
    if days is None or contract.partition is None:
        return Door(mesh.warehouse).open(id, contract.major).frame
    opened = Door(mesh.warehouse).open(id, contract.major, days=(days[0], days[-1]), partition=contract.partition)
    return opened.frame.filter(pl.col(contract.partition).is_in(list(days)))


def _compared(
    product: str,
    contract: Contract,
    days: tuple[dt.date, ...] | None,
    live: pl.LazyFrame | None,
    shadow: pl.LazyFrame,
) -> Compared:
    sides = _Sides(contract, live, shadow)
    counts = sides.counts()
    columns = {name: count for name in sides.rest if (count := counts.pop(f"__{name}"))}
    flips = {name: count for name, count in columns.items() if DECISION in contract.by_name[name].tags}
    wanted = {kind: sides.kinds[kind] for kind in ("only_live", "only_shadow") if counts[kind]}
    examples = {kind: sides.examples(where) for kind, where in wanted.items()}
    # Apart from the kinds: a column may be called like one of them.
    flipped = {name: sides.examples(sides.differs[name], name) for name in flips}
    return Compared(
        product,
        days,
        **counts,
        columns=columns,
        decides=DECISION in contract.tags,
        flips=flips,
        examples=examples,
        flipped_rows=flipped,
    )


class _Sides:
    """The rows of both sides next to each other, by their key."""

    def __init__(self, contract: Contract, live: pl.LazyFrame | None, shadow: pl.LazyFrame) -> None:
        self._contract = contract
        names = _names(contract, [side for side in (live, shadow) if side is not None])
        sides = [shadow.clear() if live is None else live, shadow]
        key = [name for name in contract.key if name in names]
        self._key = _numbered(key or names, "key")
        self.rest = [name for name in names if name not in self._key]
        self._old, self._new = _numbered(self.rest, "old"), _numbered(self.rest, "new")
        sides = [_renamed(side, self._key | own) for side, own in zip(sides, (self._old, self._new), strict=True)]
        by = list(self._key.values())
        if not key:
            # Without a key a row is the same only if all of it is, as often as it stands there.
            sides = [side.with_columns(pl.int_range(pl.len()).over(by).alias(_NUMBER)) for side in sides]
            by.append(_NUMBER)
        marked = [
            side.with_columns(pl.lit(True).alias(mark)) for side, mark in zip(sides, (_LIVE, _SHADOW), strict=True)
        ]
        self._both = marked[0].join(marked[1], on=by, how="full", coalesce=True, nulls_equal=True)
        paired = pl.col(_LIVE).is_not_null() & pl.col(_SHADOW).is_not_null()
        self.differs = {
            name: paired & pl.col(self._old[name]).ne_missing(pl.col(self._new[name])) for name in self.rest
        }
        self.kinds = {
            "only_live": pl.col(_SHADOW).is_null(),
            "only_shadow": pl.col(_LIVE).is_null(),
            "changed": pl.any_horizontal(*self.differs.values()) if self.differs else pl.lit(False),
        }

    def counts(self) -> dict[str, int]:
        """Rows of each side and of each kind, and by column, its name behind two underscores, the rows that differ."""
        counted = self._both.select(
            pl.col(_LIVE).count().alias("rows_live"),
            pl.col(_SHADOW).count().alias("rows_shadow"),
            *(kind.cast(pl.Int64).sum().alias(name) for name, kind in self.kinds.items()),
            *(differ.cast(pl.Int64).sum().alias(f"__{name}") for name, differ in self.differs.items()),
        )
        return counted.collect(engine="streaming").row(0, named=True)

    def examples(self, where: pl.Expr, column: str | None = None) -> list[dict[str, Any]]:
        """The first rows by their key, what is protected hidden; of a column that flips both of its values.

        They are called ``live`` and ``shadow``, or by the column too where the key has a column of that name.
        """
        by_name = self._contract.by_name
        values = [pl.col(at).alias(name) for name, at in self._key.items()]
        sealed = {name for name in self._key if by_name[name].sealed}
        if column is not None:
            sides = {_free(_LIVE, column, self._key): self._old, _free(_SHADOW, column, self._key): self._new}
            values += [pl.col(at[column]).alias(word) for word, at in sides.items()]
            sealed |= set(sides) if by_name[column].sealed else set()
        order = [at for name, at in self._key.items() if not by_name[name].nested]
        found = self._both.filter(where).sort(order).select(values).head(EXAMPLES).collect(engine="streaming")
        return [{name: HIDDEN if name in sealed else value for name, value in row.items()} for row in found.to_dicts()]


def _numbered(names: Sequence[str], form: str) -> dict[str, str]:
    """By name of a column one that no name of another form can meet."""
    return {name: f"{form} {at}" for at, name in enumerate(names)}


def _renamed(side: pl.LazyFrame, names: dict[str, str]) -> pl.LazyFrame:
    return side.select(pl.col(name).alias(at) for name, at in names.items())


def _free(word: str, column: str, taken: Collection[str]) -> str:
    """The word, with the column's name behind it as long as it is the name of a column of the key."""
    while word in taken:
        word = f"{word} {column}"
    return word


def _names(contract: Contract, sides: Iterable[pl.LazyFrame]) -> list[str]:
    """The columns of the contract that every side has: a table from before has none of a new one."""
    there = [set(side.collect_schema().names()) for side in sides]
    return [name for name in contract.by_name if all(name in names for names in there)]


def names_decisions(contract: Contract) -> bool:
    """True if the contract says that its rows, or values of one of its columns, are decisions."""
    return DECISION in contract.tags or any(DECISION in column.tags for column in contract.columns)
