"""``hansa ui``: Dagster's webserver, daemon and code server on this mesh, stopped together by Ctrl-C."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from hansa.cli.place import MESH


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="ui")(ui)


def ui(
    mesh: Path = MESH,
    port: int = typer.Option(3000, "--port", min=1, max=65535, help="Port of the web pages."),
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on; loopback unless you say otherwise."),
) -> None:
    """Open the mesh in Dagster's web pages. Ctrl-C stops everything that it started."""
    import signal

    _refuse_missing()
    place = _place(mesh)
    _refuse_taken(host, port)
    # Both by name: a shell in the background lets its children ignore the interrupt.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _serve(place, host, port)
    except KeyboardInterrupt:
        typer.echo("stopped")


@dataclass(frozen=True)
class _Place:
    """What the mesh file alone says: the processes read the rest."""

    name: str
    path: Path
    dagster_home: Path


def _place(mesh: Path | None) -> _Place:
    import os

    from hansa.mesh.place import find_mesh_file
    from hansa.mesh.read import read_mesh_file

    path = find_mesh_file(mesh)
    file = read_mesh_file(path)
    return _Place(file.name, path, file.under(path.parent, os.environ.get("DAGSTER_HOME") or file.dagster_home))


def _serve(place: _Place, host: str, port: int) -> None:
    from hansa.definitions.servers import served

    url = f"http://{host}:{port}"
    with _alone(place, url), served(place, host, port) as servers:
        typer.echo(f"{servers.url}  mesh {place.name}, Ctrl-C stops it")
        servers.watch()


def _refuse_missing() -> None:
    import importlib.util

    from hansa.errors import WorldError

    if importlib.util.find_spec("dagster_webserver") is None:
        raise WorldError("ui.missing", "Dagster's webserver is not installed", next_step="pip install 'hansa[ui]'")


def _refuse_taken(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is started."""
    import socket

    from hansa.errors import WorldError

    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            taken = f"port {port} of {host} is taken"
            raise WorldError("ui.port", taken, next_step="choose another by --port") from None
        what = f"cannot listen on port {port} of {host} ({error.strerror})"
        raise WorldError("ui.address", what, next_step="choose others by --host and --port") from None


@contextmanager
def _alone(place: _Place, url: str) -> Iterator[None]:
    """One ``hansa ui`` a mesh: Dagster's daemon tolerates no second one on the same home."""
    import fcntl

    from hansa.definitions.instance import home_of
    from hansa.errors import WorldError

    path = home_of(place) / "ui.url"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            what = f"the pages of this mesh are open already at {file.read().strip() or 'another address'}"
            raise WorldError("ui.running", what, next_step="look there, or stop that hansa ui first") from None
        file.truncate(0)
        file.write(f"{url}\n")
        file.flush()
        yield
