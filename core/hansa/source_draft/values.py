"""From rows to words: what the columns hold, how it is written, and which of them say the sign of an amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hansa.contract.model import Column
from hansa.source_draft.cells import FileColumn
from hansa.source_draft.directions import flag_of, pairs_of
from hansa.source_draft.drafted import amount_of, column_of
from hansa.source_draft.finding import Finding
from hansa.source_draft.forms import of_numbers, of_signs
from hansa.source_draft.kinds import Kind, kind_of, of_days, of_identifiers, settled
from hansa.source_draft.no_value import find_null_words


@dataclass(frozen=True)
class Values:
    """The words for the values of a file, its columns with their types, and their kinds."""

    findings: tuple[Finding, ...]
    columns: tuple[Column, ...]
    kinds: tuple[Kind, ...]


def find_values(fields: Sequence[FileColumn]) -> Values:
    """What the values of the columns say, all of them together."""
    words, null_words = find_null_words(fields)
    raw = {one.name: tuple(value or "" for value in one.values) for one in fields}
    bare = [one.without(words) for one in fields]
    flag = flag_of(bare, raw)
    kinds, form, guessed = settled([kind_of(one, flag.column if flag else None) for one in bare])
    columns = tuple(column_of(kind) for kind in kinds)
    taken = {column.name for column in columns}
    pairs = [replace(pair, name=_free(pair.name, taken)) for pair in pairs_of(bare)]
    signs = of_signs(kinds, flag, pairs, words)
    for finding in signs:
        if finding.path[:2] == ("mapping", "sign"):
            made_of = tuple(
                one.name for one in bare if one.header in finding.value.values() or one.name in finding.value.values()
            )
            columns = (*columns, amount_of(finding.path[2], columns, made_of))
    findings = (*null_words, *of_numbers(kinds, form, guessed), *of_days(kinds), *signs, *of_identifiers(kinds))
    return Values(findings, columns, tuple(kinds))


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where a column has it already."""
    number, made = 1, name
    while made in taken:
        number += 1
        made = f"{name}_{number}"
    return made
