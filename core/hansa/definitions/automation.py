"""When products run by themselves: a job and a schedule a module, pools, what follows a change."""

# Dagster reads the annotation of a schedule's context as an object: annotations of this file are not postponed.
import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

from hansa.definitions.events import asset_key
from hansa.errors import HansaError, MeshError
from hansa.mesh import Mesh, MeshProduct

if TYPE_CHECKING:
    from hansa.standing import Standing

#: Seconds between two looks of the automation sensor.
_LOOK_SECONDS = 30


def job_name(module: str) -> str:
    """The job of a module: ``risk.fraud`` is ``risk__fraud``."""
    return module.replace(".", "__")


def pool_of(mesh: Mesh, kept: MeshProduct) -> str | None:
    """The pool whose slots the product's steps share: its own, else its module's."""
    pools = mesh.file.dagster.pools
    return pools.get(kept.id, pools.get(kept.module))


def condition_of(mesh: Mesh, kept: MeshProduct) -> dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey] | None:
    """When a product is made again by itself: rows that it read have changed, on whatever day.

    A day that stands is made again; a new one waits until every day that it reads is there. A run that changes nothing
    sets nothing off, nor does one that made both. A product with a cadence is left to its plan.
    """
    if mesh.file.dagster.automation == "off" or not kept.product.requires or kept.product.every is not None:
        return None
    condition = dg.AutomationCondition
    changed = condition.any_deps_match(condition.data_version_changed() & ~condition.executed_with_root_target())
    ready = ~condition.missing() | ~condition.any_deps_missing()
    quiet = ~condition.any_deps_in_progress() & ~condition.in_progress()
    return (changed.since_last_handled() & ready & quiet).with_label("rows that it read have changed")


def sensors(mesh: Mesh) -> list[dg.AutomationConditionSensorDefinition]:
    """The sensor without which no condition fires."""
    automation = mesh.file.dagster.automation
    if automation == "off":
        return []
    status = dg.DefaultSensorStatus.RUNNING if automation == "on" else dg.DefaultSensorStatus.STOPPED
    return [
        dg.AutomationConditionSensorDefinition(
            "automation",
            target=dg.AssetSelection.all(),
            default_status=status,
            minimum_interval_seconds=_LOOK_SECONDS,
        )
    ]


def schedules(mesh: Mesh, products: list[MeshProduct]) -> list[dg.ScheduleDefinition]:
    """A job of each module with its schedule, of the products that run here."""
    modules: dict[str, list[MeshProduct]] = {}
    for kept in products:
        modules.setdefault(kept.module, []).append(kept)
    try:
        return [_schedule(mesh, module, own) for module, own in sorted(modules.items())]
    except dg.DagsterInvalidDefinitionError:
        raise MeshError(
            "dagster.cron",
            f"dagster.cron is '{mesh.file.dagster.cron}', which is no cron line",
            where=str(mesh.path),
            next_step="write five fields: '0 5 * * *' is five o'clock each day",
        ) from None


def _schedule(mesh: Mesh, module: str, own: list[MeshProduct]) -> dg.ScheduleDefinition:
    settings, title = mesh.file.dagster, _title(mesh, module)
    job = dg.define_asset_job(
        job_name(module),
        selection=dg.AssetSelection.assets(*[asset_key(kept.id) for kept in own]),
        description=title or None,
        tags={"hansa/module": module},
    )
    status = dg.DefaultScheduleStatus.RUNNING if settings.schedules == "on" else dg.DefaultScheduleStatus.STOPPED

    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.astimezone(ZoneInfo(mesh.file.time_zone)).date() - dt.timedelta(days=1)
        return due(mesh, [kept.id for kept in own], day)

    return dg.ScheduleDefinition(
        name=f"{job_name(module)}__each_day",
        job=job,
        cron_schedule=settings.cron,
        execution_timezone=settings.cron_zone or mesh.file.time_zone,
        description=f"The day that closed, of {module}: once, as soon as the inputs of that day are published.",
        default_status=status,
        execution_fn=tick,
    )


def due(mesh: Mesh, own: list[str], day: dt.date) -> dg.RunRequest | dg.SkipReason:
    """What of a module is to run for a closed day, by its plan; or why nothing is."""
    from hansa.plan import make_plan
    from hansa.standing import Standing

    standing = Standing(mesh)
    try:
        steps = make_plan(mesh, standing, set(own), day, day).steps
        wanted = [step.product for step in steps if step.product in own and step.first in (day, None)]
        daily = [id for id in wanted if mesh.products[id].daily]
        waits = [f"{id} waits for {up} of {day}" for id in daily if (up := _waits(mesh, standing, id, own, day))]
    except HansaError as error:
        return dg.SkipReason(error.sentence())
    if waits:
        return dg.SkipReason(waits[0])
    if not wanted:
        return dg.SkipReason(f"{day} is right already")
    return dg.RunRequest(
        run_key=str(day),
        partition_key=str(day) if any(mesh.products[id].daily for id in wanted) else None,
        asset_selection=[asset_key(id) for id in wanted],
    )


def _waits(mesh: Mesh, standing: "Standing", product: str, own: list[str], day: dt.date) -> str:
    """The input of another module whose day is not published yet."""
    read = (id for id in standing.same_day(mesh.products[product]) if id not in own)
    return next((id for id in read if day not in standing.days(id)), "")


def _title(mesh: Mesh, module: str) -> str:
    found = next((one for one in mesh.modules if one.name == module), None)
    return " / ".join(text for text in (found.title, found.title_zh) if text) if found else ""
