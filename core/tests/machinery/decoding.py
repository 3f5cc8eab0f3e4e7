"""Every byte of a file in the forms in which somebody could read it: raw, decompressed, row by row, page by page.

A piece is (where in the file, bytes). What a container holds is unfolded again, so that a Parquet file in a zip, or a
compressed cursor in a SQLite cell, is read as well.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import io
import lzma
import re
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

Piece = tuple[str, bytes]

#: Containers in containers, at most.
DEEPEST = 4
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


class UndecodableError(Exception):
    """A file that begins like a container and cannot be read as one; nobody may call it searched."""


def pieces(content: bytes, where: str = "raw", depth: int = 0) -> Iterator[Piece]:
    """The bytes themselves and all that they unfold to."""
    yield where, content
    if depth >= DEEPEST or len(content) < 4:
        return
    kind = next((kind for kind, begins in _KINDS.items() if begins(content)), None)
    if kind is not None:
        try:
            found = list(_READERS[kind](content))
        except (ValueError, EOFError, OSError, zlib.error, zstandard.ZstdError, pa.ArrowException) as error:
            raise UndecodableError(f"{where}: looks like {kind}, but: {type(error).__name__}: {error}") from error
        for place, inner in found:
            yield from pieces(inner, f"{where}: {place}", depth + 1)
    if kind != "zstd":
        yield from _frames(content, where, depth)
    yield from _texts(content, where, depth)


def _frames(content: bytes, where: str, depth: int) -> Iterator[Piece]:
    """Every zstd frame anywhere: pages of Parquet files with what no row uses, blocks of anything else."""
    at, view = content.find(_ZSTD), memoryview(content)
    while at >= 0:
        try:
            inner = zstandard.ZstdDecompressor().decompressobj().decompress(view[at:])
        except zstandard.ZstdError:
            inner = b""
        if inner:
            yield from pieces(inner, f"{where}: zstd frame at {at}", depth + 1)
        at = content.find(_ZSTD, at + 1)


def _texts(content: bytes, where: str, depth: int) -> Iterator[Piece]:
    """Base64 that hides something compressed: Dagster keeps cursors in this way."""
    for match in _BASE64.finditer(content):
        text = match.group().replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        try:
            # The first bytes tell; most long words are no base64 of anything.
            begins = base64.b64decode(text[:8])
            if begins[:2] in _ZLIB or begins[:2] == b"\x1f\x8b" or begins[:4] == _ZSTD:
                inner = base64.b64decode(text + b"=" * (-len(text) % 4))
                yield from pieces(inner, f"{where}: base64 at {match.start()}", depth + 1)
        except (binascii.Error, UndecodableError):
            continue


def _parquet(content: bytes) -> Iterator[Piece]:
    file = pq.ParquetFile(pa.BufferReader(content))
    meta = file.metadata
    for key, value in (meta.metadata or {}).items():
        yield f"footer {key.decode(errors='replace')}", value
        if key == b"ARROW:schema":
            yield "footer schema", base64.b64decode(value)
    for group in range(meta.num_row_groups):
        for n in range(meta.num_columns):
            statistics = meta.row_group(group).column(n).statistics
            if statistics is not None and statistics.has_min_max:
                yield f"statistics of {meta.schema.column(n).path}", _plain([statistics.min, statistics.max])
    yield from _table(file.read())


def _arrow(content: bytes) -> Iterator[Piece]:
    yield from _table(pa.ipc.open_file(pa.BufferReader(content)).read_all())


def _table(table: pa.Table) -> Iterator[Piece]:
    for key, value in (table.schema.metadata or {}).items():
        yield f"schema {key.decode(errors='replace')}", value
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield from _cells(f"column {name}", _distinct(column))


def _distinct(column: pa.ChunkedArray) -> list[object]:
    try:
        return column.unique().to_pylist()
    except pa.ArrowNotImplementedError:
        return column.to_pylist()


def _plain(values: Iterable[object]) -> bytes:
    """Values one a line: bytes as they are, everything else as Python writes it."""
    return b"".join(b"\n" + (value if isinstance(value, bytes) else str(value).encode()) for value in values)


def _cells(where: str, values: Sequence[object]) -> Iterator[Piece]:
    """Values together, and each one that is a container by itself."""
    yield where, _plain(value for value in values if value is not None)
    for value in values:
        if isinstance(value, bytes) and any(begins(value) for begins in _KINDS.values()):
            yield f"{where}, cell", value


def _avro(content: bytes) -> Iterator[Piece]:
    """Blocks of an Avro object container, decompressed."""
    stream = io.BytesIO(content)
    stream.seek(4)
    header: dict[str, bytes] = {}
    while count := _long(stream):
        if count < 0:
            _long(stream)
        for _ in range(abs(count)):
            name = stream.read(_long(stream)).decode()
            header[name] = stream.read(_long(stream))
            yield f"header {name}", header[name]
    sync = stream.read(16)
    decompress = _AVRO_CODECS[header.get("avro.codec", b"null").decode()]
    number = 0
    while stream.tell() < len(content):
        _long(stream)
        yield f"block {number}", decompress(stream.read(_long(stream)))
        if stream.read(16) != sync:
            raise ValueError("no sync mark behind a block")
        number += 1


def _long(stream: io.BytesIO) -> int:
    """A zig-zag number of variable length."""
    value = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise EOFError("ends in a number")
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)


def _snappy(block: bytes) -> bytes:
    """A raw snappy block of Avro: a length of its own in front, a checksum of four bytes behind."""
    size = shift = place = 0
    while True:
        size |= (block[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if block[place - 1] < 0x80:
            break
    return pa.Codec("snappy").decompress(block[:-4], size, asbytes=True)


_AVRO_CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda block: block,
    "deflate": lambda block: zlib.decompress(block, -15),
    "snappy": _snappy,
    "zstandard": lambda block: zstandard.ZstdDecompressor().decompressobj().decompress(block),
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
}


def sqlite_rows(path: Path) -> Iterator[Piece]:
    """Every cell of every table of a SQLite file, its write-ahead log included."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            table = name.decode()
            quoted = table.replace('"', '""')
            rows = connection.execute(f'SELECT * FROM "{quoted}"')
            yield from _cells(f"table {table}", [cell for row in rows for cell in row])


def _sqlite(content: bytes) -> Iterator[Piece]:
    """A SQLite file that lies in something else; one on disk is read with its write-ahead log beside it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "inner.db")
        path.write_bytes(content)
        yield from sqlite_rows(path)


def _zip(content: bytes) -> Iterator[Piece]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            yield f"member {entry.filename}", archive.read(entry)


def _tar(content: bytes) -> Iterator[Piece]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            yield f"member {entry.name}", file.read() if file else b""


def _gunzip(content: bytes) -> bytes:
    """All members, also of a file that is still being written; whatever stands behind them is searched as it is."""
    made = b""
    while content[:3] == b"\x1f\x8b\x08":
        member = zlib.decompressobj(wbits=31)
        made += member.decompress(content)
        content = member.unused_data
    return made


_READERS: dict[str, Callable[[bytes], Iterator[Piece]]] = {
    "parquet": _parquet,
    "avro": _avro,
    "sqlite": _sqlite,
    "arrow": _arrow,
    "zip": _zip,
    "tar": _tar,
    "gzip": lambda content: iter([("gzip", _gunzip(content))]),
    "zlib": lambda content: iter([("zlib", zlib.decompressobj().decompress(content))]),
    "zstd": lambda content: iter([("zstd", zstandard.ZstdDecompressor().decompressobj().decompress(content))]),
}
_KINDS: dict[str, Callable[[bytes], bool]] = {
    "parquet": lambda content: content[:4] == b"PAR1" and content[-4:] == b"PAR1",
    "avro": lambda content: content[:4] == b"Obj\x01",
    "sqlite": lambda content: content[:16] == b"SQLite format 3\x00",
    "arrow": lambda content: content[:6] == b"ARROW1",
    "zip": lambda content: content[:4] == b"PK\x03\x04",
    "tar": lambda content: content[257:262] == b"ustar",
    "gzip": lambda content: content[:3] == b"\x1f\x8b\x08",
    "zlib": lambda content: content[:2] in _ZLIB and _is_zlib(content),
    "zstd": lambda content: content[:4] == _ZSTD,
}


def _is_zlib(content: bytes) -> bool:
    """Two bytes say little: the rest has to be zlib's too."""
    try:
        zlib.decompressobj().decompress(content)
    except zlib.error:
        return False
    return True
