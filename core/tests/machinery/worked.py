"""Work on rows that processes of their own can import by name."""

import os
import signal
from pathlib import Path

import polars as pl
from hansa.errors import DataError


def doubled(rows, arguments, artefact, threads):
    """Every amount times ``by``."""
    return rows.select("business_date", pl.col("amount") * arguments["by"])


def short(rows, arguments, artefact, threads):
    """One row less than came."""
    return rows.head(max(len(rows) - 1, 0))


def unsteady(rows, arguments, artefact, threads):
    """Another column as soon as there are rows."""
    return rows.select("business_date", "amount", *(["extra"] if len(rows) else []))


def listed(rows, arguments, artefact, threads):
    """No frame."""
    return rows.rows()


def read(rows, arguments, artefact, threads):
    """Every amount replaced by what an artefact says."""
    return rows.select("business_date", amount=pl.lit(int(artefact(arguments["artefact"])), pl.Int64))


def refusing(rows, arguments, artefact, threads):
    """An error with a code as soon as there are rows."""
    if len(rows):
        raise DataError("source.missing", "what it needs is gone", where="the work", next_step="bring it back")
    return rows.select("business_date", "amount")


def breaking(rows, arguments, artefact, threads):
    """A foreign error that quotes a value."""
    if len(rows):
        raise ValueError(f"bad row {rows['amount'][0]}")
    return rows.select("business_date", "amount")


def processed(rows, arguments, artefact, threads):
    """The process that does the work."""
    return rows.select("business_date", amount=pl.lit(os.getpid(), pl.Int64))


def killed_once(rows, arguments, artefact, threads):
    """The scores of fraud; whoever comes first to a day is killed when it has begun."""
    from hansa_risk.scoring import score

    for day in rows["business_date"].unique():
        mark = Path(arguments["marks"]) / str(day)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return score(rows, arguments, artefact, threads)


def dying(rows, arguments, artefact, threads):
    """The process ends as soon as there are rows."""
    if len(rows):
        os._exit(1)
    return rows.select("business_date", "amount")


def threaded(rows, arguments, artefact, threads):
    """How many threads the work may use, and how many Polars has."""
    return rows.select("business_date", amount=pl.lit(100 * threads + pl.thread_pool_size(), pl.Int64))


def kept(rows, arguments, artefact, threads):
    """All columns, the amount times ``by``."""
    return rows.with_columns(pl.col("amount") * arguments["by"])
