"""A file as it was in a revision of its git repository; nothing is changed there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hansa.errors import MeshError

#: Variables by which a hook tells git of another place than the file's own.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_INDEX_FILE")
_PATIENCE = 60


def content_at(path: Path, revision: str) -> bytes | None:
    """The bytes of ``path`` in ``revision`` (a branch, a tag, a commit); None if the revision has no such file.

    Errors: MeshError where git is missing or refuses, and for no repository and no such revision.
    """
    place = path.resolve()
    folder = place.parent
    found = _git(folder, "rev-parse", "--is-inside-work-tree")
    if found.returncode or found.stdout.strip() != b"true":
        raise _no_repository(path, found)
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = found.stdout.decode("ascii", "replace").strip()
    if found.returncode or not commit:
        raise MeshError(
            "git.revision",
            f"the repository has no revision '{revision}'",
            where=str(path),
            next_step="git branch -a and git tag name those that are here; git fetch brings others",
        )
    entry = _told(path, _git(folder, "--literal-pathspecs", "ls-tree", "-z", commit, "--", place.name))
    words = entry.partition(b"\t")[0].split()
    if len(words) != 3 or words[1] != b"blob":
        return None
    return _told(path, _git(folder, "cat-file", "blob", words[2].decode("ascii")))


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    variables = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    variables |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "--no-pager", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, env=variables, timeout=_PATIENCE, check=False)
    except FileNotFoundError:
        raise MeshError("git.missing", "there is no git here", next_step="install git, or name two files") from None
    except (subprocess.TimeoutExpired, ValueError):
        raise MeshError(
            "git.failed", "git cannot be asked for it", where=str(folder), next_step="name two files"
        ) from None


def _told(path: Path, done: subprocess.CompletedProcess[bytes]) -> bytes:
    if done.returncode:
        raise _refused(path, done)
    return done.stdout


def _no_repository(path: Path, done: subprocess.CompletedProcess[bytes]) -> MeshError:
    if done.returncode and b"not a git repository" not in done.stderr:
        return _refused(path, done)
    return MeshError(
        "git.repository", "it lies in no git repository", where=str(path), next_step="name two files instead"
    )


def _refused(path: Path, done: subprocess.CompletedProcess[bytes]) -> MeshError:
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    reason = lines[0].removeprefix("fatal: ") if lines else f"exit code {done.returncode}"
    return MeshError("git.failed", f"git refuses: {reason}", where=str(path), next_step="mend that, or name two files")
