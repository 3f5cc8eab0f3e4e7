"""What of the process is compared as one value before and after guest code: its name, how it is read and put back."""

from __future__ import annotations

import contextlib
import decimal
import gc
import locale
import os
import resource
import signal
import sys
import threading
import warnings
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


def _written() -> tuple[Any, ...]:
    """How texts become bytes on the three streams."""
    return tuple(_encoding(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))


def _encoding(stream: Any) -> tuple[Any, Any]:
    return getattr(stream, "encoding", None), getattr(stream, "errors", None)


def _write_as(wanted: tuple[Any, ...]) -> None:
    streams: tuple[Any, ...] = (sys.stdin, sys.stdout, sys.stderr)
    for stream, (encoding, errors) in zip(streams, wanted, strict=True):
        if _encoding(stream) != (encoding, errors):
            # A stream that was closed, or from which somebody has read, stays as it is.
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.reconfigure(encoding=encoding, errors=errors)


def _collect(wanted: bool) -> None:
    (gc.enable if wanted else gc.disable)()


def _set_environment(_: int) -> None:
    os.environ = _ENVIRONMENT  # noqa: B003 - the object itself was exchanged


def _set_stack(size: int) -> None:
    threading.stack_size(size)


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def _set_priority(wanted: int) -> None:
    # A lower one cannot be raised again by everybody.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, wanted)


def _set_path_hooks(wanted: tuple[Any, ...]) -> None:
    sys.path_hooks[:] = wanted
    sys.path_importer_cache.clear()


def _errors() -> tuple[Any, ...]:
    """The warnings that are raised as errors: of other plugins too."""
    return tuple(one for one in warnings.filters if one[0] == "error")


def _set_errors(wanted: tuple[Any, ...]) -> None:
    kept = [one for one in warnings.filters if one[0] != "error" or one in wanted]
    warnings.filters[:] = kept  # type: ignore[index]


def _root() -> tuple[Any, ...]:
    """Level and handlers of the root logger: libraries say more for themselves than anybody should see.

    Logging begins with no handler, at the level of warnings.
    """
    module = sys.modules.get("logging")
    return (module.root.level, tuple(module.root.handlers)) if module is not None else (30, ())


def _set_root(wanted: tuple[Any, ...]) -> None:
    level, handlers = wanted
    root = sys.modules["logging"].root
    root.setLevel(level)
    root.handlers[:] = handlers


_ENVIRONMENT = os.environ

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
    "how texts are written to the standard streams": (_written, _write_as),
    "the collection of garbage": (gc.isenabled, _collect),
    "how often threads take turns": (sys.getswitchinterval, sys.setswitchinterval),
    "the stack of threads": (threading.stack_size, _set_stack),
    "the digits of numbers": (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    "what os.environ is": (lambda: id(os.environ), _set_environment),
    "the priority of the process": (_priority, _set_priority),
    "the hooks of sys.path": (lambda: tuple(sys.path_hooks), _set_path_hooks),
}
#: What libraries change too when they are imported: it is put back and told.
PUT_BACK: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "which warnings are errors": (_errors, _set_errors),
    "the root of what is logged": (_root, _set_root),
}
