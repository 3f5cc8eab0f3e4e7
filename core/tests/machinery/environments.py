"""A Python environment of its own upon that of the tests: what is installed into it harms nobody else.

It sees what the tests see, as if it had been installed there. More packages are installed with no network, from what
uv fetched before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

UV = os.environ.get("UV") or shutil.which("uv") or "uv"
HANSA = "from hansa.cli import main; main()"

_UNWANTED = ("HANSA_", "DAGSTER_", "PYTEST_", "PYTHON", "VIRTUAL_ENV", "GIT_", "COPIER_", "UV_PROJECT", "UV_RUN_")
_AT_START = dict(os.environ)
#: What a reader types as ``uv pip install ...``: what it asks for is there already.
_UV_SHIM = """\
#!/bin/sh
if [ "$1 $2" = "pip install" ]; then shift 2; exec {uv} pip install --offline --no-deps "$@"; fi
exec {uv} --offline "$@"
"""


def clean_variables() -> dict[str, str]:
    """The machine's variables without those that name a mesh, an environment, a project or a test."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}


@cache
def uv_variables() -> dict[str, str]:
    """What uv knows of this machine, its cache and its settings, whatever a test makes of the home."""
    asked = subprocess.run([UV, "cache", "dir"], env=_AT_START, capture_output=True, text=True, check=True)
    home = Path(_AT_START.get("HOME") or Path.home())
    settings = _AT_START.get("XDG_CONFIG_HOME") or str(home / ".config")
    return {"UV_CACHE_DIR": asked.stdout.strip(), "XDG_CONFIG_HOME": settings}


class Environment:
    """An environment in the folder ``root``, with ``hansa``, ``pytest`` and ``uv`` as commands of it.

    One that is not ``stacked`` is empty: nothing can be imported but Python itself.
    """

    def __init__(self, root: Path, *, stacked: bool = True) -> None:
        self.root = root
        self.bin = root / "bin"
        self.python = self.bin / "python"
        venv.create(root, symlinks=True, with_pip=False)
        (root / "home").mkdir()
        self._command("uv", _UV_SHIM.format(uv=UV))
        if stacked:
            self._see(Path(next(path for path in sys.path if path.endswith("site-packages"))))
            self._command("hansa", f"#!{self.python}\n{HANSA}\n")
            self._command("pytest", f"#!{self.python}\nimport sys, pytest; sys.exit(pytest.main())\n")

    def _see(self, packages: Path) -> None:
        """Packages there, editable ones among them, can be imported here."""
        site = next(self.root.glob("lib/python*/site-packages"))
        (site / "beneath.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")

    def _command(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    @property
    def variables(self) -> dict[str, str]:
        """The variables of a shell in which this environment is the active one."""
        path = os.pathsep.join([str(self.bin), os.environ["PATH"]])
        named = {"PATH": path, "VIRTUAL_ENV": str(self.root), "HOME": str(self.root / "home")}
        return clean_variables() | uv_variables() | named

    def run(self, words: Sequence[str | Path], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder; what it says is kept."""
        return subprocess.run(
            [str(word) for word in words],
            cwd=folder,
            env=self.variables | more,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )

    def hansa(self, *words: str | Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Hansa as a process of this environment."""
        return self.run([self.python, "-c", HANSA, *words], folder, **more)

    def install(self, *what: str | Path) -> None:
        """Install folders (with ``-e``) or wheels, without what they ask for."""
        done = self.run([self.bin / "uv", "pip", "install", *what], self.root)
        assert done.returncode == 0, done.stderr
