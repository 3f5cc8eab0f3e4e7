"""A TCP port before a server that listens on a socket in the file system only."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress


class Relay:
    """Passes bytes both ways between a free port of this machine and a socket; it begins and ends with the block."""

    def __init__(self, path: str) -> None:
        class Passing(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.socket(socket.AF_UNIX) as server:
                    server.connect(path)
                    back = threading.Thread(target=_pass, args=(server, self.request))
                    back.start()
                    _pass(self.request, server)
                    back.join()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passing)
        self._server.daemon_threads = True
        host, port = self._server.server_address[:2]
        self.address = f"{host!s}:{port}"

    def __enter__(self) -> Relay:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.socket.close()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
