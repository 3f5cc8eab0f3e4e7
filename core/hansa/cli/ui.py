"""``hansa ui``: Dagster's webserver, daemon and code server on this mesh, stopped together by Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import MESH

if TYPE_CHECKING:
    from hansa.mesh import Mesh


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="ui")(ui)


def ui(
    mesh: Path = MESH,
    port: int = typer.Option(3000, "--port", min=1, max=65535, help="Port of the web pages."),
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on; loopback unless you say otherwise."),
) -> None:
    """Open the mesh in Dagster's web pages. Ctrl-C stops everything that it started."""
    from hansa.definitions.instance import instance_of
    from hansa.definitions.running import report
    from hansa.errors import WorldError
    from hansa.mesh import load_mesh

    if not _free(host, port):
        raise WorldError("ui.port", f"port {port} of {host} is taken", next_step="choose another by --port")
    loaded = load_mesh(mesh)
    with instance_of(loaded) as instance:
        report(loaded, instance)
    children = _start(loaded, host, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _wait_until_up(children, host, port)
        typer.echo(f"http://{host}:{port}  mesh {loaded.file.name}, Ctrl-C stops it")
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
        raise WorldError("ui.stopped", "one of Dagster's processes ended by itself", next_step=f"see {loaded.dagster_home}/ui.log")
    except KeyboardInterrupt:
        typer.echo("stopping")
    finally:
        _stop(children)


def _free(host: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(mesh: Mesh, host: str, port: int) -> list[subprocess.Popen[bytes]]:
    """One code server, and webserver and daemon on it: less memory and sooner up than ``dagster dev``."""
    import yaml

    from hansa.definitions.assets import mesh_environment

    code_port = _any_port()
    workspace = mesh.dagster_home / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": code_port, "location_name": "mesh"}
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    python = [sys.executable, "-W", "ignore", "-m"]
    commands = [
        [*python, "dagster", "api", "grpc", "-m", "hansa.definitions", "-a", "mesh"]
        + ["--host", "127.0.0.1", "--port", str(code_port), "--location-name", "mesh"],
        [*python, "dagster_webserver", "-w", str(workspace), "-h", host, "-p", str(port), "--dagster-log-level", "warning"],
        [*python, "dagster._daemon", "run", "-w", str(workspace), "--log-level", "warning"],
    ]
    log = (mesh.dagster_home / "ui.log").open("ab")
    environment = mesh_environment(mesh)
    # A shell in the background lets its children ignore the interrupt; these must hear it.
    return [
        subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=_hear_signals)
        for command in commands
    ]


def _hear_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _wait_until_up(children: list[subprocess.Popen[bytes]], host: str, port: int) -> None:
    import urllib.error
    import urllib.request

    from hansa.errors import WorldError

    for _ in range(600):
        if any(child.poll() is not None for child in children):
            raise WorldError("ui.start", "Dagster did not start", next_step="see ui.log in Dagster's home")
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/server_info", timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise WorldError("ui.start", "Dagster did not answer within two minutes", next_step="see ui.log in Dagster's home")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in reversed(children):
        if child.poll() is None:
            child.terminate()
    for child in reversed(children):
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
