"""What an event asks for: event documents of S3, SQS, SNS, EventBridge and of our own, read into plain asks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from hansa.errors import MeshError

#: An event may be wrapped in others, such as S3's in SNS's in SQS's.
_DEEPEST = 5
_MOST = 10_000
#: The longest name of an event that is repeated in an answer, in characters.
_LONGEST = 200


@dataclass(frozen=True)
class Created:
    """An object was created, or written again."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """``s3://bucket/key``, the key as it is named in the bucket."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def told(self) -> str:
        """The same for a sentence: bounded and printable, for whoever writes objects chooses their names."""
        return printable(self.uri, _LONGEST)


@dataclass(frozen=True)
class Scheduled:
    """A selection of modules and products is to be run; no day means the newest that the sources hold."""

    select: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True)
class Ignored:
    """An event that asks for nothing."""

    reason: str


Ask = Created | Scheduled | Ignored


def asks_of(event: Any) -> tuple[list[Ask], list[MeshError]]:
    """What an event asks for, each once, in its order; and an error for each of its records that cannot be read.

    Errors: MeshError for what is no event that is known here.
    """
    faults: list[MeshError] = []
    found = list(dict.fromkeys(_asks(event, 0, faults)))
    if len(found) + len(faults) > _MOST:
        raise _strange("it holds too many records")
    return found, faults


def printable(text: str, longest: int) -> str:
    """A text of foreign making on one line: what cannot be printed is escaped, and what is too long is cut."""
    signs = text[: longest + 1]
    line = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in signs)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def _asks(event: Any, depth: int, faults: list[MeshError]) -> Iterator[Ask]:
    if not isinstance(event, Mapping) or depth > _DEEPEST:
        raise _strange("it is no JSON object" if depth <= _DEEPEST else "it is wrapped too often")
    if "hansa" in event:
        yield _selection(event["hansa"])
    elif event.get("Event") == "s3:TestEvent":
        yield Ignored("S3 tests the notification")
    elif isinstance(event.get("Records"), list):
        for record in event["Records"]:
            # Records are events of their own, that were only delivered together: each stands or falls by itself.
            try:
                yield from _record(record, depth, faults)
            except MeshError as error:
                faults.append(error)
    elif event.get("Type") == "Notification" and "Message" in event:
        yield from _asks(_json(event["Message"]), depth + 1, faults)
    elif "detail-type" in event:
        yield from _bridged(event)
    else:
        raise _strange("neither S3, SQS, SNS nor EventBridge writes it like this")


def _record(record: Any, depth: int, faults: list[MeshError]) -> Iterator[Ask]:
    if not isinstance(record, Mapping):
        raise _strange("one of its records is no JSON object")
    # SNS writes the name with a capital, and other stores than AWS name themselves.
    source = str(record.get("eventSource") or record.get("EventSource") or "")
    if source == "aws:sqs":
        yield from _asks(_json(record.get("body")), depth + 1, faults)
    elif source == "aws:sns":
        yield from _asks(_json(_part(record, "Sns").get("Message")), depth + 1, faults)
    elif source.endswith(":s3") and "s3" in record:
        name = str(record.get("eventName", "")).removeprefix("s3:")
        if name.startswith("ObjectCreated:"):
            given = _part(record, "s3")
            # A notification of S3 writes the key as a form does: a space is a plus.
            yield _created(_part(given, "bucket"), _part(given, "object"), unquote_plus)
        else:
            yield Ignored(f"S3 tells of {_word(name)}, not of an object that was created")
    else:
        raise _strange("one of its records comes from neither S3, SQS nor SNS")


def _bridged(event: Mapping[str, Any]) -> Iterator[Ask]:
    """EventBridge: a schedule, or what S3 says through it; there the key is written plainly."""
    kind, source = str(event["detail-type"]), event.get("source")
    if kind == "Scheduled Event":
        detail = event.get("detail")
        yield _selection(detail["hansa"]) if isinstance(detail, Mapping) and "hansa" in detail else Scheduled()
    elif source == "aws.s3" and kind == "Object Created":
        detail = _part(event, "detail")
        yield _created(_part(detail, "bucket"), _part(detail, "object"), str)
    elif source == "aws.s3":
        yield Ignored(f"S3 tells of {_word(kind)}, not of an object that was created")
    else:
        raise _strange("EventBridge sends neither a schedule nor an event of S3")


def _created(bucket: Mapping[str, Any], thing: Mapping[str, Any], read: Any) -> Created:
    name, key = bucket.get("name"), thing.get("key")
    if not isinstance(name, str) or not isinstance(key, str) or not name or not key:
        raise _strange("it names no bucket or no object")
    return Created(name, read(key))


def _selection(given: Any) -> Scheduled:
    if not isinstance(given, Mapping) or not set(given) <= {"select", "from", "to"}:
        raise _unclear("'hansa' holds select, from and to, and nothing else")
    select = given.get("select", [])
    names = [select] if isinstance(select, str) else select
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _unclear("'select' is a list of modules and products")
    if any(len(name) > _LONGEST for name in names):
        raise _unclear(f"a name in 'select' is longer than {_LONGEST} characters")
    last = _day(given.get("to"), "to")
    return Scheduled(tuple(names), _day(given.get("from"), "from") or last, last)


def _day(text: Any, word: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except (ValueError, TypeError):
        raise _unclear(f"'{word}' is no day") from None


def _part(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = within.get(name)
    if not isinstance(found, Mapping):
        raise _strange(f"it has no '{name}'")
    return found


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise _strange("a message in it is no JSON") from None


def _word(text: str) -> str:
    """A name of an event for a sentence; what is long or odd is not repeated."""
    return text if len(text) < 60 and text.replace(":", "").replace(" ", "").isalnum() else "something else"


def _strange(why: str) -> MeshError:
    return MeshError(
        "event.unknown", f"the event cannot be read: {why}", next_step="see docs/function.md for its forms"
    )


def _unclear(why: str) -> MeshError:
    mend = 'write {"hansa": {"select": ["risk.fraud"], "from": "2026-03-01", "to": "2026-03-02"}}'
    return MeshError("event.selection", f"the event cannot be meant: {why}", next_step=mend)
