"""The child process in which a plugin is imported and asked for the first time. It imports no more than that needs.

It tells on one pipe that it is ready, then what became of the plugin, and ends as any process does.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy

from hansa import hooks
from hansa.registry.entering import Entered, enter

_FILES = "*.odcs.yaml"
#: How long what a plugin started may take to end, in seconds.
_ENDING = 0.5


def run(asked: Mapping[str, Any]) -> None:
    """Try the plugin that the parent asked for: ``name``, ``value``, ``distribution``, ``seconds`` and three pipes."""
    answer, late, parent = (int(asked[pipe]) for pipe in ("answer", "late", "parent"))
    for pipe in (answer, late, parent):
        os.set_inheritable(pipe, False)
    _limit(float(asked["seconds"]))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _tell(answer, {"ready": True})
    known, umask, hooks_added = set(sys.modules), _umask(), _counted_hooks()
    manager = pluggy.PluginManager("hansa")
    manager.add_hookspecs(hooks)
    entry_point = EntryPoint(str(asked["name"]), str(asked["value"]), "hansa")
    entered = enter(entry_point, str(asked["distribution"]), manager, _walked, alone=True)
    told = _as_json(entered)
    deeds = {
        "changes the umask": _umask() != umask,
        "installs an audit hook": bool(hooks_added),
        "leaves a program running": _has_children(),
    }
    done = [deed for deed, is_so in deeds.items() if is_so]
    if done and not entered.reason:
        told["reason"] = f"it {', '.join(done)} when it is imported; mend or uninstall {asked['distribution']}"
    told["files"] = sorted(_read_by_import(set(sys.modules) - known))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    os.dup2(late, 1)
    _tell(answer, told)
    os.close(answer)


def _limit(seconds: float) -> None:
    """Bound what is left behind if the parent is killed: no core file, and no processor time without end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ceiling = resource.getrlimit(resource.RLIMIT_CPU)[1]
    bound = int(seconds * (os.cpu_count() or 1)) + 60
    if ceiling == resource.RLIM_INFINITY or bound < ceiling:
        resource.setrlimit(resource.RLIMIT_CPU, (bound, ceiling))


def _end_with(parent: int) -> None:
    """End this process and what it started when the other end of the pipe is closed: the parent has gone."""
    try:
        os.read(parent, 1)
    except OSError:
        return
    os.killpg(0, signal.SIGKILL)


def _counted_hooks() -> list[str]:
    """A list that grows with every audit hook from now on: nobody can see them later, or take one away."""
    found: list[str] = []

    def note(event: str, _: object) -> None:
        if event == "sys.addaudithook":
            found.append(event)

    sys.addaudithook(note)
    return found


def _has_children() -> bool:
    """True if a program that the plugin started goes on; one that is about to end may do so."""
    until = time.monotonic() + _ENDING
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)
        return True
    return False


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _walked(folders: tuple[Path, ...]) -> dict[tuple[str, int], Any]:
    """Look for contracts without reading them: a folder that never ends must not be met by the command."""
    for folder in folders:
        for _ in folder.rglob(_FILES):
            pass
    return {}


def _as_json(entered: Entered) -> dict[str, Any]:
    return {
        "reason": entered.reason,
        "slight": list(entered.slight),
        "raised": entered.raised,
        "modules": entered.answers.told(),
    }


def _read_by_import(modules: set[str]) -> Iterator[str]:
    """The files of modules that are neither Python's nor of an installed package: they may change without a trace."""
    installed = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    for name in modules:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if spec is not None and spec.has_location and not spec.origin.startswith(installed):
            yield spec.origin


def _tell(pipe: int, message: Mapping[str, Any]) -> None:
    rest = memoryview((json.dumps(message) + "\n").encode())
    while rest:
        rest = rest[os.write(pipe, rest) :]
