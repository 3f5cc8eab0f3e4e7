"""One option of a draft: what it would be, what was seen, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Sure = Literal["certain", "likely", "unsure"]


@dataclass(frozen=True)
class Finding:
    """One word of a binding with its ``value``, or, where ``value`` is None, something that is missing.

    ``path`` is the word's place in the entry: ``("encoding",)``, ``("mapping", "formats", "booked_on")``. ``seen`` is
    what was seen of the file, without a value of its data; ``question`` is for its owner, where it is unsure.
    """

    path: tuple[str, ...]
    value: Any
    seen: str
    sure: Sure = "certain"
    question: str = ""

    @property
    def word(self) -> str:
        """The place as one word with points."""
        return ".".join(self.path)

    def doubted(self, seen: str, question: str) -> Finding:
        """The same, unsure for one more reason."""
        both = f"{self.seen}; {seen}" if self.seen else seen
        return replace(self, seen=both, sure="unsure", question=question or self.question)


def words_of(findings: Iterable[Finding]) -> dict[str, Any]:
    """The words of an entry that the findings propose, as a mesh file has them."""
    made: dict[str, Any] = {}
    for finding in findings:
        if finding.value is None:
            continue
        place = made
        for step in finding.path[:-1]:
            place = place.setdefault(step, {})
        place[finding.path[-1]] = finding.value
    return made


def counted(number: int, word: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
