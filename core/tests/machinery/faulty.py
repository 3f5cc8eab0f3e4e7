"""An HTTP proxy before an object store that misbehaves on demand, request by request, and writes down what passed.

with FaultyStore(store.url) as faulty:
    faulty.when("PUT", r"v2\\.metadata\\.json", LoseAnswer(), nth=1)
    ... use faulty.url as the endpoint ...
    assert faulty.seen("PUT", "v2")[0].fault == "LoseAnswer"
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from machinery.faults import Fault

#: Headers that belong to one connection only; the proxy makes its own.
_OF_THE_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "upgrade", "expect"}


@dataclass
class Reply:
    """An answer: status, headers as they came, body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass
class Exchange:
    """One request on its way. A fault that sets ``reply`` before it is forwarded keeps it from the store.

    ``fate`` is what the client gets in the end: the answer, a closed connection, or half the answer.
    """

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    path_as_sent: str = ""
    reply: Reply | None = None
    fate: Literal["answer", "close", "cut"] = "answer"
    forwarded: bool = False
    faults: list[str] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """A header of the request by its name in small letters."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def status(self) -> int | None:
        """The status that the client got; None if it got no whole answer."""
        return self.reply.status if self.reply is not None and self.fate == "answer" else None


@dataclass
class _Rule:
    method: str
    path: re.Pattern[str]
    fault: Fault
    nth: int
    times: int | None
    met: int = 0
    taken: int = 0

    def takes(self, exchange: Exchange) -> bool:
        """Count a request that is meant; true from the nth on, so many times."""
        if self.method not in ("*", exchange.method) or not self.path.search(exchange.path):
            return False
        self.met += 1
        meant = self.met >= self.nth and (self.times is None or self.met < self.nth + self.times)
        self.taken += meant
        return meant


class FaultyStore:
    """The proxy, on a free port of this machine. Use it as a context; ``url`` is the endpoint for clients."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self.exchanges: list[Exchange] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def when(self, method: str, path: str, fault: Fault, *, nth: int = 1, times: int | None = 1) -> Fault:
        """Apply ``fault`` to the nth request of this method (``*``: any) whose path or query matches, and to the
        following up to ``times`` in all (None: for ever). The path is searched as the client meant it, decoded.
        """
        with self._lock:
            self._rules.append(_Rule(method, re.compile(path), fault, nth, times))
        return fault

    def always(self, fault: Fault) -> Fault:
        """Apply ``fault`` to every request: what an older store is like."""
        return self.when("*", "", fault, times=None)

    def mend(self) -> int:
        """Forget all rules; how many requests they took. What passed stays written down."""
        with self._lock:
            taken = sum(rule.taken for rule in self._rules)
            self._rules.clear()
        return taken

    def seen(self, method: str = "*", path: str = "") -> list[Exchange]:
        """What passed of this kind, in the order in which it was answered."""
        with self._lock:
            return [e for e in self.exchanges if method in ("*", e.method) and re.search(path, e.path)]

    def pass_on(self, exchange: Exchange) -> None:
        """Send a request through the faults that are meant for it, to the store and back."""
        with self._lock:
            faults = [rule.fault for rule in self._rules if rule.takes(exchange)]
        exchange.faults = [type(fault).__name__ for fault in faults]
        for fault in faults:
            fault.before(exchange)
        if exchange.reply is None:
            exchange.reply = self._forward(exchange)
            exchange.forwarded = True
        for fault in faults:
            fault.after(exchange)
        with self._lock:
            self.exchanges.append(exchange)

    def _forward(self, exchange: Exchange) -> Reply:
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        try:
            connection.putrequest(exchange.method, exchange.path_as_sent, skip_host=True, skip_accept_encoding=True)
            for name, value in exchange.headers:
                if name.lower() not in _OF_THE_HOP | {"content-length"}:
                    connection.putheader(name, value)
            if exchange.body or exchange.method in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(exchange.body)))
            connection.putheader("Connection", "close")
            connection.endheaders(exchange.body or None)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def __enter__(self) -> FaultyStore:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for rule in self._rules:
                rule.fault.release()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Closing must not wait for clients that keep their connections.
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""


def _handler(store: FaultyStore) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are sent one after the other: a body that waits for the head to be confirmed comes 40 ms late.
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            exchange = Exchange(self.command, unquote(self.path), list(self.headers.items()), self._body(), self.path)
            store.pass_on(exchange)
            if exchange.fate == "close":
                self._hang_up()
            else:
                self._answer(exchange)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)

        def _answer(self, exchange: Exchange) -> None:
            reply = exchange.reply
            assert reply is not None
            self.send_response_only(reply.status)
            length = str(len(reply.body))
            for name, value in reply.headers:
                if name.lower() == "content-length" and self.command == "HEAD":
                    length = value
                elif name.lower() not in _OF_THE_HOP | {"content-length"}:
                    self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", length)
            self.end_headers()
            if self.command == "HEAD":
                return
            if exchange.fate == "cut":
                self.wfile.write(reply.body[: len(reply.body) // 2])
                self._hang_up()
            else:
                self.wfile.write(reply.body)

        def _hang_up(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: Any) -> None:
            """Nothing: ``exchanges`` has it all."""

    return Handler
