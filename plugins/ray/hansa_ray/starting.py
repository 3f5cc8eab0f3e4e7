"""Ray in this process: started once, or the cluster that RAY_ADDRESS names; always with token authentication.

Whoever reaches the ports of a Ray without a token runs code on it, and Ray listens on all addresses of a machine.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from hansa.errors import WorldError
from hansa.store import files

#: ``ray.init`` of two threads at once fails or hangs.
_LOCK = threading.Lock()
#: Ray's own objects are names of files here; rows never pass through it.
_OBJECT_STORE = 100 << 20
#: A socket's path may have 107 bytes, and Ray puts 60 of its own behind the folder.
_LONGEST = 40
#: Seconds for somebody to answer at RAY_ADDRESS.
_KNOCK = 10.0
#: What a Ray of one process needs none of: each costs processes, and some write to files what others do.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_event_stats": "0",
}
#: Folders of a Ray of our own, and the sign of life that its process holds in it.
_PREFIX, _ALIVE, _TOKEN = "hansa-ray-", "alive", "auth_token"
_folder: Path | None = None
_alive = ExitStack()


class _Keeper:
    """A thread that lives as long as this process. What Ray starts is killed when the thread ends that started it.

    In the main thread Ray would also take over what this process does when it is told to end.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, act: Callable[[], Any]) -> None:
        """Do it in that thread, and raise here what it raises."""
        if self._thread is None:
            # Nobody waits for it at the end of the process: what it has started is ended before.
            self._thread = threading.Thread(target=self._live, name="hansa-ray", daemon=True)
            self._thread.start()
        answer: Future[Any] = Future()
        self._asked.put((answer, act))
        answer.result()

    def _live(self) -> None:
        while True:
            answer, act = self._asked.get()
            try:
                answer.set_result(act())
            except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
                answer.set_exception(error)


_KEEPER = _Keeper()


def start(workers: int) -> Any:
    """The module ``ray``, connected: to the cluster of RAY_ADDRESS, else to one of its own with so many workers.

    Errors: WorldError if that cannot be done, or if the environment switches authentication off.
    """
    with _LOCK:
        _authenticate()
        import ray

        if not ray.is_initialized():
            _connect(ray, {} if os.environ.get("RAY_ADDRESS") else _own(workers))
        return ray


def stop() -> None:
    """Leave the cluster; one of our own ends, and its folder goes."""
    with _LOCK:
        if "ray" in sys.modules:
            sys.modules["ray"].shutdown()
        _forget_folder()


def _forget_folder() -> None:
    global _folder
    if _folder is not None:
        if os.environ.get("RAY_AUTH_TOKEN_PATH") == str(_folder / _TOKEN):
            del os.environ["RAY_AUTH_TOKEN_PATH"]
        shutil.rmtree(_folder, ignore_errors=True)
        _alive.close()
        _folder = None


def _authenticate() -> None:
    """Token authentication for this process and all that it starts."""
    if os.environ.get("RAY_AUTH_MODE", "token").lower() != "token":
        raise WorldError(
            "ray.auth",
            "RAY_AUTH_MODE switches the authentication of Ray off",
            where="scorer: ray",
            state="nothing was scored",
            next_step="unset it, or set it to token",
        )
    known = "ray" in sys.modules and "RAY_AUTH_MODE" not in os.environ
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # A driver under ``uv run`` would send its whole working folder to the workers, secrets and all.
    os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
    if "ray" in sys.modules:
        from ray._private import ray_constants

        ray_constants.RAY_ENABLE_UV_RUN_RUNTIME_ENV = False
    if known:
        # Ray has read its settings when somebody else imported it.
        from ray._raylet import Config

        Config.initialize("")


def _own(workers: int) -> dict[str, Any]:
    """What ``ray.init`` is told for a cluster of our own; an existing one takes none of it."""
    global _folder
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    base = tempfile.gettempdir()
    base = base if len(base) <= _LONGEST else "/tmp"  # noqa: S108 - a folder of our own is made there
    _remove_dead(Path(base))
    _folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    _alive.enter_context(files.claim(_folder / _ALIVE))
    atexit.register(stop)
    _give_token(_folder)
    return {
        "address": "local",
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE,
        # Ray opens the folder that it is given to everybody, sockets and all: this one lies in a private one.
        "_temp_dir": str(_folder / "r"),
    }


def _remove_dead(base: Path) -> None:
    """Remove the folders of processes that were killed; nobody else's can be."""
    for sign in base.glob(f"{_PREFIX}*/{_ALIVE}"):
        with suppress(OSError):
            if files.abandoned(sign):
                shutil.rmtree(sign.parent)


def _give_token(folder: Path) -> None:
    """A token of our own where Ray could not keep one: it wants to write it into the home."""
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        return
    try:
        home = _token_file().parent
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _token_file().is_file() or os.access(home, os.W_OK):
            return
    except (OSError, RuntimeError):
        pass
    token = folder / _TOKEN
    with os.fdopen(os.open(token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(_own_token())
    os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)


@cache
def _own_token() -> str:
    """One for the life of this process: Ray remembers the first that it has read."""
    return secrets.token_hex(32)


def _token_file() -> Path:
    return Path.home() / ".ray" / _TOKEN


def _knock() -> None:
    """Refuse an address at which nobody listens: Ray would wait for a minute and then end the process."""
    host, found, port = os.environ.get("RAY_ADDRESS", "").rpartition("://")[2].rpartition(":")
    if found and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK).close()


def _connect(ray: Any, own: dict[str, Any]) -> None:
    failed = ""
    try:
        if not own:
            _knock()
        with _private():
            _KEEPER.do(lambda: ray.init(logging_level="ERROR", log_to_driver=False, **own))
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        # The library's text may show an address with a password, and is long.
        failed = type(error).__name__
    if failed:
        # What was started before it failed would live on.
        ray.shutdown()
        _forget_folder()
        address = os.environ.get("RAY_ADDRESS")
        raise WorldError(
            "ray.start",
            f"the cluster of RAY_ADDRESS cannot be joined ({failed})" if address else f"Ray does not start ({failed})",
            where="scorer: ray",
            state="nothing was scored",
            next_step="look at its address, token and versions, or write scorer: local",
        )


@contextmanager
def _private() -> Iterator[None]:
    """Files that are made within belong to this user alone; a token that others could read is mended."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
        with suppress(OSError, RuntimeError):
            if _token_file().stat().st_mode & 0o077:
                _token_file().chmod(0o600)
