"""Safe YAML with lines: plain data, and for each value its line and the author's own characters.

One pass over libyaml's events; no object is ever constructed. Size, nesting and the number of values after
expanding aliases are bounded, and what would be lost or changed in silence (a key that stands twice, a merge key,
a tag) is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hansa.contract.scalar import plain_value
from hansa.errors import ContractError, HansaError, MeshError, one_line

Keys = tuple[int | str, ...]

#: Bounds: bytes of a file, values after expanding aliases, levels of nesting.
MAX_BYTES = 1_000_000
MAX_VALUES = 200_000
MAX_DEPTH = 60

#: The most characters of a fact or a next step in an error.
_MOST_TOLD = 500

_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Document:
    """One YAML file. ``lines`` (1-based) and ``texts`` (as written, without quotes) go by the path of keys and indexes.

    ``unquoted`` holds the paths of scalars written without quotes; ``digest`` is the SHA-256 of the file's bytes.
    """

    path: Path
    data: dict[str, Any]
    digest: str
    lines: Mapping[Keys, int]
    texts: Mapping[Keys, str]
    unquoted: frozenset[Keys]
    error: type[HansaError] = ContractError

    def line(self, keys: Keys) -> int:
        """The line of a value, for one that is absent that of the innermost part that is there."""
        inner = (keys[:depth] for depth in range(len(keys), -1, -1))
        return next(self.lines[part] for part in inner if part in self.lines)

    def place(self, keys: Keys) -> tuple[Path, int]:
        """The file and line of a value, as ``line`` finds it."""
        return self.path, self.line(keys)

    def text(self, keys: Keys) -> str:
        """The scalar at ``keys`` exactly as its author wrote it. Errors: KeyError if there is no scalar."""
        return self.texts[keys]

    def fault(self, code: str, what: str, next_step: str, keys: Keys = ()) -> HansaError:
        """The error to raise for what stands at ``keys``; ``code`` without its room (``missing``, ``type``)."""
        return _fault(self.error, code, what, next_step, *self.place(keys))


def read_yaml(path: Path, error: type[HansaError] = ContractError) -> Document:
    """Read one YAML file whose root is a mapping.

    Errors: ``error``, with file and line and the mend, for whatever is wrong with the file or its YAML.
    """
    content = _content(path, error)
    text = _decoded(content, path, error)
    try:
        root = _Tree(path, error).root(yaml.parse(text, yaml.CSafeLoader))
    except yaml.MarkedYAMLError as fault:
        raise _syntax_fault(fault, text, path, error) from None
    except yaml.reader.ReaderError as fault:
        line = _line_of(text.encode("utf-8")[: fault.position].decode("utf-8", "replace"))
        what = f"it holds the control character U+{fault.character:04X}"
        raise _fault(error, "character", what, "remove the character", path, line) from None
    if root is None or (root.content == "" and not root.quoted):
        raise _fault(error, "empty", "the file is empty", "write its content, or remove it", path, 1)
    if not isinstance(root.content, dict):
        raise _fault(error, "mapping", "the file is no mapping of keys to values", "write it as key: value", path, 1)
    filled = _Filled(path, error)
    data = filled.value(root, ())
    filled.lines[()] = 1
    digest = hashlib.sha256(content).hexdigest()
    return Document(path, data, digest, filled.lines, filled.texts, frozenset(filled.unquoted), error)


def load(path: Path, error: type[HansaError] = MeshError) -> tuple[dict[str, Any], Mapping[Keys, int]]:
    """Data and lines of an institution's own YAML file. Errors: as ``read_yaml``, a MeshError unless told otherwise."""
    document = read_yaml(path, error)
    return document.data, document.lines


def _fault(error: type[HansaError], code: str, what: str, mend: str, path: Path, line: int | None) -> HansaError:
    room = error.__name__.removesuffix("Error").lower()
    where = str(path) if line is None else f"{path}:{line}"
    return error(f"{room}.{code}", _told(what), where=where, next_step=_told(mend))


def _told(text: str) -> str:
    """What an author wrote may hold line breaks and worse, or be a page long; a terminal gets none of it."""
    if len(text) > _MOST_TOLD:
        text = f"{text[: _MOST_TOLD - 100]} ... {text[-95:]}"
    return one_line(text)


def _content(path: Path, error: type[HansaError]) -> bytes:
    try:
        if path.is_dir():
            raise _fault(error, "folder", "it is a folder, not a file", "name a file in it", path, None)
        if not path.exists():
            raise _fault(error, "missing", "the file does not exist", "check the path", path, None)
        if not path.is_file():
            raise _fault(error, "device", "it is no regular file", "name a file", path, None)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise _fault(
            error, "unreadable", f"it cannot be read ({reason})", "check its permissions", path, None
        ) from None
    if len(content) > MAX_BYTES:
        raise _fault(error, "size", f"it is larger than {MAX_BYTES} bytes", "split it", path, None)
    return content


def _decoded(content: bytes, path: Path, error: type[HansaError]) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _fault(error, "encoding", "the file is UTF-16, not UTF-8", "save it as UTF-8", path, 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = _line_of(content[: fault.start].decode("latin-1"))
        raise _fault(error, "encoding", "the file is not UTF-8", "save it as UTF-8", path, line) from None


def _line_of(before: str) -> int:
    return before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _syntax_fault(fault: yaml.MarkedYAMLError, text: str, path: Path, error: type[HansaError]) -> HansaError:
    """libyaml's finding as one sentence; a tab that stands where only blanks may is the usual cause."""
    mark = fault.problem_mark or fault.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines() or [""]
    line = lines[min(number, len(lines) - 1)]
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        mend = "indent with blanks instead"
        return _fault(error, "tab", "a tab stands in the indentation", mend, path, number + 1)
    problem, context = fault.problem or "the YAML cannot be read", ""
    begun = fault.context_mark
    if begun and begun.line != number:
        context = f" ({fault.context} that begins in line {begun.line + 1})"
    mend = _MENDS.get(problem, "mend the YAML here or in the line before")
    return _fault(error, "syntax", f"this is no YAML: {problem}{context}", mend, path, min(number + 1, len(lines)))


_MENDS = {
    "mapping values are not allowed in this context": "indent the key properly, or quote a text that holds ': '",
    "found character that cannot start any token": "quote a text that begins with one of @ ` %",
}


@dataclass
class _Node:
    """One value: a scalar's text, a list of nodes, or a mapping of keys to their line and node."""

    line: int
    content: str | list[_Node] | dict[str, tuple[int, _Node]]
    quoted: bool = False


@dataclass
class _Tree:
    """Events to nodes. An alias is the node of its anchor itself, not a copy."""

    path: Path
    error: type[HansaError]
    anchors: dict[str, _Node] = field(default_factory=dict)
    events: Iterator[Any] = field(default_factory=lambda: iter(()))
    depth: int = 0

    def root(self, events: Iterator[Any]) -> _Node | None:
        """The one document's root, None if there is none."""
        self.events = events
        root = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    mend = "keep one document a file"
                    raise self._fault("documents", "a second document begins here", mend, event)
                root = self._node(next(events))
        return root

    def _fault(self, code: str, what: str, mend: str, event: Any) -> HansaError:
        return _fault(self.error, code, what, mend, self.path, event.start_mark.line + 1)

    def _node(self, event: Any) -> _Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                mend = f"write &{event.anchor} where the value stands"
                raise self._fault("alias", f"'*{event.anchor}' names no value that stands before it", mend, event)
            return self.anchors[event.anchor]
        self._refuse_tag(event)
        node = self._bare_node(event)
        if event.anchor:
            # Only now: a value cannot hold itself.
            self.anchors[event.anchor] = node
        return node

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", _TEXT_TAG):
            short = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._fault("tag", f"the tag {short} is not read", "write the value without a tag", event)

    def _bare_node(self, event: Any) -> _Node:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            return _Node(line, event.value, quoted=bool(event.style) or event.tag is not None)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._fault("depth", f"values are nested more than {MAX_DEPTH} levels deep", "flatten them", event)
        node = _Node(line, self._items() if isinstance(event, yaml.SequenceStartEvent) else self._mapping())
        self.depth -= 1
        return node

    def _items(self) -> list[_Node]:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return items

    def _mapping(self) -> dict[str, tuple[int, _Node]]:
        entries: dict[str, tuple[int, _Node]] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in entries:
                what = f"'{key}' stands twice here, first in line {entries[key][0]}"
                raise self._fault("duplicate", what, "keep one of them", event)
            entries[key] = event.start_mark.line + 1, self._node(next(self.events))
        return entries

    def _key(self, event: Any) -> str:
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            mend = "write a text as the key, and quote what begins with { or ["
            raise self._fault("key", "a key is no plain text", mend, event)
        self._refuse_tag(event)
        if event.value == "<<" and not event.style:
            mend = "write the keys out"
            raise self._fault("merge", "the merge key '<<' is no part of YAML 1.2", mend, event)
        if event.anchor:
            self.anchors[event.anchor] = _Node(line, event.value, quoted=bool(event.style))
        return str(event.value)


@dataclass
class _Filled:
    """Nodes to data, with the line, text and quoting of each path; aliases are expanded here, and counted."""

    path: Path
    error: type[HansaError]
    lines: dict[Keys, int] = field(default_factory=dict)
    texts: dict[Keys, str] = field(default_factory=dict)
    unquoted: set[Keys] = field(default_factory=set)

    def value(self, node: _Node, keys: Keys, line: int | None = None) -> Any:
        """The data of ``node``; ``line`` is that of its key where it has one."""
        self.lines[keys] = line or node.line
        if len(keys) > MAX_DEPTH:
            what = f"with its aliases values are nested more than {MAX_DEPTH} levels deep"
            raise _fault(self.error, "depth", what, "flatten them", self.path, node.line)
        if len(self.lines) > MAX_VALUES:
            what = f"with its aliases the file holds more than {MAX_VALUES} values"
            raise _fault(self.error, "aliases", what, "write fewer aliases", self.path, node.line)
        if isinstance(node.content, list):
            return [self.value(item, (*keys, index)) for index, item in enumerate(node.content)]
        if isinstance(node.content, dict):
            return {key: self.value(item, (*keys, key), at) for key, (at, item) in node.content.items()}
        self.texts[keys] = node.content
        if node.quoted:
            return node.content
        self.unquoted.add(keys)
        return plain_value(node.content)
