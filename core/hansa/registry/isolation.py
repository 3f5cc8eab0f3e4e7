"""Who may be imported into this process: the verdict of each candidate, remembered or from a trial."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from hansa.errors import PluginError
from hansa.registry.fingerprint import fingerprints
from hansa.registry.installed import Candidate
from hansa.registry.memory import Memory
from hansa.registry.verdict import Verdict

#: Set in the environment of a child: what it starts in turn must not try plugins again.
VARIABLE = "HANSA_PLUGIN_TRIAL"


@dataclass(frozen=True)
class Tried:
    """A verdict, and the file that remembers it; empty where nothing is remembered."""

    verdict: Verdict
    entry: str = ""


def judged(candidates: Sequence[Candidate], seconds: float, again: bool = False) -> dict[Candidate, Tried]:
    """The verdict of each candidate; of one that could not be tried there is none. ``again`` tries also those known.

    Errors: PluginError within a trial: a plugin's import must not load the plugins.
    """
    if os.environ.get(VARIABLE):
        raise PluginError(
            "plugin.recursion", "the import of a plugin loads the plugins", next_step="leave that to a function of it"
        )
    if not candidates:
        return {}
    memory, marks = Memory(), fingerprints(candidates)
    known = {} if again else {c: v for c in candidates if (v := memory.recall(marks[c], seconds)) is not None}
    unknown = [candidate for candidate in candidates if candidate not in known]
    if unknown:
        # What starts processes is not imported where all is known.
        from hansa.registry.trial import try_all

        for candidate, verdict in zip(unknown, try_all(unknown, seconds, VARIABLE), strict=True):
            if verdict is not None:
                known[candidate] = verdict
                memory.remember(marks[candidate], verdict)
    return {candidate: Tried(verdict, memory.entry(marks[candidate])) for candidate, verdict in known.items()}
