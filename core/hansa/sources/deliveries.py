"""Files that arrive in a folder or under a prefix of a bucket: which there are, in which order, and what is in them.

A ``uri`` with ``*`` is a pattern: ``*`` is any letters of one name, ``**`` any folders, ``?`` one letter of a name.
What is listed lies in the pattern's own folder; a link that leads out of it is left.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from hansa.digest import sha256
from hansa.errors import DataError, MeshError
from hansa.sources.binding import Binding
from hansa.sources.delivery_words import DELIVERY_WORDS, date_in
from hansa.sources.files import located, translate, unreadable
from hansa.sources.remote import fetched, is_remote

if TYPE_CHECKING:
    from hansa.store.objects import Objects
    from hansa.store.settings import StoreSettings

#: Endings that programs give to a file while they write it.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".writing", ".swp")
_PIECE = 1 << 20
_BUCKET = re.compile(r"(s3://[^/*?]+)/(.*)", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """A file as a listing shows it.

    ``name`` is its path under the pattern's folder, ``uri`` the address by which it is opened; ``modified`` is when it
    was written, ``stamp`` (hex) another one as soon as it was written again.
    """

    name: str
    uri: str
    size: int
    modified: dt.datetime
    stamp: str


@dataclass(frozen=True)
class Left:
    """A file that matches and is not taken now, and why; ``came`` is false for one that is no file of its date."""

    name: str
    why: str
    came: bool = False


@dataclass(frozen=True)
class Listing:
    """The files that a pattern finds, by name, and those that it leaves for a later run."""

    files: tuple[Found, ...]
    left: tuple[Left, ...] = ()


def is_pattern(uri: str) -> bool:
    """True for an address of which many files may be meant."""
    return "*" in uri


class Inbox:
    """The place of one source's deliveries. Errors of every method: as ``open_source`` has them."""

    def __init__(self, binding: Binding, base: Path, entry: str, store: StoreSettings | None = None) -> None:
        self._binding, self._base, self._entry, self._store = binding, base, entry, store
        refuse_unfit(binding, entry)
        start, pattern = _parted(binding.uri, f"{entry}.uri")
        self._start, self._regex = start, _regex(pattern)
        #: By name the version of an object of which the digest was taken.
        self._seen: dict[str, str] = {}

    def named(self, uri: str) -> str:
        """The name of the file at an address, or of the one whose end marker lies there; empty for no delivery."""
        return _named(self._binding, self._start, self._regex, uri)

    def listed(self, now: dt.datetime) -> Listing:
        """What lies there now, in the order of names."""
        objects, files, left = self._objects(), list[Found](), list[Left]()
        found = {entry.name: entry for entry in objects.entries()}
        for name in sorted(found):
            plain = next((name[: -len(end)] for end in UNFINISHED if name.lower().endswith(end)), name)
            if not self._regex.fullmatch(plain) and not self._regex.fullmatch(name):
                continue
            entry = found[name]
            if why := self._waits(objects, name, plain, set(found), entry.modified, now):
                left.append(Left(name, why))
                continue
            stamp = _stamp(objects.folder, name) or sha256(f"{entry.size} {entry.modified} {entry.tag}".encode())
            files.append(Found(name, self._uri(name), entry.size, entry.modified, stamp))
        return Listing(tuple(files), tuple(left))

    def _waits(
        self, objects: Objects, name: str, plain: str, names: set[str], modified: dt.datetime, now: dt.datetime
    ) -> str:
        """Why a file is left for a later run; empty if it is not."""
        if plain != name or name.rpartition("/")[2].startswith("~$"):
            return "it is still being written, as its name says"
        if objects.folder is not None and not (objects.folder / name).resolve().is_relative_to(objects.folder):
            return "it is a link that leads out of its folder"
        mark, quiet = self._binding.end_marker, self._binding.quiet
        if mark and not {name + mark, name.rpartition(".")[0] + mark} & names:
            return f"its end marker {mark} is not there yet"
        if quiet and now - modified < quiet:
            return f"it was written to less than {quiet} ago"
        return ""

    def _uri(self, name: str) -> str:
        if self._start.startswith("file:"):
            return self._start + quote(name)
        # A name such as file:x would be taken for an address of another kind.
        return f"./{name}" if not self._start and ":" in name else self._start + name

    def _objects(self) -> Objects:
        from hansa.store.bucket import Bucket
        from hansa.store.objects import Folder

        if is_remote(self._start):
            try:
                return Bucket(self._start.rstrip("/"), self._store)
            except (ValueError, MeshError):
                raise _no_pattern(f"{self._entry}.uri") from None
        folder = located(self._start or ".", self._base, f"{self._entry}.uri")
        try:
            with os.scandir(folder):
                return Folder(folder)
        except (FileNotFoundError, NotADirectoryError):
            what = f"there is no folder {folder}"
            raise DataError("source.missing", what, where=self._binding.uri, next_step="mend the path") from None
        except OSError as error:
            raise translate(error, self._binding.uri) or unreadable(self._binding.uri) from None

    def when(self, found: Found) -> dt.datetime | None:
        """The date in the file's name; None where none is declared. Errors: DataError for a name without one."""
        return date_in(found.name, self._binding.dated, found.uri) if self._binding.dated else None

    def when_named(self, name: str) -> dt.datetime | None:
        """The date in a name that receipts know; None where none is declared, or it has none."""
        try:
            return date_in(name, self._binding.dated, name) if self._binding.dated else None
        except DataError:
            return None

    def digest(self, found: Found) -> str:
        """SHA-256 of the file's bytes. Errors: DataError ``delivery.growing`` if it is not the file that was listed."""
        (path, seen), made = self._path(found), hashlib.sha256()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    made.update(piece)
        except OSError as error:
            raise translate(error, found.uri) or unreadable(found.uri) from None
        self.refuse_changed(found)
        self._seen[found.name] = seen
        return made.hexdigest()

    def refuse_changed(self, found: Found) -> None:
        """Refuse a file that was written to since it was listed; what was fetched from a bucket is a copy."""
        if is_remote(found.uri):
            return
        path = located(found.uri, self._base, f"{self._entry}.uri")
        if _stamp(path.parent, path.name) != found.stamp:
            raise _growing(found)

    def refuse_other(self, found: Found, digest: str, opened: str) -> None:
        """Refuse an object of which another version was ``opened`` than the one that has this digest."""
        if not is_remote(found.uri):
            return
        same = found.name in self._seen or self.digest(found) == digest
        if not same or self._seen[found.name] != opened:
            raise _growing(found)

    def _path(self, found: Found) -> tuple[Path, str]:
        """The file, or its copy on this machine, which has a version of its own."""
        entry = f"{self._entry}.uri"
        if is_remote(found.uri):
            return fetched(found.uri, entry, self._store)
        return located(found.uri, self._base, entry), found.stamp

    def bound(self, found: Found) -> Binding:
        """The binding of this one file."""
        return self._binding.model_copy(update={"uri": found.uri, **dict.fromkeys(DELIVERY_WORDS)})


def _growing(found: Found) -> DataError:
    return DataError(
        "delivery.growing",
        "it is still being written, or was written again while it was read",
        where=found.uri,
        state="what of it was read is published once, under its digest, or not at all",
        next_step="it is taken by the next run that finds it at rest",
    )


def pattern_means(binding: Binding, uri: str) -> bool:
    """True for an address that a pattern means, or that of an end marker, whether anything lies there or not."""
    start, pattern = _parted(binding.uri, "uri")
    return bool(_named(binding, start, _regex(pattern), uri))


def _named(binding: Binding, start: str, regex: re.Pattern[str], uri: str) -> str:
    name, mark = uri.removeprefix(start), binding.end_marker
    if not uri.startswith(start):
        return ""
    if regex.fullmatch(name):
        return name
    plain = name.removesuffix(mark) if mark and name.endswith(mark) else ""
    return plain if plain and regex.fullmatch(plain) else ""


def refuse_unfit(binding: Binding, entry: str) -> None:
    """Refuse words of deliveries that say nothing, or that contradict each other. Errors: MeshError."""
    said = [word for word in DELIVERY_WORDS if getattr(binding, word)]
    if said and not is_pattern(binding.uri):
        what = f"'{said[0]}' is a word of deliveries, and the uri names one file"
        mend = "write a pattern such as exports/*.csv, or remove the word"
        raise MeshError("delivery.word", what, where=f"{entry}.{said[0]}", next_step=mend)
    faults = {
        "newest_by": (binding.dated and binding.newest_by, "'dated' says already which row counts", "remove one"),
        "brings": (binding.newest_by and binding.brings == "days", "'newest_by' is of rows, not of days", "write rows"),
        "expects": (binding.expects and not binding.dated, "nothing says of which day a file is", "write 'dated' too"),
    }
    for word, (wrong, what, mend) in faults.items():
        if wrong:
            raise MeshError("delivery.word", what, where=f"{entry}.{word}", next_step=mend)


def _no_pattern(entry: str) -> MeshError:
    what = "it is no pattern of files in one folder"
    mend = "write exports/*.csv or s3://bucket/in/*.csv, without .. behind the first *"
    return MeshError("source.uri", what, where=entry, next_step=mend)


def _parted(uri: str, entry: str) -> tuple[str, str]:
    """The address up to the last folder before the first ``*``, and the pattern under it."""
    at = uri.index("*")
    cut = uri.rfind("/", 0, at) + 1
    start, pattern = uri[:cut], uri[cut:]
    remote = _BUCKET.fullmatch(uri)
    if is_remote(uri) and (remote is None or "*" in remote[1]):
        raise _no_pattern(entry)
    if any(part in {"", ".", ".."} for part in pattern.split("/")) or "\\" in pattern:
        raise _no_pattern(entry)
    return start, pattern


def _regex(pattern: str) -> re.Pattern[str]:
    def parts() -> Iterator[str]:
        folders = pattern.split("/")
        for at, folder in enumerate(folders):
            last = at == len(folders) - 1
            if folder == "**":
                yield ".*" if last else "(?:[^/]+/)*"
            else:
                yield re.escape(folder).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") + ("" if last else "/")

    return re.compile("".join(parts()), re.DOTALL)


def _stamp(folder: Path | None, name: str) -> str:
    """What changes when a file of this machine is written again (hex); empty for an object of a bucket."""
    if folder is None:
        return ""
    try:
        found = (folder / name).stat()
    except OSError:
        return "gone"
    return sha256(f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}".encode())
