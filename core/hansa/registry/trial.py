"""Each plugin is imported first in a child process of its own: one that hangs, exits or crashes harms nobody else.

The children run side by side. One that is slow gives its place to the next, so that the whole takes hardly longer than
the slowest. A child leads a process group, which is killed whole, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hansa.registry.installed import Candidate
from hansa.registry.verdict import Verdict

_START = """\
import json, sys
asked = json.loads(sys.argv[1])
sys.path[:], sys.argv[:] = asked["path"], asked["arguments"]
from hansa.registry.child import run
run(asked)
"""
#: After this time, in seconds, a child no longer keeps others waiting; so many may run for each processor.
_YOUNG, _AT_ONCE = 1.0, 8
#: How long Python may take to start, in seconds; that is no fault of the plugin.
_START_SECONDS = 60.0
_TICK = 0.02
_CHUNK = 65536
#: What a plugin may print when it is imported, in bytes: the command would print it at every start.
_MOST_PRINTED = 1_000_000


class _Trial:
    """One child and the ends of its pipes that are ours."""

    def __init__(self, number: int, candidate: Candidate, seconds: float, variable: str, first: float) -> None:
        self.number = number
        self._distribution = candidate.distribution
        self._seconds = seconds
        self._told = bytearray()
        self._ready = False
        self._counts = {"printed": 0, "late": 0, "said": 0}
        with contextlib.ExitStack() as stack:
            ends = {name: os.pipe() for name in ("answer", "printed", "late", "said", "parent")}
            for pair in ends.values():
                for end in pair:
                    stack.callback(os.close, end)
            theirs = {name: pair[0 if name == "parent" else 1] for name, pair in ends.items()}
            self._child = _started(candidate, seconds, theirs, variable)
            self.begun = time.monotonic()
            # The limit holds for all of them together, so that a late one that hangs adds nothing to it; but an
            # own half of it each one has.
            self._until = max(first + seconds, self.begun + seconds / 2)
            stack.pop_all()
        for end in theirs.values():
            os.close(end)
        self.pipes = {ends[name][0]: name for name in ("answer", "printed", "late", "said")}
        self._held = ends["parent"][1]

    def read(self, pipe: int) -> bool:
        """Take what a pipe holds; False at its end."""
        part = os.read(pipe, _CHUNK)
        name = self.pipes[pipe]
        if name == "answer":
            self._told += part[: 16 * 1024 * 1024 - len(self._told)]
            if not self._ready and b"\n" in self._told:
                self._ready = True
        else:
            # What is printed is counted and let go: a plugin that prints without end fills no memory.
            self._counts[name] += len(part)
        return bool(part)

    @property
    def over(self) -> bool:
        """True if the child has ended or its time has."""
        until = self._until if self._ready else self.begun + max(_START_SECONDS, self._seconds)
        return self._child.poll() is not None or time.monotonic() > until

    def end(self) -> Verdict | None:
        """Kill the child and all that it started; its verdict, None if it failed before the plugin's turn came."""
        hung = self._child.poll() is None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for pipe in self.pipes:
            self._drain(pipe)
        for pipe in (*self.pipes, self._held):
            os.close(pipe)
        return self._verdict(hung) if self._ready else None

    def _drain(self, pipe: int) -> None:
        """Take what still lies in a pipe, no more than fits into one: a daemon of the plugin's may hold it open."""
        os.set_blocking(pipe, False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(32):
                if not self.read(pipe):
                    return

    def _verdict(self, hung: bool) -> Verdict:
        answer = self._answer()
        if hung:
            return self._hung(answered=answer is not None)
        code = int(self._child.returncode)
        if answer is None:
            return self._ended(code)
        if self._counts["printed"]:
            answer = replace(answer, slight=("prints to standard output", *answer.slight))
        mend = f"mend or uninstall {self._distribution}"
        if sum(self._counts.values()) > _MOST_PRINTED and not answer.reason:
            return replace(answer, reason=f"it prints more than {_MOST_PRINTED} bytes when it is imported; {mend}")
        if code and not answer.reason:
            return replace(answer, reason=f"it makes the process {_ending(code)} when all is done; {mend}")
        if self._counts["late"] and not answer.reason:
            return replace(answer, reason=f"it prints to standard output when the process ends; {mend}")
        return answer

    def _answer(self) -> Verdict | None:
        lines = bytes(self._told).split(b"\n")
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            return Verdict.of(json.loads(lines[1]))
        return None

    def _hung(self, answered: bool) -> Verdict:
        what = "after its import the process does not end" if answered else "its import and hooks do not end"
        mend = f"mend or uninstall {self._distribution}, or raise plugins.import_seconds"
        return Verdict(f"{what} within {self._seconds:g} s; {mend}", seconds=self._seconds)

    def _ended(self, code: int) -> Verdict:
        reason = f"its import or a hook makes the process {_ending(code)}; mend or uninstall {self._distribution}"
        # A machine without memory kills too: that is no trait of the plugin.
        return Verdict(reason, certain=code != -signal.SIGKILL)


def try_all(candidates: Sequence[Candidate], seconds: float, variable: str) -> list[Verdict | None]:
    """The verdict of each candidate, None where no child could be started; each finds ``variable`` in its environment.

    All children have ended when it returns, and when it raises.
    """
    verdicts: list[Verdict | None] = [None] * len(candidates)
    if not sys.executable:
        return verdicts  # Python is a part of another program, which must not be started again
    waiting, running, first = deque(enumerate(candidates)), list[_Trial](), time.monotonic()
    with selectors.DefaultSelector() as selector, _ended_at_last(running):
        while waiting or running:
            while waiting and _has_place(running):
                number, candidate = waiting.popleft()
                with contextlib.suppress(OSError):
                    trial = _Trial(number, candidate, seconds, variable, first)
                    running.append(trial)
                    for pipe in trial.pipes:
                        selector.register(pipe, selectors.EVENT_READ, trial)
            for key, _ in selector.select(_TICK):
                if not key.data.read(key.fd):
                    selector.unregister(key.fd)
            for trial in [trial for trial in running if trial.over]:
                for pipe in trial.pipes:
                    with contextlib.suppress(KeyError):
                        selector.unregister(pipe)
                running.remove(trial)
                verdicts[trial.number] = trial.end()
    return verdicts


def _started(candidate: Candidate, seconds: float, pipes: dict[str, int], variable: str) -> subprocess.Popen[bytes]:
    assert candidate.entry_point is not None  # noqa: S101 - a candidate without one is broken, hence never tried
    asked: dict[str, Any] = {
        "name": candidate.name,
        "value": candidate.entry_point.value,
        "distribution": candidate.distribution,
        "seconds": seconds,
        "path": [place for place in sys.path if isinstance(place, str)],
        "arguments": sys.argv[:1],
        **{name: pipes[name] for name in ("answer", "late", "parent")},
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _START, json.dumps(asked)],
        stdin=subprocess.DEVNULL,
        stdout=pipes["printed"],
        stderr=pipes["said"],
        pass_fds=[pipes[name] for name in ("answer", "late", "parent")],
        start_new_session=True,
        env={**os.environ, variable: "1"},
    )


def _has_place(running: Sequence[_Trial]) -> bool:
    processors = os.cpu_count() or 1
    young = sum(time.monotonic() - trial.begun < _YOUNG for trial in running)
    return young < processors and len(running) < processors * _AT_ONCE


@contextlib.contextmanager
def _ended_at_last(running: list[_Trial]) -> Iterator[None]:
    """Whatever ends the trials, Ctrl-C too: no child is left."""
    try:
        yield
    finally:
        for trial in running:
            trial.end()


def _ending(code: int) -> str:
    if code >= 0:
        return f"end with exit code {code}"
    try:
        return f"end by {signal.Signals(-code).name}"
    except ValueError:
        return f"end by signal {-code}"
