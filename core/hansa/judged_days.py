"""How the days of a run are judged: under the contract alone, or as the calendar says of a day without rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from hansa.calendar import decided, expecting, on_holiday
from hansa.extents import partition_expression
from hansa.sources import translate

if TYPE_CHECKING:
    from hansa.mesh import MeshProduct
    from hansa.receipt import InputRead
    from hansa.run import Run
    from hansa.standing import Standing


def under_calendar(standing: Standing, kept: MeshProduct, run: Run) -> tuple[MeshProduct, tuple[InputRead, ...]]:
    """The product as these days of it are judged, with what the calendar decided, which is an input of theirs.

    A holiday on which nothing came is an empty day, whatever the rules over the number of rows say; where rows came
    all the same they are judged like those of any day. Days of one run are of one kind, see ``Lost.parts``.
    """
    calendar = standing.calendar
    expects = kept.binding is not None and kept.binding.expects is not None
    if (calendar.silent and not expects) or run.first is None or run.last is None:
        return kept, ()
    # Where a file is expected daily, no day is closed.
    open_ = kept.binding is not None and kept.binding.expects is not None and kept.binding.expects.days == "daily"
    holiday = "" if open_ else calendar.closing(kept.id, run.days)
    if holiday:
        if _something_came(standing, kept, run):
            return kept, ()
        return replace(kept, contract=on_holiday(kept.contract)), (decided(holiday, run.first, run.last),)
    if kept.binding is None or not (expects or calendar.expects(kept.id)):
        return kept, ()
    expected = decided("rows are expected daily", run.first, run.last)
    return replace(kept, contract=expecting(kept.contract)), (expected,)


def _something_came(standing: Standing, kept: MeshProduct, run: Run) -> bool:
    """True if the source has rows of the run's days, or if what a product reads of these very days is not empty."""
    if (deliveries := standing.deliveries(kept.id)) is not None:
        return bool(deliveries.of_days(run.days)) or any(str(day) in standing.current(kept.id) for day in run.days)
    if (drawing := standing.drawing(kept.id)) is not None and run.first is not None and run.last is not None:
        return drawing.came(run.first, run.last)
    if kept.binding is not None:
        source = standing.source(kept.id)
        day = pl.col("__day").is_between(run.first, run.last)
        try:
            came = source.frame.select(__day=partition_expression(kept, source, run.zone)).filter(day)
            return came.head(1).collect(engine="streaming").height > 0
        except (pl.exceptions.PolarsError, OSError) as error:
            raise translate(error, source.place) or error from None
    read = standing.same_day(kept)
    there = [standing.current(id).get(str(day)) for id in read for day in run.days]
    return not read or any(found is None or found[0].published for found in there)
