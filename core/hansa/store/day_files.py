"""Which data files hold the rows of a partition, in a table as it was looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from hansa.contract.model import Contract
from hansa.store.objects import Objects
from hansa.store.table import Look


def files_at(
    look: Look, contract: Contract, objects: Objects, partitions: Collection[dt.date | None]
) -> dict[dt.date | None, list[str]]:
    """Names of the data files of each of these partitions (None: of the whole table), sorted."""
    from pyiceberg.expressions import AlwaysTrue, BooleanExpression, In

    found: dict[dt.date | None, list[str]] = {partition: [] for partition in partitions}
    days = {partition for partition in partitions if partition is not None}
    if look.table is None or look.snapshot is None or not found:
        return found
    where: BooleanExpression = AlwaysTrue()
    if contract.partition is not None:
        where = In(term=contract.partition, literals=days)
    for task in look.table.scan(row_filter=where).plan_files():
        partition = None
        if contract.partition is not None:
            value = task.file.partition[0]
            partition = dt.date(1970, 1, 1) + dt.timedelta(days=value) if isinstance(value, int) else value
        if partition in found:
            found[partition].append(task.file.file_path.removeprefix(f"{objects.uri}/"))
    return {partition: sorted(names) for partition, names in found.items()}
