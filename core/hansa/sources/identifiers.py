"""Identifiers are looked at when a file is opened: one that a program has damaged refuses all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from hansa.contract.model import Contract
from hansa.sources.binding import Binding
from hansa.sources.damage import fixed_lengths, refuse_damaged
from hansa.sources.excel import WORKBOOKS, read_excel_lines
from hansa.sources.files import translate, unreadable
from hansa.sources.fixed_width import read_fixed_lines
from hansa.sources.text import read_lines

#: The readers that can tell the line of a row, by format.
_LINES = {"csv": read_lines, "txt": read_lines, "fixed": read_fixed_lines, **dict.fromkeys(WORKBOOKS, read_excel_lines)}


def refuse_damaged_identifiers(
    frame: pl.LazyFrame, path: Path, binding: Binding, contract: Contract, taken: Mapping[str, str]
) -> None:
    """Read the columns of the file that ``binding`` calls identifiers, ``taken`` by the contract's columns.

    Errors: DataError with line and column of the first one that is damaged, or for the file.
    """
    words = binding.mapping
    names = {taken[name]: name for name in words.identifiers if name in taken}
    if not names:
        return
    nothing = {*binding.null_words, *(word for name in names.values() for word in words.null_words.get(name, ()))}
    reader = _LINES.get((binding.format or path.suffix.removeprefix(".")).lower())
    lines = (lambda: reader(path, binding)) if reader is not None else None
    try:
        refuse_damaged(frame, fixed_lengths(contract, names), binding.uri, null_words=sorted(nothing), lines=lines)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, binding.uri) or unreadable(binding.uri) from None
