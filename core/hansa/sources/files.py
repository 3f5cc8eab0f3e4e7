"""A file on this machine: where it is, whether it can be read, and what went wrong if it cannot.

No sentence of this room quotes what stands in a file, and no message of a library that may do so is passed on.
"""

from __future__ import annotations

import errno
import hashlib
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl

from hansa.errors import DataError, HansaError, MeshError, WorldError
from hansa.near import near

#: The next step for a file of no bytes.
CHECK_DELIVERY = "check its delivery: a file without rows has at least its header"
#: First bytes of files that are often sent where text was meant: what such a file is, and the next step.
OTHER_KINDS = {
    b"PAR1": ("a Parquet file", "name its format parquet, or rename it to .parquet"),
    b"PK\x03\x04": ("an Excel workbook or a zip archive", "name its format xlsx, rename it to .xlsx, or unpack it"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "name its format xls, or rename it to .xls"),
    b"\x1f\x8b": ("compressed with gzip", "unpack it"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "unpack it"),
    b"%PDF": ("a PDF document", "ask for the table as CSV in UTF-8"),
    b"\xff\xfe": ("text in UTF-16", "save or convert it as UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "save or convert it as UTF-8"),
}

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://|^file:")
# An address, a date or a run of digits where a name should stand: probably the first row of a file without header.
_VALUE_LIKE = re.compile(r"@|[0-9]{5}|^[-+]?[0-9.,]+$|[0-9]{2,4}[-/.][0-9]{1,2}[-/.][0-9]{2}")
_NAMES_SHOWN = 30
#: A column that a reader gives beside those of the file.
_NOT_OF_THE_FILE = "__line"
_LONGEST_NAME = 60


def located(uri: str, base: Path, entry: str) -> Path:
    """The absolute path that ``uri`` means in a mesh file in the folder ``base``; it may lie outside of it.

    Errors: MeshError at ``entry`` for anything that is not a file of this machine.
    """
    if not _SCHEME.match(uri):
        home = uri.startswith("~/")
        return (base / (Path(uri).expanduser() if home else uri)).absolute()
    parts = urlsplit(uri)
    if parts.scheme.lower() != "file":
        raise MeshError(
            "source.scheme",
            f"'{parts.scheme}://' cannot be read, only files of this machine",
            where=entry,
            next_step="write a path or a file:// URI",
        )
    path = Path(unquote(parts.path))
    if parts.netloc not in {"", "localhost"} or not path.is_absolute():
        raise MeshError(
            "source.uri",
            "a file:// URI holds an absolute path of this machine",
            where=entry,
            next_step="write file:///folder/file.csv, or the relative path without file://",
        )
    return path


def fingerprint(path: Path, place: str) -> str:
    """Hex digest of size and time of change: cheap, and another one as soon as the file was written again.

    Errors: DataError if there is no such file, or it is a folder, a device or not open to this user.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError("source.folder", "it is a folder, not a file", where=place, next_step="name the file in it")
        if not stat.S_ISREG(found.st_mode):
            raise DataError("source.kind", "it is no regular file", where=place, next_step="name a file")
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path, place) from None
    except OSError as error:
        raise translate(error, place) or unreadable(place) from None
    return hashlib.sha256(f"{found.st_size} {found.st_mtime_ns}".encode()).hexdigest()


def _missing(path: Path, place: str) -> DataError:
    folder = path.parent.resolve()
    if not folder.is_dir():
        what, mend = f"there is no folder {folder}", "mend the path"
    else:
        close = near(path.name, (found.name for found in folder.iterdir()))
        what = f"there is no such file in {folder}"
        mend = f"did you mean '{close}'?" if close else "mend the path"
    return DataError("source.missing", what, where=place, next_step=mend)


def unreadable(place: str) -> DataError:
    """The sentence for a file that cannot be read and does not show why."""
    return DataError("source.unreadable", "it cannot be read", where=place, next_step="look at the file and its disk")


def translate(error: Exception, place: str) -> HansaError | None:
    """The sentence for what Polars or the system raised while the file at ``place`` was read; None if it is not that.

    For whoever collects a frame of this room: some damage shows only then. The library's text is never passed on.
    """
    if isinstance(error, pl.exceptions.DuplicateError):
        what = "two of its columns have one name"
        return DataError("source.header", what, where=place, next_step="have one of them renamed")
    if isinstance(error, pl.exceptions.NoDataError):
        return DataError("source.empty", "the file is empty", where=place, next_step=CHECK_DELIVERY)
    if isinstance(error, pl.exceptions.ComputeError):
        return _damaged(str(error), place)
    if isinstance(error, OSError):
        return _refused_by_system(error, place)
    return None


def _damaged(told: str, place: str) -> HansaError | None:
    if told.startswith("parquet:"):
        what = "the Parquet file is damaged: a part of it cannot be read"
    elif re.search(r"CSV malformed|could not parse|found more fields|invalid utf-?8", told, re.IGNORECASE):
        what = "the text file changed while it was read, or its rows cannot be told apart"
    else:
        return None
    return DataError("source.damaged", what, where=place, next_step="send the file again")


def _refused_by_system(error: OSError, place: str) -> HansaError | None:
    told = str(error)
    found = re.search(r"\(os error ([0-9]+)\)", told)
    number = error.errno or (int(found.group(1)) if found else 0)
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return WorldError("world.disk_full", "no room is left on the disk", next_step="make room and run it again")
    if Path(place).name not in told:
        return None
    if number in {errno.EACCES, errno.EPERM}:
        return DataError(
            "source.permission", "this user may not read it", where=place, next_step="mend its permissions"
        )
    if number == errno.ENOENT:
        return DataError("source.missing", "it vanished while it was read", where=place, next_step="send it again")
    return unreadable(place)


def value_like(name: str) -> bool:
    """True if what stands as a column's name may be a value of the first row, in whatever form digits are written."""
    plain = unicodedata.normalize("NFKC", name)
    together = "".join(sign for sign in plain if sign.isalnum() or sign == "@")
    return bool(_VALUE_LIKE.search(plain) or _VALUE_LIKE.search(together)) or len(plain) > _LONGEST_NAME


def listed(names: Iterable[str]) -> str:
    """Column names for a sentence, unless one looks like a value: then the first line is no header and stays unsaid."""
    known = [name for name in names if name != _NOT_OF_THE_FILE]
    if any(value_like(name) for name in known):
        return f"{len(known)} columns whose names look like values (has the file a header?)"
    shown = ", ".join(f"'{name}'" for name in known[:_NAMES_SHOWN])
    more = len(known) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
