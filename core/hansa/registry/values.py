"""What of the process is compared as one value before and after guest code: its name, how it is read and put back."""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

_LIMITS = sorted(number for name, number in vars(resource).items() if name.startswith("RLIMIT_"))
_CONTEXTS = (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
_OF_A_CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
_forks = 0


def _count_a_fork() -> None:
    global _forks
    _forks += 1


# What is started as another program is no copy, and does not come by here.
os.register_at_fork(before=_count_a_fork)


def _set_forks(number: int) -> None:
    global _forks
    _forks = number


def _set_streams(streams: tuple[Any, ...]) -> None:
    sys.stdin, sys.stdout, sys.stderr = streams


def _open_files() -> tuple[bool, ...]:
    return tuple(_is_open(number) for number in range(3))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _open_files_again(wanted: tuple[bool, ...]) -> None:
    """Give a closed one to nobody, so that the next file that is opened is not taken for it."""
    for number, was_open in enumerate(wanted):
        if was_open and not _is_open(number):
            made = os.open(os.devnull, os.O_RDWR)
            if made != number:
                os.dup2(made, number)
                os.close(made)


def _set_tracing(functions: tuple[Any, ...]) -> None:
    sys.settrace(functions[0])
    sys.setprofile(functions[1])


def _set_locale(name: str) -> None:
    locale.setlocale(locale.LC_ALL, name)


def _stop_alarm(armed: bool) -> None:
    # Nobody but guest code sets one: what is armed after it and was not before is its own.
    if not armed:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limits() -> tuple[tuple[int, int], ...]:
    return tuple(resource.getrlimit(number) for number in _LIMITS)


def _set_limits(limits: tuple[tuple[int, int], ...]) -> None:
    for number, limit in zip(_LIMITS, limits, strict=True):
        if resource.getrlimit(number) != limit:
            # A hard limit that was lowered cannot be raised again.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, limit)


def _contexts() -> tuple[tuple[Any, ...], ...]:
    """The contexts that threads to come begin with."""
    return tuple((*(getattr(one, name) for name in _OF_A_CONTEXT), dict(one.traps)) for one in _CONTEXTS)


def _set_contexts(contexts: tuple[tuple[Any, ...], ...]) -> None:
    for one, (*parts, traps) in zip(_CONTEXTS, contexts, strict=True):
        for name, part in zip(_OF_A_CONTEXT, parts, strict=True):
            setattr(one, name, part)
        one.traps.update(traps)


def _logging() -> int:
    """The level up to which nothing is logged; a module that is not loaded yet has nothing to compare."""
    module = sys.modules.get("logging")
    return module.root.manager.disable if module is not None else 0


def _set_logging(level: int) -> None:
    sys.modules["logging"].disable(level)


def _patience() -> float | None:
    module = sys.modules.get("socket")
    return module.getdefaulttimeout() if module is not None else None


def _set_patience(seconds: float | None) -> None:
    sys.modules["socket"].setdefaulttimeout(seconds)


#: Each goes on after "changes".
VALUES: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "the number of processes by a copy of this one": (lambda: _forks, _set_forks),
    "sys.stdin, sys.stdout or sys.stderr": (lambda: (sys.stdin, sys.stdout, sys.stderr), _set_streams),
    "which of the three standard files are open": (_open_files, _open_files_again),
    "the tracing of Python": (lambda: (sys.gettrace(), sys.getprofile()), _set_tracing),
    "the limit of recursion": (sys.getrecursionlimit, sys.setrecursionlimit),
    "the locale": (lambda: locale.setlocale(locale.LC_ALL), _set_locale),
    "the alarm of the process": (lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0, _stop_alarm),
    "the limits of the process": (_limits, _set_limits),
    "the decimal contexts of other threads": (_contexts, _set_contexts),
    "what is logged at all": (_logging, _set_logging),
    "the time limit of sockets": (_patience, _set_patience),
}
