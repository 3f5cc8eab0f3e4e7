"""Does a clear value of a person stand anywhere where it must not: in output, messages, logs, exceptions, files?

A hit names the column and the place, never the value. Values are searched in clear, as JSON, hex, base 64 and as a
digest without a key, since all mobile numbers are soon tried out.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import logging
import os
import sys
import tempfile
import traceback
import warnings
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from hansa.contract.model import Contract

#: A shorter value (in bytes of UTF-8) stands in too much that is no leak.
SHORTEST = 6
_PARQUET = b"PAR1"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")


@dataclass(frozen=True)
class Leak:
    """A value of ``column`` that was found at ``place`` in some form."""

    column: str
    place: str
    form: str

    def sentence(self) -> str:
        """What was found where, without the value."""
        form = "" if self.form == "clear" else f" as {self.form}"
        return f"a value of {self.column} stands{form} in {self.place}"


def _base64(content: bytes) -> list[str]:
    """What base 64 makes of these bytes wherever they begin in a longer text."""
    made = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + content).decode()
        made.append(encoded[(0, 2, 3)[shift] : (shift + len(content)) // 3 * 4])
    return made


def _forms(value: str) -> dict[str, list[str]]:
    content = value.encode()
    digests = {
        name: hashlib.new(name, content, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")
    }
    plain = {"clear": [value], "JSON": [json.dumps(value)[1:-1]], "hex": [content.hex()], "base 64": _base64(content)}
    return {**plain, **{f"a digest ({name})": [digest] for name, digest in digests.items()}}


class Secrets:
    """The clear values of persons that were synthesised, each with the column that it stood in."""

    def __init__(self) -> None:
        self._meaning: dict[str, tuple[str, str]] = {}

    def add(self, contract: Contract, rows: pl.DataFrame) -> None:
        """Take the texts of columns of class C2 and C3, and of tokenised ones, as they came.

        Values that the contract itself lists tell nothing of a person.
        """
        for name in persons(contract):
            if name in rows.columns and rows[name].dtype == pl.String:
                for value in rows[name].drop_nulls().unique().to_list():
                    self.plant(f"{contract.id}.{name}", value)

    def plant(self, column: str, value: str) -> None:
        """Take one value; a short one is not searched."""
        if len(value.encode()) < SHORTEST:
            return
        for form, spellings in _forms(value).items():
            for spelling in spellings:
                if len(spelling.encode()) >= SHORTEST:
                    self._meaning.setdefault(spelling, (column, form))

    def only(self, columns: Collection[str]) -> Secrets:
        """Those values that stood in these columns."""
        made = Secrets()
        made._meaning = {spelled: told for spelled, told in self._meaning.items() if told[0] in columns}
        return made

    def __bool__(self) -> bool:
        return bool(self._meaning)

    def found_in(self, texts: Mapping[str, str]) -> list[Leak]:
        """The leaks in texts by their place, one a column, place and form."""
        known = [place for place, text in texts.items() if text]
        if not self._meaning or not known:
            return []
        frame = pl.DataFrame({"place": known, "text": [texts[place] for place in known]})
        hits = frame.select(
            "place", hit=pl.col("text").str.extract_many(pl.Series(list(self._meaning)).implode(), overlapping=True)
        ).explode("hit", empty_as_null=False)
        found = {Leak(self._meaning[hit][0], place, self._meaning[hit][1]) for place, hit in hits.iter_rows() if hit}
        return sorted(found, key=lambda leak: (leak.place, leak.column, leak.form))

    def found_in_files(self, files: Iterable[Path], root: Path) -> list[Leak]:
        """The leaks in files, Parquet files cell by cell."""
        texts = {}
        for path in files:
            for where, text in _readable(path.read_bytes()):
                texts[f"{path.relative_to(root)}{where}"] = text
        return self.found_in(texts)


def persons(contract: Contract) -> list[str]:
    """The text columns that are tokenised or of class C2 or C3, and whose values the contract does not list."""
    listed = {rule.columns[0] for rule in contract.rules if rule.valid_values and rule.columns}
    texts = [column for column in contract.columns if column.sealed and column.logical_type == "string"]
    return [column.name for column in texts if not column.enum and column.name not in listed]


def _readable(content: bytes) -> Iterator[tuple[str, str]]:
    yield "", content.decode(errors="replace")
    if content[:4] == _PARQUET:
        rows = pl.read_parquet(io.BytesIO(content))
        for name, dtype in rows.schema.items():
            yield f" ({name})", cells(rows[name], dtype)
    elif content[:2] in _ZLIB:
        with contextlib.suppress(zlib.error):
            yield " (unpacked)", zlib.decompress(content, 47).decode(errors="replace")


def cells(values: pl.Series, dtype: pl.DataType) -> str:
    """The values of a column as text, one a line."""
    if dtype == pl.Binary:
        return "\n".join(cell.decode(errors="replace") for cell in values if cell is not None)
    return (
        "\n".join(str(cell) for cell in values.unique().to_list()) if not dtype.is_nested() else str(values.to_list())
    )


@dataclass
class Heard:
    """What a piece of work said, by the way on which it said it."""

    texts: dict[str, str] = field(default_factory=dict)


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told: list[Any] = [record.name, record.msg, record.args, record.__dict__.get("extra")]
        try:
            told.append(record.getMessage())
        except (TypeError, ValueError):
            told.append("")
        if record.exc_info and record.exc_info[1] is not None:
            told.append(said(record.exc_info[1]))
        self.lines.append("\n".join(str(one) for one in told))


def said(error: BaseException) -> str:
    """Everything that an exception and those behind it say, notes and arguments included."""
    seen: set[int] = set()
    told = ["".join(traceback.format_exception(error))]
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            told += [str(one), repr(one.args)]
            waiting += [one.__cause__, one.__context__]
    return "\n".join(told)


@contextlib.contextmanager
def listening() -> Iterator[Heard]:
    """Hear all that is said within the block: stdout and stderr down to their files, logs of every level, warnings."""
    heard, records, root = Heard(), _Records(), logging.getLogger()
    out, err = io.StringIO(), io.StringIO()
    level, handlers = root.level, root.handlers[:]
    # Nobody else hears it: what is wrong to say would be said once more by whoever shows the logs.
    root.handlers[:] = [records]
    root.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            _descriptors(heard),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            warnings.simplefilter("always")
            yield heard
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
    heard.texts["stdout"] = heard.texts.get("stdout", "") + out.getvalue()
    heard.texts["stderr"] = heard.texts.get("stderr", "") + err.getvalue()
    heard.texts["log records"] = "\n".join(records.lines)
    heard.texts["warnings"] = "\n".join(str(one.message) for one in warned)


@contextlib.contextmanager
def _descriptors(heard: Heard) -> Iterator[None]:
    """Hear what libraries write past Python, such as an engine's panic."""
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.ExitStack() as stack:
        files = {name: stack.enter_context(tempfile.TemporaryFile()) for name in ("stdout", "stderr")}
        kept = [os.dup(1), os.dup(2)]
        try:
            for descriptor, file in zip((1, 2), files.values(), strict=True):
                os.dup2(file.fileno(), descriptor)
            yield
        finally:
            for descriptor, old in zip((1, 2), kept, strict=True):
                os.dup2(old, descriptor)
                os.close(old)
            for name, file in files.items():
                file.seek(0)
                heard.texts[name] = file.read().decode(errors="replace")
