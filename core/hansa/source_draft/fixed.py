"""The draft of a text whose fields have a fixed width. Where a field ends does not show: its interface says that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hansa.contract.model import Column
from hansa.source_draft.borders import beginning_of
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.encodings import Told
from hansa.source_draft.finding import Finding, counted
from hansa.source_draft.records import MARK
from hansa.source_draft.share import lines_of

_QUESTION = "where does each field begin and end? the description of the interface says it, in bytes"
_LEAST = 12


def draft_fixed(place: str, told: Told, whole: bool) -> Drafted | None:
    """The draft of lines of one width; None if too few lines have the same."""
    lines = [line.removeprefix(MARK) for line in lines_of(told.text) + lines_of(told.end)]
    widths = [len(line.encode(told.encoding, "replace")) for line in lines]
    run = _longest_run(widths)
    if run is None:
        return None
    first, after = run
    width, rows = widths[first], after - first
    seen = f"{rows} lines of {width} bytes each, and no separator that parts them"
    findings = [Finding(("format",), "fixed", seen, "likely"), *told.findings]
    if first:
        findings.append(Finding(("header",), {"first_row": first + 1}, f"the rows begin in line {first + 1}", "likely"))
    else:
        findings.append(Finding(("header",), "none", "the rows begin in the first line", "likely"))
    column = "row"
    whole_row = f"1-{width}"
    findings.append(
        Finding(("columns",), {column: whole_row}, "all bytes of a row, as one column", "unsure", _QUESTION)
    )
    findings += _after(lines[after:])
    findings += _count(lines[:first], rows)
    return Drafted(place, tuple(findings), (Column(column, "string", 1),), rows if whole else None, whole)


def _longest_run(widths: Sequence[int]) -> tuple[int, int] | None:
    """First and last-but-one index of the most lines of one width that stand together."""
    best, start = (0, 0), 0
    for at in range(1, len(widths) + 1):
        if at == len(widths) or widths[at] != widths[start]:
            if widths[start] >= _LEAST and at - start > best[1] - best[0]:
                best = (start, at)
            start = at
    if best[1] - best[0] < 3 or Counter(widths)[widths[best[0]]] < 0.3 * len(widths):
        return None
    return best


def _after(tail: Sequence[str]) -> list[Finding]:
    left = [line for line in tail if line.strip()]
    if not left:
        return []
    word = beginning_of(left[0])
    if word:
        seen = f"{counted(len(left), 'line')} after the rows are not rows, the first begins so"
        return [Finding(("footer",), {"starts_with": word}, seen, "likely")]
    return [Finding(("footer",), None, "lines after the rows are not rows", "unsure", "how does the footer begin?")]


def _count(preamble: Sequence[str], rows: int) -> list[Finding]:
    """The last line before the rows that is nothing but their number."""
    for at, line in reversed(list(enumerate(preamble, 1))):
        if line.strip().isascii() and line.strip().isdigit() and int(line) == rows and len(line.strip()) > 1:
            return [Finding(("control",), {"count": {"line": at}}, f"line {at} is the number of rows", "likely")]
    return []
