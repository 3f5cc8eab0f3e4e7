"""What can go wrong between a client and an object store. Each fault acts before a request is forwarded, or after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from machinery.faulty import Exchange

#: S3's word for each status.
_WORDS = {
    400: "InvalidRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "SlowDown",
}
#: Headers by which a request makes itself depend on what is there.
CONDITIONS = ("if-none-match", "if-match", "if-modified-since", "if-unmodified-since")


class Fault:
    """Does nothing; the others say what they do."""

    def before(self, exchange: Exchange) -> None:
        """Look at a request, change it, or answer it in the store's place."""

    def after(self, exchange: Exchange) -> None:
        """Look at the answer, change it, or keep it from the client."""

    def release(self) -> None:
        """Let go of whatever is being held."""


class DropHeader(Fault):
    """The store never sees this header."""

    def __init__(self, *names: str) -> None:
        self._names = {name.lower() for name in names}

    def before(self, exchange: Exchange) -> None:
        exchange.headers = [(k, v) for k, v in exchange.headers if k.lower() not in self._names]


class IgnoreConditions(DropHeader):
    """A store that takes conditional requests and overwrites all the same."""

    def __init__(self) -> None:
        super().__init__(*CONDITIONS)


class LoseAnswer(Fault):
    """The store does what it is asked, and the connection breaks before the client hears of it."""

    def after(self, exchange: Exchange) -> None:
        exchange.fate = "close"


class LoseRequest(Fault):
    """The connection breaks before the store hears of the request."""

    def before(self, exchange: Exchange) -> None:
        _answer(exchange, 500)
        exchange.fate = "close"


class CutAnswer(Fault):
    """The connection breaks in the middle of the answer's body."""

    def after(self, exchange: Exchange) -> None:
        exchange.fate = "cut"


class Answer(Fault):
    """Another status with S3's XML: in the store's place, or (``done``) after the store did what it was asked."""

    def __init__(self, status: int, *, done: bool = False, code: str | None = None) -> None:
        self._status, self._done, self._code = status, done, code

    def before(self, exchange: Exchange) -> None:
        if not self._done:
            _answer(exchange, self._status, self._code)

    def after(self, exchange: Exchange) -> None:
        if self._done:
            _answer(exchange, self._status, self._code)


class Delay(Fault):
    """A slow store: so many seconds before it acts, or (``done``) between its act and its answer."""

    def __init__(self, seconds: float, *, done: bool = False) -> None:
        self._seconds, self._done = seconds, done

    def before(self, exchange: Exchange) -> None:
        if not self._done:
            time.sleep(self._seconds)

    def after(self, exchange: Exchange) -> None:
        if self._done:
            time.sleep(self._seconds)


class Hold(Fault):
    """The request (``done``: its answer) waits until the test lets it go: ``reached`` says that it is there."""

    def __init__(self, *, done: bool = False, longest: float = 60.0) -> None:
        self.reached = threading.Event()
        self._go, self._done, self._longest = threading.Event(), done, longest

    def before(self, exchange: Exchange) -> None:
        if not self._done:
            self._wait()

    def after(self, exchange: Exchange) -> None:
        if self._done:
            self._wait()

    def release(self) -> None:
        self._go.set()

    def _wait(self) -> None:
        self.reached.set()
        self._go.wait(self._longest)


class Call(Fault):
    """Something happens elsewhere before the request is forwarded (``done``: after): a process is killed, say.

    The request of a caller that is gone is not forwarded.
    """

    def __init__(self, action: Callable[[], object], *, done: bool = False) -> None:
        self._action, self._done = action, done

    def before(self, exchange: Exchange) -> None:
        if not self._done:
            self._action()
            _answer(exchange, 500)
            exchange.fate = "close"

    def after(self, exchange: Exchange) -> None:
        if self._done:
            self._action()
            exchange.fate = "close"


class RefuseChecksums(Fault):
    """An older store: the newer checksum headers and the trailers of aws-chunked bodies are unknown to it."""

    def __init__(self, status: int = 501) -> None:
        self._status = status

    def before(self, exchange: Exchange) -> None:
        names = {name.lower() for name, _ in exchange.headers}
        newer = {
            n
            for n in names
            if n.startswith("x-amz-checksum-") or n in ("x-amz-sdk-checksum-algorithm", "x-amz-trailer")
        }
        trailer = "TRAILER" in (exchange.header("x-amz-content-sha256") or "")
        if newer or trailer or "aws-chunked" in (exchange.header("content-encoding") or ""):
            _answer(exchange, self._status)


class RefuseConditions(Fault):
    """A store that says that it cannot do conditional writes."""

    def __init__(self, status: int = 501) -> None:
        self._status = status

    def before(self, exchange: Exchange) -> None:
        if exchange.method in ("PUT", "POST", "DELETE") and any(exchange.header(name) for name in CONDITIONS):
            _answer(exchange, self._status)


def _answer(exchange: Exchange, status: int, code: str | None = None) -> None:
    from machinery.faulty import Reply

    word = code or _WORDS.get(status, "InternalError")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{word}</Code><Message>{word}</Message></Error>'
    body = b"" if exchange.method == "HEAD" else text.encode()
    exchange.reply = Reply(status, [("Content-Type", "application/xml"), ("x-amz-request-id", "FAULT")], body)
