"""Dagster's own processes on one mesh: code server, webserver and daemon, started and ended together.

The parent imports neither Dagster nor the mesh's plugins: it would be a fourth process of that size that only waits.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from hansa.definitions.instance import Homed, environment, home_of, is_new
from hansa.errors import WorldError

#: Seconds for Dagster to answer, and for one of its processes to end when it is asked to.
START_SECONDS = 120
STOP_SECONDS = 15
_POLL_SECONDS = 0.2
_LOCATION = "{workspaceOrError{... on Workspace{locationEntries{loadStatus locationOrLoadError{__typename}}}}}"
#: Loaded before a fork: a child may not import.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class Servers:
    """The three processes; use ``served``."""

    def __init__(self, mesh: Homed, host: str, port: int, folder: Path) -> None:
        self.url = f"http://{host}:{port}"
        self.log = home_of(mesh) / "ui.log"
        self._mesh, self._host, self._port, self._folder = mesh, host, port, folder
        self._children: list[subprocess.Popen[bytes]] = []
        self._telling: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start code server and webserver at once: less memory and sooner up than ``dagster dev``."""
        # A socket in a folder of our own: on a port any user of the machine could run code through the code server.
        socket, workspace = self._folder / "code", self._folder / "workspace.yaml"
        workspace.write_text(
            yaml.safe_dump({"load_from": [{"grpc_server": {"socket": str(socket), "location_name": "mesh"}}]})
        )
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        fresh = is_new(self._mesh)
        self._telling = self._run("hansa.definitions.history")
        if fresh:
            # It makes the tables of Dagster's home; two processes that make them at once would not get on.
            self._telling.wait()
        self._run("dagster", "api", "grpc", "-m", "hansa.definitions", "-a", "mesh", "--socket", str(socket))
        address = ["-h", self._host, "-p", str(self._port)]
        self._run("dagster_webserver", "-w", str(workspace), *address, "--dagster-log-level", "warning")

    def start_daemon(self) -> None:
        """Start what takes runs from the queue: before the mesh is loaded it would fail those that it cannot begin."""
        self._run("dagster._daemon", "run", "-w", str(self._folder / "workspace.yaml"), "--log-level", "warning")

    def _run(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def tied() -> None:
            """In the child: hear the signals that a background shell lets it ignore, and end with its parent."""
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if _LIBC is not None:
                _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
                if os.getppid() != parent:
                    os._exit(1)

        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", module, *arguments],
                env=os.environ | environment(self._mesh),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A session of its own, so that a Ctrl-C of the terminal reaches the parent alone.
                start_new_session=True,
                preexec_fn=tied,
            )
        self._children.append(child)
        return child

    def wait_until_up(self) -> None:
        """Come back when the pages answer, the mesh is loaded in them and all that was published is told to them."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            self._refuse_ended("Dagster did not start")
            with suppress(urllib.error.URLError, OSError, ValueError):
                if not self._told():
                    # A long history takes its time.
                    end = time.monotonic() + START_SECONDS
                elif self._loaded():
                    return
            time.sleep(_POLL_SECONDS)
        raise WorldError("ui.start", f"Dagster did not answer within {START_SECONDS} s", next_step=f"see {self.log}")

    def _told(self) -> bool:
        """True once Dagster was told of what it did not watch; the process has then ended, and is no server."""
        if self._telling is None:
            return True
        code = self._telling.poll()
        if code is None:
            return False
        self._children.remove(self._telling)
        self._telling = None
        if code:
            what = "Dagster could not be told of what was published"
            raise WorldError("ui.told", what, next_step=f"see {self.log}")
        return True

    def _loaded(self) -> bool:
        entries = self._ask(_LOCATION)["workspaceOrError"]["locationEntries"]
        return [entry["loadStatus"] for entry in entries] == ["LOADED"] and all(
            entry["locationOrLoadError"]["__typename"] == "RepositoryLocation" for entry in entries
        )

    def _ask(self, question: str) -> Any:
        # An address that stands for all of the machine's is asked through its loopback.
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)  # noqa: S104 - compared, not bound
        request = urllib.request.Request(
            f"http://{host}:{self._port}/graphql",
            json.dumps({"query": question}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def watch(self) -> None:
        """Wait for ever; an error if one of the processes ends by itself."""
        while True:
            self._refuse_ended("one of Dagster's processes ended by itself")
            time.sleep(_POLL_SECONDS)

    def _refuse_ended(self, what: str) -> None:
        if any(child.poll() is not None for child in self._children if child is not self._telling):
            raise WorldError("ui.ended", what, next_step=f"see {self.log}")

    def stop(self) -> None:
        """End every process and what it started: a run under way hears it too, and is written down as failed."""
        for child in self._children:
            _signal(child, signal.SIGTERM)
        for child in self._children:
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=STOP_SECONDS)
            _signal(child, signal.SIGKILL)
            child.wait()


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and all that it started, which share its session."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


@contextmanager
def served(mesh: Homed, host: str, port: int) -> Iterator[Servers]:
    """The mesh in Dagster's pages at ``host`` and ``port``, for as long as the context lasts.

    Errors: WorldError if a process does not start.
    """
    with tempfile.TemporaryDirectory(prefix="hansa-ui-") as folder:
        servers = Servers(mesh, host, port, Path(folder))
        try:
            servers.start()
            servers.wait_until_up()
            servers.start_daemon()
            yield servers
        finally:
            # A second Ctrl-C must not leave half of them behind.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            servers.stop()
