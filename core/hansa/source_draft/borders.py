"""What surrounds the rows of a table: header, footer, lines between that are none of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hansa.source_draft.finding import Finding, Sure, counted
from hansa.source_draft.records import Record
from hansa.source_draft.shapes import BLANKS, bare, has_digit, is_date, is_rule
from hansa.source_draft.table import Kind, Table

#: Words with which totals begin; a name may begin so too, and is another word.
_TOTALS = re.compile(
    r"合计|总计|小计|共计|以上|\*|\b(?:(?:sub|zwischen|gesamt|end|schlu(?:ss|ß))?(?:total(?:s|e|es|en)?|sum(?:me|men|s)?|saldo)"
    r"|gesamt|end|ende|eof|trailer)\b",
    re.IGNORECASE,
)
#: Lines at the end that may be totals, and rows from which on it says something that all of them fill a column.
_LAST = 4
_PROFILE = 4
_MOSTLY = 0.75


@dataclass(frozen=True)
class Borders:
    """The rows that are left, the lines of the footer, and the words that say so."""

    rows: tuple[Record, ...]
    footer: tuple[Record, ...]
    findings: tuple[Finding, ...]


def find_borders(table: Table, lines: Sequence[str]) -> Borders:
    """Header, footer and skipped lines of a table of text."""
    last = _last_row(table)
    inside, tail = table.body[: last + 1], table.body[last + 1 :]
    rows = tuple(record for kind, record in inside if kind == "row")
    skips, doubts = _skips(inside, tail, rows, lines)
    footer_lines = tuple(one for kind, one in tail if kind in ("row", "other", "header") and not _skipped(one, skips))
    _, dated = _always(rows, table.width)
    like = [one for one in footer_lines if _like_a_row(one, table.width, dated)]
    footer, needs_blank = _footer(tail, footer_lines, rows, like, table.dialect.separator)
    if "blank" not in skips and (needs_blank or any(kind == "blank" for kind, _ in inside)):
        skips.insert(0, "blank")
    findings = [*_header(table, lines), *_longer(table, rows), *footer]
    if skips:
        seen = f"lines that are no rows: {', '.join(_said(one) for one in skips)}"
        findings.append(Finding(("skip",), skips, seen, "certain" if skips == ["blank"] else "likely"))
    return Borders(rows, footer_lines, (*findings, *doubts))


def _said(rule: Any) -> str:
    if isinstance(rule, str):
        return {"blank": "blank ones", "header": "the header again"}[rule]
    return "ruled lines" if rule["matches"].startswith("^[") else "titles"


def _header(table: Table, lines: Sequence[str]) -> tuple[Finding, ...]:
    if table.header is None:
        names = [f"column_{number}" for number in range(1, table.width + 1)]
        seen = "no line looks like a header"
        return (
            Finding(("header",), "none", seen, "unsure", "has the file no header?"),
            Finding(("columns",), names, "the columns have no names", "unsure", "what are the columns?"),
        )
    number = table.header.line
    if number == 1:
        return (Finding(("header",), None, "the first line has the names", "certain"),) if table.rows else ()
    text = table.header.raw.rstrip().split(table.dialect.separator)
    start = next((at for at, field in enumerate(text) if bare(field)), 0)
    for upto in range(start + 1, len(text) + 1):
        wanted = table.dialect.separator.join(text[:upto]).rstrip(BLANKS)
        same = [at for at, line in enumerate(lines[: number - 1]) if line.startswith(wanted)]
        if not same:
            seen = f"the names stand in line {number}, after {counted(number - 1, 'line')}"
            return (Finding(("header",), {"starts_with": wanted}, seen),)
    return (Finding(("header",), {"line": number}, f"the names stand in line {number}", "likely"),)


def _longer(table: Table, rows: Sequence[Record]) -> tuple[Finding, ...]:
    if not any(len(record.fields) > table.width for record in rows):
        return ()
    return (Finding(("extra_fields",), "empty", "rows have more fields than the header, and those are empty"),)


def _last_row(table: Table) -> int:
    """The index in the body of the last record that is a row and no line of totals."""
    places = [at for at, (kind, _) in enumerate(table.body) if kind == "row"]
    if (before := _before_other_block(table, places)) is not None:
        return before
    rows = table.rows
    looked_at = rows[: len(rows) - min(_LAST, len(rows) // 2)]
    filled, dated = _always(looked_at, table.width)
    for at in reversed(places[max(1, len(places) - _LAST) :]):
        record = table.body[at][1]
        missing = sum(not bare(record.fields[column]) for column in filled)
        undated = sum(not is_date(record.fields[column]) for column in dated)
        total = missing and _TOTALS.search(_beginning(record)) is not None
        if not (undated or total or (missing >= 2 and len(looked_at) >= _PROFILE)):
            break
        places.pop()
    return places[-1] if places else -1


def _before_other_block(table: Table, places: Sequence[int]) -> int | None:
    """The last row before a blank line after which a few lines leave columns empty that all rows before it fill."""
    blank = max(
        (at for at, (kind, _) in enumerate(table.body) if kind == "blank" and places and at < places[-1]), default=-1
    )
    head = [table.body[at][1] for at in places if at < blank]
    tail = [table.body[at][1] for at in places if at > blank]
    if not head or not 0 < len(tail) <= _LAST:
        return None
    for column in range(table.width):
        if all(bare(one.fields[column]) for one in head) and not any(bare(one.fields[column]) for one in tail):
            return max(at for at in places if at < blank)
    return None


def _like_a_row(record: Record, width: int, dated: Sequence[int]) -> bool:
    """True for a line that has its dates where rows have them: totals seldom have."""
    return bool(dated) and len(record.fields) >= width and all(is_date(record.fields[column]) for column in dated)


def _always(rows: Sequence[Record], width: int) -> tuple[list[int], list[int]]:
    """Columns that are filled in most rows, and those of them that hold dates."""
    filled, dated = [], []
    for column in range(width):
        values = [record.fields[column] for record in rows]
        if sum(bool(bare(value)) for value in values) >= _MOSTLY * len(values):
            filled.append(column)
            if sum(is_date(value) for value in values) >= _MOSTLY * len(values):
                dated.append(column)
    return filled, dated


def _skips(
    inside: Sequence[tuple[Kind, Record]],
    tail: Sequence[tuple[Kind, Record]],
    rows: Sequence[Record],
    lines: Sequence[str],
) -> tuple[list[Any], list[Finding]]:
    """Rules for what stands between the rows; what no rule explains is a doubt."""
    skips: list[Any] = ["header"] if any(kind == "header" for kind, _ in inside) else []
    odd = [record for kind, record in inside if kind == "other"]
    ruled = [record for record in odd if is_rule(record.raw)]
    if ruled or any(is_rule(record.raw) for kind, record in tail if kind == "other"):
        signs = sorted(
            {s for record in (*ruled, *(r for _, r in tail if is_rule(r.raw))) for s in record.raw if s.strip()}
        )
        pattern = f"^[{''.join(re.escape(sign) for sign in signs)} ]+$"
        if not any(re.search(pattern, record.raw) for record in rows):
            skips.append({"matches": pattern})
    left = [record for record in odd if not _skipped(record, skips)]
    skips += [{"matches": pattern} for pattern in _titles(left, rows, lines)]
    left = [record for record in left if not _skipped(record, skips)]
    doubts = []
    blank = next((record.line for kind, record in inside if kind == "blank"), 0)
    if blank and not odd and "header" not in skips:
        seen = f"line {blank} is blank, and rows stand before and after it"
        doubts.append(Finding(("skip", "blank"), None, seen, "unsure", "do the rows go on after it?"))
    if empty := sum(kind == "empty" for kind, _ in inside):
        seen = f"{counted(empty, 'row')} between the others have no value at all"
        doubts.append(Finding(("skip",), None, seen, "unsure", "are they rows?"))
    if left:
        odd_lines = counted(len(left), "line")
        seen = f"{odd_lines} between the rows have another number of fields, the first is line {left[0].line}"
        doubts.append(Finding(("skip",), None, seen, "unsure", "what are they?"))
    return skips, doubts


def _titles(odd: Sequence[Record], rows: Sequence[Record], lines: Sequence[str]) -> list[str]:
    """Patterns for how lines between the rows begin again and again, as titles of pages do; no row begins so.

    The first word alone: what stands behind it may be a name.
    """
    found: list[str] = []
    for record in odd:
        word = re.match(r"[\W\d_]*([^\W\d_]+[:\uff1a]?)", record.raw)
        if word is None or any(re.search(pattern, record.raw) for pattern in found):
            continue
        pattern = rf"^[\W\d_]*{re.escape(word[1])}"
        repeated = sum(re.search(pattern, line) is not None for line in lines) > 1
        long = len(word[1]) > (1 if not word[1].isascii() else 3)
        if long and repeated and not any(re.search(pattern, row.raw) for row in rows):
            found.append(pattern)
    return found


def _skipped(record: Record, skips: Sequence[Any]) -> bool:
    return any(isinstance(rule, dict) and re.search(rule["matches"], record.raw) for rule in skips)


def _footer(
    tail: Sequence[tuple[Kind, Record]],
    lines: Sequence[Record],
    rows: Sequence[Record],
    like: Sequence[Record],
    separator: str,
) -> tuple[list[Finding], bool]:
    """The word for the footer, and whether blank lines are to be skipped before it; ``like`` are lines like rows."""
    blank_first = bool(tail) and tail[0][0] in ("blank", "empty")
    if not lines:
        return [], any(kind == "blank" for kind, _ in tail)
    first = lines[0]
    if like:
        # Nothing is copied of what may be a row.
        seen = f"line {like[0].line} has its date as the rows do, and leaves columns empty that they fill"
        found = "blank_line" if blank_first and like[0] is first else None
        return [Finding(("footer",), found, seen, "unsure", "is it a row, or a line of totals?")], False
    word = _beginning(first)
    behind = first.raw[len(word) :]
    if word and behind.lstrip(BLANKS).startswith(separator):
        # The whole cell: a name in a later file may begin with the same word.
        word += behind[: behind.index(separator) + len(separator)]
    row_like = any(kind == "row" and record is first for kind, record in tail)
    # Of a line that could be a row nothing is copied, unless it begins as totals do.
    if word and (not row_like or _TOTALS.search(word)) and not any(record.raw.startswith(word) for record in rows):
        sure: Sure = "certain" if _TOTALS.search(word) else "likely"
        seen = f"{counted(len(lines), 'line')} after the rows are not rows, the first begins so"
        before = any(kind == "blank" and record.line < first.line for kind, record in tail)
        return [Finding(("footer",), {"starts_with": word}, seen, sure)], before
    if blank_first and not any(kind == "blank" for kind, record in tail[1:] if record.line < first.line):
        seen = f"after a blank line {counted(len(lines), 'line')} fill other columns than the rows do"
        return [Finding(("footer",), "blank_line", seen, "likely")], False
    seen = f"line {first.line} and what follows does not fill the columns that all rows fill"
    return [Finding(("footer",), None, seen, "unsure", "is it a line of totals?")], False


def _beginning(record: Record) -> str:
    """How the line begins, as far as it is a word and no value."""
    at = next((at for at, field in enumerate(record.fields) if bare(field)), 0)
    if has_digit("".join(record.fields[: at + 1])):
        return ""
    field = record.fields[at].strip(BLANKS)
    end = record.raw.find(field)
    if not field or end < 0 or "\n" in field:
        return ""
    end += len(field)
    # With the closing mark the word is the whole cell.
    return record.raw[: end + 1] if record.raw[end : end + 1] in ('"', "'") and record.quoted else record.raw[:end]


def beginning_of(line: str) -> str:
    """The first word of a line that has no fields, if it is no value."""
    word = line.split(" ")[0].strip(BLANKS)
    return "" if has_digit(word) else word
