"""The template of a plugin as a Git repository, one commit and one tag for each version that lies in this package.

Who writes it, when and where changes nothing of it, so a commit has one name on every machine, and a package that was
made on one can be updated on another.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hansa.errors import WorldError

#: Every version of the template that was released, each in a folder named after it.
VERSIONS = Path(__file__).parents[1] / "templates" / "plugin"

_AUTHOR = {"NAME": "Hansa", "EMAIL": "hansa@localhost", "DATE": "2026-01-01T00:00:00+0000"}
_STAMP = "hansa-template"


def place_of_repository() -> Path:
    """Where the repository lies: in the user's cache, which can be deleted at any time."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "hansa" / "templates" / "plugin"


@contextmanager
def template_repository(versions: Path = VERSIONS) -> Iterator[Path]:
    """The repository with all versions of the folder ``versions``; nobody else changes it meanwhile.

    Errors: WorldError without Git, or where the cache cannot be written.
    """
    place = place_of_repository()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = place.with_suffix(".lock").open("w")
    except OSError as error:
        what = f"the user's cache cannot be written ({error.strerror or 'refused'})"
        raise WorldError("new.cache", what, where=str(place), next_step="name another by XDG_CACHE_HOME") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = _digest(versions)
        if not _is_current(place, stamp):
            _make(place, versions, stamp)
        yield place


def _is_current(place: Path, stamp: str) -> bool:
    note = place / ".git" / _STAMP
    return note.is_file() and note.read_text("utf-8") == stamp


def _digest(versions: Path) -> str:
    """SHA-256 over names and bytes of all files, by name."""
    seen = hashlib.sha256()
    for path in sorted(path for path in versions.rglob("*") if path.is_file()):
        name, content = str(path.relative_to(versions)).encode(), path.read_bytes()
        seen.update(b"%d %d " % (len(name), len(content)) + name + content)
    return seen.hexdigest()


def _make(place: Path, versions: Path, stamp: str) -> None:
    """Make it beside its place and move it there whole."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".plugin-") as folder:
        made = Path(folder) / "plugin"
        made.mkdir()
        _git(made, "init", "--quiet", "--initial-branch", "main", "--template=")
        for version in sorted((path for path in versions.iterdir() if path.is_dir()), key=_order):
            _replace(made, version)
            _git(made, "add", "--all", "--force")
            _git(made, "commit", "--quiet", "--allow-empty", "--message", f"Template {version.name}")
            _git(made, "tag", f"v{version.name}")
        (made / ".git" / _STAMP).write_text(stamp, "utf-8")
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)


def _order(version: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in version.name.split("."))


def _replace(made: Path, version: Path) -> None:
    """The working tree becomes the files of one version, with one mode wherever they were installed."""
    for path in made.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in version.rglob("*"):
        target = made / path.relative_to(version)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(0o644)


def _git(folder: Path, *words: str) -> None:
    """Git without the user's own settings: a signature or a hook would change the commits."""
    names = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _AUTHOR.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *words],  # noqa: S607 - whichever Git the user has
        cwd=folder,
        env=kept | names | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise WorldError("new.git", f"git {words[0]} failed: {said}", where=str(folder), next_step="mend or update Git")


def refuse_without_git() -> None:
    """Refuse where Git is not installed: copier compares versions of a template by it."""
    if shutil.which("git") is None:
        raise WorldError("new.git", "Git is not installed, and templates are kept in it", next_step="install git")
