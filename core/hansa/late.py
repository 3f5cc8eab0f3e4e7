"""Late rows without a key that are replayed: which of them stand in their day already.

A file that brings its days again and again brings rows that stand together with those that came late, and without a key
only what stands tells them apart. So late rows are compared, as they would be published, with the rows of their day: of
equal rows so many are new as there are more of them than stand there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from hansa.attempt import tokenised
from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import RowDigest, row_hashes
from hansa.errors import WorldError
from hansa.merge import MEND, Standing
from hansa.receipt import book_of
from hansa.row_judge import without_empty
from hansa.secrets import Keys
from hansa.store.table import ProductTable
from hansa.store.warehouse import Warehouse

#: So often a day may change while it is read.
_PATIENCE = 5
_COUNTS = {"day": pl.String, "hash": pl.UInt64, "stand": pl.UInt32}


@dataclass(frozen=True)
class Compared:
    """What became of a comparison; the masks are of the compared rows.

    ``there`` are rows whose equals all stand. ``beside`` stand as well, but more equals came than stand there, so that
    they are decided with the surplus, or a replay that is killed would count a part twice. ``upon`` names, by day, the
    publication that was compared with.
    """

    there: pl.Series
    beside: pl.Series
    upon: Mapping[str | None, str] = field(default_factory=dict)


def compared(
    warehouse: Warehouse, contract: Contract, rows: pl.DataFrame, late: pl.Series, days: pl.Series, reading: Reading,
    zone: str, keys: Keys | None,
) -> Compared:  # fmt: skip
    """Compare the ``late`` ones of ``rows``, which are as they came and go to ``days``, with what stands there.

    Errors: WorldError if what stands is not what its receipts prove.
    """
    nowhere = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
    if contract.key or contract.partition is None or not late.any():
        return Compared(nowhere, nowhere)
    published, unread = _published(contract, rows, reading, zone, keys)
    came = pl.DataFrame({"day": days, "hash": row_hashes(published), "late": late & ~unread & days.is_not_null()})
    stands, upon = _standing(warehouse, contract, came.filter("late"))
    group = ["day", "hash", "late"]
    counted = came.join(stands, on=["day", "hash"], how="left", maintain_order="left").select(
        is_there=pl.col("late") & (pl.int_range(pl.len()).over(group) < pl.col("stand").fill_null(0)),
        more=pl.len().over(group) > pl.col("stand").fill_null(0),
    )
    there, more = counted["is_there"], counted["more"]
    return Compared(there & ~more, there & more, upon)


def _published(
    contract: Contract, rows: pl.DataFrame, reading: Reading, zone: str, keys: Keys | None
) -> tuple[pl.DataFrame, pl.Series]:
    """The rows as the gate would publish them, and a mask of those with a value that cannot be read."""
    made = casts(contract, rows.schema, reading, zone)
    failed = [mask for name, cast in made.items() for mask in cast.failures(name).values()]
    columns = rows.lazy().select(
        pl.int_range(pl.len()).alias("__row"),
        *[cast.value.alias(name) for name, cast in made.items()],
        pl.any_horizontal(*failed, pl.lit(False)).fill_null(False).alias("__unread"),
    )
    read = columns.collect()
    typed = without_empty(contract, read.select(list(contract.by_name)))
    return tokenised(contract, keys, typed), read["__unread"]


def _standing(
    warehouse: Warehouse, contract: Contract, sought: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str | None, str]]:
    """How many rows of each sought day and hash stand, and the digest of each of these days' publication."""
    table, book = ProductTable(warehouse, contract), book_of(warehouse, contract.id, contract.major)
    wanted = sought["day"].unique().to_list()
    for _ in range(_PATIENCE):
        current = book.current()
        standing = Standing(contract, table, table.look())
        serving = {day: current[day] for day in sorted(wanted) if day in current}
        counts, proved = [pl.DataFrame(schema=_COUNTS)], True
        for day, (receipt, _) in serving.items():
            count, found = _counted(standing, day, sought.filter(pl.col("day") == day)["hash"].unique())
            counts.append(count)
            proved = proved and found.text() == receipt.digests["published"]
        if proved:
            return pl.concat(counts), {day: publication.digest for day, (_, publication) in serving.items()}
    raise WorldError(
        "gate.standing",
        "the rows with which late rows have to be compared are not those that their receipts prove",
        where=contract.id,
        state="nothing was changed",
        next_step=MEND.format(contract.id),
    )


def _counted(standing: Standing, day: str, hashes: pl.Series) -> tuple[pl.DataFrame, RowDigest]:
    """How often each of these hashes stands in a day, and the digest of all of its rows as they lie there."""
    parts, digest = [pl.Series("hash", [], dtype=pl.UInt64)], RowDigest()
    for batch, lying in standing.batches(dt.date.fromisoformat(day)):
        digest += RowDigest.of(lying)
        own = row_hashes(batch).alias("hash")
        parts.append(own.filter(own.is_in(hashes.implode())))
    counted = pl.concat(parts).to_frame().group_by("hash").len("stand")
    return counted.select(pl.lit(day).alias("day"), "hash", pl.col("stand").cast(pl.UInt32)), digest
