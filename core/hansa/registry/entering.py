"""One plugin is imported, its hooks are inspected and asked, and the process is put back as it was.

The same steps in the child process of the trial and in the process of the command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from hansa.errors import HansaError, PluginError
from hansa.registry.answers import Answers, FindContracts, ask
from hansa.registry.process import Kept
from hansa.registry.signature import check_hooks

if TYPE_CHECKING:
    import pluggy


class _TooLong(BaseException):
    """Raised into guest code; no Exception, for guest code often catches those and goes on."""


@dataclass(frozen=True)
class Entered:
    """What became of one plugin: ``reason`` why it is left out, ``slight`` what it did that was put back.

    ``raised`` says that its own code raised: what it raises may depend on the folder and the environment.
    """

    reason: str = ""
    slight: tuple[str, ...] = ()
    raised: bool = False
    answers: Answers = field(default_factory=Answers)


def enter(
    entry_point: EntryPoint,
    distribution: str,
    manager: pluggy.PluginManager,
    find: FindContracts,
    alone: bool = False,
    seconds: float | None = None,
) -> Entered:
    """Import a plugin, inspect its hooks, register it and ask it; any fault is a reason to leave it out.

    ``alone`` says that nobody but the plugin can interrupt this process, so that Ctrl-C is its own doing too.
    ``seconds`` bounds what Python itself computes or waits for, as far as this is the main thread.
    """
    me = os.getpid()
    kept = Kept.now()
    reason, raised, answers = "", False, Answers()
    try:
        with _bounded(seconds):
            plugin = _imported(entry_point)
            check_hooks(plugin)
            manager.register(plugin, entry_point.name)
            answers = ask(manager, entry_point.name, find)
    except HansaError as error:
        reason, raised = error.sentence(), error.code == "plugin.import"
    except _TooLong:
        reason = f"its import and hooks take longer than {seconds:g} s; mend or uninstall {distribution}"
    except BaseException as error:  # Guest code may raise anything, and must harm nobody else.
        if isinstance(error, KeyboardInterrupt) and not alone:
            raise
        reason, raised = f"it raised {told(error)}; mend or uninstall {distribution}", True
    finally:
        if os.getpid() != me:
            # The plugin made a copy of this process, which must not do its work a second time.
            os._exit(0)
        changes = kept.changes()
        kept.restore()
    if changes.grave and not reason:
        # Only the first ones: one cause often shows in several places.
        reason = f"it {', '.join(changes.grave[:3])} when it is imported; mend or uninstall {distribution}"
    return Entered(reason, changes.slight, raised, answers)


@contextlib.contextmanager
def _bounded(seconds: float | None) -> Iterator[None]:
    """Raise _TooLong into what runs longer; nothing where no alarm can be set, or where one is set already."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGALRM)
    if seconds is None or not main or before is None or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(*_: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        # A handler of the plugin's own stays, with its alarm, to be found and told.
        if signal.getsignal(signal.SIGALRM) is ring:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _imported(entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except ModuleNotFoundError as error:
        module = entry_point.value.split(":")[0]
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise PluginError(
                "plugin.module", f"its module {module} does not exist", next_step="reinstall it"
            ) from error
        raise PluginError(
            "plugin.import", f"it needs {error.name}, which is not installed", next_step=f"install {error.name}"
        ) from error


def told(error: BaseException) -> str:
    """Type and first line of a foreign exception, bounded, on one printable line."""
    try:
        line = (str(error).splitlines() or [""])[0][:200]
    except Exception:  # noqa: BLE001 - a text of the guest's own making
        line = ""
    line = "".join(sign if sign.isprintable() else " " for sign in line).strip()
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what is written to standard output meanwhile to standard error, by whatever means it is written."""
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
        yield
