"""What a trial shows: values typed as text, identifiers but for their ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hansa.contract.model import Column
from hansa.errors import one_line
from hansa.source_draft.identities import is_identifier, names_identifier
from hansa.source_draft.trial import Refusal, Trial
from hansa.source_draft.within import masked, without_identifiers

_HIDDEN = "***"
#: From so many values on their sum tells none of them.
_MANY = 10


def typed(value: Any) -> dict[str, Any]:
    """A value with its type, exactly: ``{type: decimal, value: '12.50'}``."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"), (Decimal, "decimal"), (int, "integer"), (float, "double"), (dt.datetime, "datetime"),
        (dt.date, "date"), (dt.time, "time"), (str, "text"),
    )  # fmt: skip
    if value is None:
        return {"type": "null", "value": None}
    kind = next((name for one, name in kinds if isinstance(value, one)), "nested")
    return {"type": kind, "value": written(value)}


def written(value: Any) -> str:
    """A value as text."""
    if isinstance(value, Decimal):
        return format(value + 0, "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def shown_row(trial: Trial, row: Mapping[str, Any] | None) -> dict[str, dict[str, Any]] | None:
    """A row as it is shown."""
    if row is None:
        return None
    by_name = {column.name: column for column in trial.columns}
    return {name: _shown(value, by_name[name], name in trial.identifiers) for name, value in row.items()}


def _shown(value: Any, column: Column, identifier: bool) -> dict[str, Any]:
    made = typed(value)
    if made["type"] in ("text", "nested"):
        hidden = identifier or _hidden(column, str(value))
        made["value"] = masked(str(value)) if hidden else without_identifiers(str(value))
    elif column.sealed and value is not None:
        made["value"] = _HIDDEN
    return made


def shown_sums(trial: Trial) -> dict[str, str]:
    """The sums, but for one of so few values that the contract seals that it would tell them."""
    sealed = {column.name for column in trial.columns if column.sealed}
    return {
        name: written(total)
        for name, total in trial.sums.items()
        if name not in sealed or trial.rows - trial.nulls.get(name, 0) >= _MANY
    }


def _hidden(column: Column, text: str) -> bool:
    """True for what the contract seals, and for what looks like an identifier although nobody said so."""
    return column.sealed or names_identifier(column.name) or is_identifier(column.name, [text])


def document(trial: Trial) -> dict[str, Any]:
    """The trial for ``--json``."""
    return {
        "verdict": trial.verdict,
        "file": trial.place,
        "rows": trial.rows,
        "refused_rows": trial.refused_rows,
        "sums": shown_sums(trial),
        "first_row": shown_row(trial, trial.first),
        "last_row": shown_row(trial, trial.last),
        "null_counts": dict(trial.nulls),
        "lines_before": trial.preamble,
        "skipped": dict(trial.skipped),
        "notes": list(trial.notes),
        "refusal": _refusal(trial.refusal),
    }


def _refusal(refusal: Refusal | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    return {"code": refusal.code, "line": refusal.line, "column": refusal.column, "sentence": refusal.sentence}


def told(trial: Trial) -> list[str]:
    """The trial for a terminal, a line each."""
    lines = [f"{trial.verdict}  {trial.place}  {trial.rows} rows" + _more(trial)]
    if trial.refusal is not None:
        place = f"line {trial.refusal.line}" if trial.refusal.line is not None else ""
        column = f"column {trial.refusal.column}" if trial.refusal.column else ""
        lines.append("  refusal  " + "  ".join(filter(None, (trial.refusal.code, place, column))))
        lines.append(f"  {trial.refusal.sentence}")
    if trial.preamble:
        lines.append(f"  before   {trial.preamble} lines before the header")
    lines += [f"  skipped  {times} by {rule}" for rule, times in trial.skipped.items()]
    lines += [f"  sum      {name}: {total}" for name, total in shown_sums(trial).items()]
    lines += [f"  nulls    {name}: {times}" for name, times in trial.nulls.items() if times]
    for word, row in (("first", trial.first), ("last", trial.last)):
        shown = shown_row(trial, row) or {}
        lines += [f"  {word:<8} {name}: {_line(one)}" for name, one in shown.items()]
    return lines + [f"  note     {note}" for note in trial.notes]


def _more(trial: Trial) -> str:
    return f", {trial.refused_rows} would wait in quarantine" if trial.refused_rows else ""


def _line(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "null"
    return f"{one_line(one['value'])} ({one['type']})"
