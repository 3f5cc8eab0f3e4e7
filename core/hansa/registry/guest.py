"""A plugin on its way in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hansa.registry.answers import Answers
from hansa.registry.installed import Candidate
from hansa.registry.model import PluginReport
from hansa.registry.verdict import Verdict

#: Parts of Hansa itself that register as a plugin does.
BUILT_IN = {"files": "hansa.sources"}

ContractKey = tuple[str, int]


@dataclass
class Guest:
    """``reason`` is set as soon as it is left out; ``notices`` are told of one that is in; ``tried`` is its trial.

    ``entry`` is the file that remembers the trial, if one does.
    """

    candidate: Candidate
    reason: str = ""
    notices: list[str] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)
    tried: Verdict | None = None
    entry: str = ""

    @property
    def name(self) -> str:
        """The plugin's name, which its entry point has."""
        return self.candidate.name

    @property
    def built_in(self) -> bool:
        """True for a part of Hansa itself."""
        return BUILT_IN.get(self.name) == (self.candidate.entry_point and self.candidate.entry_point.value)

    def note_slight(self, slight: Iterable[str]) -> None:
        """Tell once what the plugin did to the process."""
        for one in slight:
            notice = f"it {one} when it is imported, which is put back"
            if notice not in self.notices:
                self.notices.append(notice)

    def report(self) -> PluginReport:
        """The plugin as it is shown."""
        told = self.tried.modules if self.tried is not None else ()
        return PluginReport(
            self.name,
            self.candidate.distribution,
            self.candidate.version,
            "left out" if self.reason else "in",
            self.reason or "; ".join(self.notices),
            tuple(sorted({module.name for module in self.answers.modules} or told)),
        )


def admitted(guests: Iterable[Guest]) -> list[Guest]:
    """Those who are not left out so far."""
    return [guest for guest in guests if not guest.reason]
