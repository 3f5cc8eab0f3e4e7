"""What changed in a source's columns since it was published last, and what the contract allows.

What was last is known from the receipts: they name a source's own columns with their types. No value is looked at but
to count words that a closed list does not have, and none is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from hansa.sources.files import value_like
from hansa.sources.spelling import meant

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.sources.binding import Binding

#: A source's own columns with their types, in their order; a name that may be a value is left empty.
Columns = Sequence[tuple[str, str]]
#: So many rows are looked through for new words before anything is published.
_ROWS = 1_000_000
Kind = Literal["new", "lost", "renamed", "reordered", "type", "words"]


@dataclass(frozen=True)
class Change:
    """One thing that is other than before; ``goes_on`` is false where the source is refused or held for it."""

    kind: Kind
    column: str
    what: str
    allows: str
    goes_on: bool = True

    def sentence(self) -> str:
        """``column 'x' is new: nothing takes it; add it to the contract as a minor version``."""
        return f"{self.what}; {self.allows}"

    def as_json(self) -> dict[str, Any]:
        """The change as ``--json`` prints it."""
        return asdict(self)


def columns_told(schema: Mapping[str, pl.DataType]) -> tuple[tuple[str, str], ...]:
    """The columns as receipts carry them. Where a file has no header its first row stands in their place."""
    headless = any(value_like(name) for name in schema)
    return tuple(("" if headless else name, str(kind)) for name, kind in schema.items())


def drift(before: Columns, now: Columns, binding: Binding, contract: Contract) -> list[Change]:
    """What is other in ``now`` than in ``before``; nothing is known where either is empty."""
    old, new = dict(before), dict(now)
    old.pop("", None)
    new.pop("", None)
    # Nothing in common: another file, or one without a header, whose first row would be told as columns.
    if not old.keys() & new.keys():
        return []
    lost, came = [name for name in old if name not in new], [name for name in new if name not in old]
    found: list[Change] = []
    for name in list(lost):
        if (other := _renamed(name, came, before, now)) is not None:
            lost.remove(name)
            came.remove(other)
            found.append(_rename(name, other, binding, contract))
    found += [_lost(name, binding, contract) for name in lost]
    found += [_came(name, binding, contract) for name in came]
    both = [name for name in old if name in new]
    if both != [name for name in new if name in old]:
        what = "the columns stand in another order than before"
        found.append(Change("reordered", "", what, "they are read by their names, so nothing changes"))
    found += list(_types({name: (old[name], new[name]) for name in both}, binding, contract))
    return found


def _takers(name: str, binding: Binding, contract: Contract) -> list[str]:
    """The contract's columns that take a column of the file."""
    rename, join = binding.mapping.rename, binding.mapping.join
    return [column for column in contract.by_name if name in join.get(column, (rename.get(column, column),))]


def _renamed(name: str, came: Sequence[str], before: Columns, now: Columns) -> str | None:
    """The new column in which a lost one seems to go on: one that is written alike, or that stands in its place."""
    if (close := meant(name, came)) is not None:
        return close
    at = [one for one, _ in before].index(name)
    stands = now[at][0] if len(before) == len(now) and at < len(now) else ""
    return stands if stands in came and dict(now)[stands] == dict(before)[name] else None


def _rename(name: str, other: str, binding: Binding, contract: Contract) -> Change:
    takers = _takers(name, binding, contract)
    what = f"column '{name}' is lost, and '{other}' is new in its place: it may have been renamed"
    if not takers:
        return Change("renamed", name, what, "nothing took it, so nothing changes")
    joined = binding.mapping.join.get(takers[0])
    parts = [other if part == name else part for part in joined or ()]
    word, columns = ("join", f"[{', '.join(parts)}]") if joined else ("rename", other)
    mend = f"if it is the same, write {takers[0]}: {columns} under sources.{contract.id}.mapping.{word}"
    return Change("renamed", name, what, mend, goes_on=False)


def _lost(name: str, binding: Binding, contract: Contract) -> Change:
    takers = [contract.by_name[one] for one in _takers(name, binding, contract)]
    what = f"column '{name}' is lost"
    if not takers:
        return Change("lost", name, what, "nothing took it, so nothing changes")
    if any(one.required for one in takers):
        return Change("lost", name, what, f"the contract requires '{takers[0].name}': ask for it again", goes_on=False)
    allows = (
        f"the contract does not require '{takers[0].name}', but without it the days are held: nulls would take the "
        "place of its values"
    )
    return Change("lost", name, what, allows, goes_on=False)


def _came(name: str, binding: Binding, contract: Contract) -> Change:
    what, takers = f"column '{name}' is new", _takers(name, binding, contract)
    if takers:
        return Change("new", name, what, f"'{takers[0]}' of the contract takes it")
    allows = "add it to the contract as a minor version, if it is wanted"
    return Change("new", name, f"{what}: nothing takes it", allows)


def _types(both: Mapping[str, tuple[str, str]], binding: Binding, contract: Contract) -> Iterator[Change]:
    for name, (old, new) in both.items():
        if old == new:
            continue
        what, takers = f"column '{name}' was {old} and is {new}", _takers(name, binding, contract)
        if takers:
            logical = contract.by_name[takers[0]].logical_type
            allows = f"the contract reads it as {logical}: a value that does not fit sends its row to quarantine"
        else:
            allows = "nothing takes it, so nothing changes"
        yield Change("type", name, what, allows)


def new_words(contract: Contract, broken: Mapping[str, int]) -> list[Change]:
    """Code lists that the source's words outgrew; ``broken`` counts by rule the rows that it refused."""
    found = []
    for rule, (column, _) in _lists(contract).items():
        if rows := broken.get(rule):
            what = f"column '{column}' has words that its list does not have, in {rows} row{'s' * (rows != 1)}"
            allows = "these rows go to quarantine; add the words to the contract as a minor version, or map them"
            found.append(Change("words", column, what, allows))
    return found


def words_broken(contract: Contract, frame: pl.LazyFrame) -> dict[str, int]:
    """By rule how many of a frame's first rows have a word that a closed list of the contract does not have.

    Only text columns of the frame are looked at, under the contract's names.
    """
    there = frame.collect_schema()
    counts = {
        rule: (~pl.col(column).is_in(list(words))).sum()
        for rule, (column, words) in _lists(contract).items()
        if there.get(column) == pl.String
    }
    if not counts:
        return {}
    found = frame.head(_ROWS).select(count.alias(rule) for rule, count in counts.items())
    return {rule: int(number or 0) for rule, number in found.collect(engine="streaming").row(0, named=True).items()}


def _lists(contract: Contract) -> dict[str, tuple[str, Sequence[str]]]:
    """The closed lists of a contract by rule: the column, and its words as texts."""
    found = {f"{one.name}.enum": (one.name, [str(word) for word in one.enum]) for one in contract.columns if one.enum}
    for rule in contract.rules:
        if rule.valid_values and rule.columns and "." not in rule.columns[0]:
            found[rule.name] = (rule.columns[0], [str(word) for word in rule.valid_values])
    return {rule: kept for rule, kept in found.items() if kept[0] in contract.by_name}
