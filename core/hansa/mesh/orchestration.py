"""What a mesh file says under ``dagster``: when modules run, what is tried again, what may run at once."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from hansa.sources.binding import Zone

_FIELD = re.compile(r"[0-9*/,A-Za-z-]+")
#: What Dagster takes for the name of a pool.
_POOL = re.compile(r"[A-Za-z0-9_/]+")


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != 5 or not all(_FIELD.fullmatch(field) for field in fields):
        raise ValueError("no cron line; write five fields: '0 5 * * *' is five o'clock each day")
    return " ".join(fields)


def _pool(value: str) -> str:
    if not _POOL.fullmatch(value):
        raise ValueError("no name of a pool; write letters, digits and underscores")
    return value


Pool = Annotated[str, AfterValidator(_pool)]
Slots = Annotated[int, Field(ge=1, le=1000)]


class DagsterSettings(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """How Dagster orchestrates the mesh. With the defaults nothing runs that nobody has started."""

    schedules: Literal["on", "off"] = Field(
        "off", description="whether the schedule of each module runs from the start; in the pages it can be turned"
    )
    cron: Annotated[str, AfterValidator(_cron)] = Field(
        "0,30 5-8 * * *",
        description="when a module is looked at for the day that closed: it runs once, as soon as its inputs are there",
    )
    cron_zone: Zone | None = Field(None, description="the time zone of cron; the mesh's, unless another is named")
    automation: Literal["on", "stopped", "off"] = Field(
        "off",
        description="whether what is made from a changed product is made again by itself; "
        "stopped: it can be turned on in the pages",
    )
    retries: int = Field(
        2, ge=0, le=20, description="how often a step is tried again that the surroundings refused, such as a store"
    )
    retry_delay: float = Field(
        30.0, ge=0, le=3600, description="seconds before the first new try; each next one doubles"
    )
    pools: dict[str, Pool] = Field(
        default_factory=dict, description="by module or product, the pool whose slots its steps share"
    )
    pool_slots: dict[Pool, Slots] = Field(
        default_factory=dict, description="by pool, how many steps of it may run at once; without it there is no limit"
    )
