"""What a file says of itself: how many rows it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hansa.source_draft.finding import Finding
from hansa.source_draft.shapes import has_digit

_COUNT = re.compile(
    r"共|总数|笔数|记录数|条数|行数|\bcount|\brecords?|\brows?|\btransactions?|anzahl|datens|posten|buchungen|aantal|liczba|\bnombre",
    re.IGNORECASE,
)


def find_count(preamble: Sequence[str], footer: Sequence[str], rows: int) -> tuple[Finding, ...]:
    """A line that says how many rows there are; one that says another number is a doubt about the file."""
    for where, lines in (("preamble", preamble), ("footer", footer)):
        for line in lines:
            if (found := _said(line)) is None:
                continue
            pattern, number = found
            value = {"count": {"matches": pattern, "where": where}}
            if number == rows:
                return (
                    Finding(("control",), value, f"a line of the {where} says how many rows there are, and is right"),
                )
            seen = f"a line of the {where} says how many rows there are, and another number was found"
            question = "has the file been cut, or does the line count something else?"
            return (Finding(("control",), value, seen, "unsure", question),)
    return ()


def _said(line: str) -> tuple[str, int] | None:
    """The pattern of a line that counts rows, and its number."""
    for number in re.finditer(r"[0-9]+", line):
        before, after = line[: number.start()], line[number.end() :]
        word_after = re.match(r"\s*[^\W\d_]*", after)
        behind = word_after[0] if word_after else ""
        if has_digit(before) or not _COUNT.search(before[-20:] + behind) or re.match(r"[.,:/-][0-9]", after):
            continue
        if before[-1:] in "-+.,*/" and before:
            continue
        # From the counting word on: what stands before it may be somebody's name.
        clear = before.lstrip("\ufeff")
        counting = _COUNT.search(clear[-20:])
        start = len(clear) - len(clear[-20:]) + counting.start() if counting else len(clear)
        anchor = "" if clear[:start].strip() else "^\\s*"
        pattern = f"{'^' if not clear[:start] else anchor}{re.escape(clear[start:])}([0-9]+){re.escape(behind)}"
        return pattern.replace("\\ ", " "), int(number[0])
    return None
