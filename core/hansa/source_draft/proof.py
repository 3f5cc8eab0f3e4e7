"""A draft read by its own words, through the real readers and the gate's cast: it is held to what that gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from hansa.cast import casts
from hansa.errors import HansaError
from hansa.source_draft.drafted import NAME, Drafted
from hansa.source_draft.finding import Finding, counted
from hansa.sources import Binding, Reader, open_source, translate


def proved(path: Path, draft: Drafted, readers: Mapping[str, Reader]) -> Drafted:
    """The draft with what its reading gave: each value that its types refuse makes its word unsure."""
    from pydantic import ValidationError

    try:
        binding = Binding(uri=draft.place, **draft.words)
        source = open_source(binding, draft.contract(), Path(), readers)
        made = casts(draft.contract(), source.frame.collect_schema(), source.reading, "UTC")
        counts = [cast.failed.sum().alias(name) for name, cast in made.items()]
        found = source.frame.select(pl.len().alias("__rows"), *counts).collect(engine="streaming").row(0, named=True)
    except ValidationError as error:
        return _refused(draft, f"the words do not fit together: {error.error_count()} of them are refused")
    except HansaError as error:
        return _refused(draft, error.sentence().replace(f"sources.{NAME}.", ""))
    except (pl.exceptions.PolarsError, OSError) as error:
        told = translate(error, draft.place)
        return _refused(draft, told.sentence() if told else "it cannot be read")
    rows = found.pop("__rows")
    failed = {name: times for name, times in found.items() if times}
    draft = replace(draft, read=rows, skipped=dict(source.skipped))
    return _fewer(_failed(draft, failed), rows)


def _refused(draft: Drafted, sentence: str) -> Drafted:
    question = "is the file as it should be, and which of the words is wrong?"
    doubt = Finding(("refusal",), None, f"read by these words it is refused: {sentence}", "unsure", question)
    return replace(draft.with_findings(doubt), refusal=sentence)


def _failed(draft: Drafted, failed: Mapping[str, int]) -> Drafted:
    """Words about a column of which values are refused, made unsure."""
    for name, times in failed.items():
        seen = f"read by these words {counted(times, 'value')} of '{name}' are refused"
        known = next((f for f in draft.findings if f.path[-1] == name and f.path[:2] != ("mapping", "rename")), None)
        doubt = known.doubted(seen, "how are those meant?") if known else None
        draft = draft.with_findings(doubt or Finding(("mapping", name), None, seen, "unsure", "how are those meant?"))
    return draft


def _fewer(draft: Drafted, rows: int) -> Drafted:
    if draft.rows is None or rows == draft.rows:
        return draft
    seen = f"the draft counted {counted(draft.rows, 'row')}, its reading {rows}"
    return draft.with_findings(Finding(("rows",), None, seen, "unsure", "which of them is right?"))
