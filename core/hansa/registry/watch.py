"""A watch over the imports that nothing in this process could end.

An alarm is raised by Python, which C code that never comes back does not let run. So a small process stands beside the
imports: it is told which plugin's turn it is, and when that one takes too long it forgets what the trial has shown of
it, says so in one sentence and ends the command. The next start tries the plugin anew, in a child, and leaves it out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import TracebackType

#: The process beside: it imports next to nothing, ends with its parent, and counts its own ticks, so that a machine
#: that sleeps or is stopped meanwhile costs nobody his time.
_BESIDE = """\
import os, select, sys
parent, tick, left, rest, entry, sentence = int(sys.argv[1]), 0.25, None, b"", b"", b""
while True:
    if select.select([0], [], [], None if left is None else tick)[0]:
        part = os.read(0, 65536)
        if not part:
            break
        *lines, rest = (rest + part).split(b"\\0\\n")
        if lines:
            seconds, entry, sentence = lines[-1].split(b"\\0")
            left = float(seconds)
        continue
    left -= tick
    if left > 0:
        continue
    if os.getppid() == parent:
        try:
            os.unlink(entry)
        except OSError:
            pass
        os.write(2, sentence + b"\\n")
        os.kill(parent, 9)
    break
"""
#: So much longer than the alarm of Python the watch waits, in seconds: an alarm leaves out one plugin alone.
_LONGER = 5.0


class Watch:
    """Watches one import after the other until it is left; without a process beside it, nothing at all."""

    def __init__(self) -> None:
        self._process = 0
        self._pipe = -1

    def __enter__(self) -> Watch:
        if not sys.executable:
            return self  # Python is a part of another program, which must not be started again
        reads, writes = os.pipe()
        with contextlib.suppress(OSError):
            self._process = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _BESIDE, str(os.getpid())],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, reads, 0), (os.POSIX_SPAWN_DUP2, 2, 1)],
                # Ctrl-C is meant for the command, with which this one ends.
                setsigmask=[signal.SIGINT, signal.SIGQUIT],
            )
        os.close(reads)
        self._pipe = writes
        return self

    def over(self, plugin: str, distribution: str, seconds: float, entry: str) -> None:
        """From now on this plugin is imported, for ``seconds`` by Python's alarm; ``entry`` is what is remembered."""
        what = f"the import of plugin {plugin} does not end within {seconds + _LONGER:g} s, nor can it be interrupted"
        mend = f"mend or uninstall {distribution}; the next start tries it anew and goes on without it if it hangs"
        told = (f"{seconds + _LONGER}", entry, f"hansa: {what}; the command ends here, nothing was published; {mend}")
        if self._process:
            with contextlib.suppress(OSError):
                os.write(self._pipe, "\0".join(told).encode("utf-8", "surrogateescape") + b"\0\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pipe >= 0:
            with contextlib.suppress(OSError):
                os.close(self._pipe)
        if self._process:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                # Nothing of it is worth waiting for.
                os.kill(self._process, signal.SIGKILL)
                os.waitpid(self._process, 0)
