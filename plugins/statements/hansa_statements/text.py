"""In which encoding a statement is written: decided by its bytes, strictly, where its header may lie.

A file that says nothing is read in the encoding of its binding, UTF-8 if that says nothing either. A file that
declares an encoding is read in it, unless its bytes are none of it and are UTF-8. Bytes that are both are read
only after somebody has said which: a binding's own ``encoding`` goes before everything.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import DataError
from hansa.sources import Binding
from hansa.sources.encodings import has_controls, is_wide
from hansa.sources.files import CHECK_DELIVERY, OTHER_KINDS

_BLOCK = 1 << 20
_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that are no letters in ISO 8859: a file that holds them is not written in it, though every byte decodes.
_CONTROLS = bytes(range(0x80, 0xA0))


def said(binding: Binding) -> str | None:
    """The encoding that the binding itself names; None if it names none."""
    given = "encoding" in binding.model_fields_set or binding.encoding != "utf-8"
    return binding.encoding if given else None


def settled(path: Path, declared: str | None, given: str | None, place: str) -> str:
    """The codec of the file: ``given`` by the binding, else ``declared`` by the file, as far as its bytes agree.

    Errors: DataError for an empty file, another kind of file, NUL bytes, bytes that are in none of the encodings
    (with the line), or in both.
    """
    marked = _mark(path, place)
    wanted = marked or given or declared or "utf-8"
    try:
        codec = codecs.lookup(wanted).name
    except LookupError:
        raise DataError(
            "statement.encoding",
            "the encoding that its header declares is unknown",
            where=place,
            next_step="write encoding in the entry of the source",
        ) from None
    if is_wide(codec) and not (marked or given):
        codec = "utf-8"  # the declaration itself could be read byte by byte, so it is not true
    first = _Trial(codec)
    second = _Trial("utf-8")
    plain = _tried(path, [first, second], place)
    if marked or given or second.codec == codec or plain:
        if first.fault is not None:
            raise _foreign(codec, first.fault, place)
        return _marked(codec)
    if first.fault is not None and second.fault is not None:
        raise _foreign(codec, first.fault, place)
    if first.fault is None and second.fault is None:
        raise DataError(
            "statement.encoding",
            f"it declares {_called(codec)}, and its bytes are UTF-8 as well: its letters cannot be told for sure",
            where=place,
            next_step=f"write encoding: utf-8 or encoding: {_called(codec)} in the entry of the source",
        )
    return codec if first.fault is None else _marked("utf-8")


def blocks(path: Path, codec: str) -> Iterator[str]:
    """The text of the file, a part at a time."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def beginning(path: Path, size: int = 4096) -> bytes:
    """The first bytes, a mark of UTF-8 left out."""
    with path.open("rb") as file:
        return file.read(size).removeprefix(_MARK)


@dataclass
class _Trial:
    """An encoding that is tried; ``fault`` is the line of the first bytes that are not of it."""

    codec: str
    fault: int | None = None

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder(self.codec)("strict")

    def over(self, block: bytes, lines: int, *, final: bool = False) -> None:
        if self.fault is not None:
            return
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            self.fault = lines + block.count(b"\n", 0, error.start) + 1
            return
        if has_controls(self.codec) and (at := _first_control(block)) is not None:
            self.fault = lines + block.count(b"\n", 0, at) + 1


def _first_control(block: bytes) -> int | None:
    if len(block.translate(None, _CONTROLS)) == len(block):
        return None
    return next(at for at, sign in enumerate(block) if 0x80 <= sign < 0xA0)


def _mark(path: Path, place: str) -> str | None:
    """The encoding that a mark at the start says, which is no letter of any other."""
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise DataError("source.empty", "the file is empty", where=place, next_step=CHECK_DELIVERY)
    if head.startswith(_WIDE_MARKS):
        return "utf-16"
    if head.startswith(_MARK):
        return "utf-8"
    for magic, (kind, _) in OTHER_KINDS.items():
        if head.startswith(magic):
            raise DataError(
                "source.kind", f"it is {kind}, not a statement", where=place, next_step="unpack it, or name the file"
            )
    return None


def _tried(path: Path, trials: list[_Trial], place: str) -> bool:
    """Go over the bytes once; true if all are ASCII."""
    plain, lines = True, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not is_wide(trials[0].codec) and (at := block.find(b"\0")) >= 0:
                line = lines + block.count(b"\n", 0, at) + 1
                raise DataError(
                    "source.nul", "a NUL byte stands in it", where=f"{place}:{line}", next_step="send the file again"
                )
            plain = plain and block.isascii()
            for trial in trials:
                trial.over(block, lines)
            lines += block.count(b"\n")
    for trial in trials:
        trial.over(b"", lines, final=True)
    return plain


def _marked(codec: str) -> str:
    return "utf-8-sig" if codec == "utf-8" else codec


def _called(codec: str) -> str:
    return codec.replace("iso8859", "iso-8859")


def _foreign(codec: str, line: int, place: str) -> DataError:
    return DataError(
        "source.encoding",
        f"it holds bytes that are not {_called(codec)}",
        where=f"{place}:{line}",
        next_step="write encoding in the entry of the source, such as iso-8859-1 or cp1252",
    )
