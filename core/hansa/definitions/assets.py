"""Mesh -> dagster.Definitions. Everything that an asset shows comes from its contract; nothing is typed twice."""

# Dagster reads the annotation of an asset's context as an object: annotations of this file are not postponed.
import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from hansa.contract.model import Column
from hansa.definitions.events import asset_key, check_results, check_specs, metadata
from hansa.definitions.instance import note_reported
from hansa.errors import HansaError
from hansa.mesh import Mesh, MeshProduct
from hansa.plan import Step
from hansa.product import Input
from hansa.receipt import Publication, Receipt
from hansa.runner import Outcome, Runner, outcome_of
from hansa.schema import type_name
from hansa.scorecard import measured

Told = Callable[[Outcome], None]


def build(mesh: Mesh, runner: Runner | None = None, told: Told = lambda outcome: None) -> dg.Definitions:
    """The definitions of a mesh; ``told`` hears of every outcome of a run in this process."""
    runner = runner or Runner(mesh)
    days = dg.DailyPartitionsDefinition(mesh.file.start.isoformat(), timezone=mesh.file.time_zone, end_offset=1)
    assets = [_asset(mesh, mesh.products[id], days, runner, told) for id in mesh.order]
    return dg.Definitions(assets=assets, executor=dg.in_process_executor)


def _asset(
    mesh: Mesh, kept: MeshProduct, days: dg.DailyPartitionsDefinition, runner: Runner, told: Told
) -> dg.AssetsDefinition:
    spec = _spec(mesh, kept, days)
    kpis = [kpi for kpi in mesh.kpis if kpi.measured_by == kept.id]
    specs = [*check_specs(kept.contract, spec.key)]
    specs += [dg.AssetCheckSpec(kpi.id, asset=spec.key, description=f"{kpi.title}: {kpi.formula}") for kpi in kpis]

    @dg.multi_asset(
        name=kept.id.replace(".", "__"),
        specs=[spec],
        check_specs=specs,
        op_tags={"hansa/module": kept.module},
        # Each day has a verdict, a receipt and a row of its own, also in a backfill.
        backfill_policy=dg.BackfillPolicy.multi_run() if kept.daily else None,
    )
    def compute(context: dg.AssetExecutionContext) -> Iterator[Any]:
        day = dt.date.fromisoformat(context.partition_key) if kept.daily else None
        step = Step(kept.id, day, day, "asked")
        try:
            publication = runner.run(kept.id, day, day)
        except HansaError as error:
            told(Outcome(step, "failed", reason=error.sentence(), error=error))
            raise dg.Failure(description=error.sentence(), allow_retries=False) from None
        told(outcome_of(step, publication))
        note_reported(mesh, publication)
        yield from _answer(mesh, kept, publication, day)

    return compute


def _answer(mesh: Mesh, kept: MeshProduct, publication: Publication, day: dt.date | None) -> Iterator[Any]:
    """A materialisation with its checks, or, for a hold, the checks alone."""
    receipt = _of(publication, day)
    results = list(check_results(kept, receipt))
    if receipt.state == "held":
        yield from results
        return
    for value in measured(mesh, kept.id):
        results.append(
            dg.AssetCheckResult(
                asset_key=asset_key(kept.id),
                check_name=value.kpi.id,
                passed=bool(value.reached),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"value": value.value, "baseline": value.baseline, "target": value.kpi.target, "unit": value.kpi.unit},
            )
        )
    yield dg.MaterializeResult(
        asset_key=asset_key(kept.id),
        check_results=results,
        data_version=dg.DataVersion(receipt.digests["published"].replace(":", "-")),
        metadata=metadata(publication, receipt),
    )


def _of(publication: Publication, day: dt.date | None) -> Receipt:
    wanted = str(day) if day else None
    return next(receipt for receipt in publication.receipts if receipt.partition == wanted)


def _spec(mesh: Mesh, kept: MeshProduct, days: dg.DailyPartitionsDefinition) -> dg.AssetSpec:
    contract = kept.contract
    group = kept.module.replace(".", "/")
    return dg.AssetSpec(
        asset_key(kept.id),
        deps=[_dependency(mesh, kept, given) for given in kept.product.requires],
        description="\n\n".join(text for text in (contract.description, contract.description_zh) if text),
        code_version=contract.version,
        group_name=group,
        owners=[_owner(contract.owner)] if contract.owner else [],
        tags={"hansa/module": kept.module, "hansa/contract": f"{contract.product}-{contract.version}"},
        kinds=set(kept.product.kinds),
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=[_column(column) for column in contract.columns]),
            "dagster/table_name": contract.id,
            "hansa/contract": f"{contract.id}@{contract.version}",
        },
        partitions_def=days if kept.daily else None,
        # Only a skippable output may be withheld: a hold records no materialisation.
        skippable=True,
    )


def _owner(name: str) -> str:
    return name if "@" in name or name.startswith("team:") else f"team:{name}"


def _column(column: Column) -> dg.TableColumn:
    other = [f"class {column.classification}"] if column.classification else []
    other += [f"token of {column.tokenise}"] if column.tokenise else []
    return dg.TableColumn(
        column.name,
        type_name(column),
        " / ".join(text for text in (column.description, column.description_zh) if text) or None,
        constraints=dg.TableColumnConstraints(
            nullable=not column.required, unique=column.unique, other=other
        ),
    )


def _dependency(mesh: Mesh, kept: MeshProduct, given: Input) -> dg.AssetDep:
    upstream = mesh.products[given.product]
    if not upstream.daily:
        return dg.AssetDep(asset_key(given.product))
    if not kept.daily:
        return dg.AssetDep(asset_key(given.product), partition_mapping=dg.AllPartitionMapping())
    back, ahead = given.lookback.resolve(kept.settings), given.lookahead.resolve(kept.settings)
    mapping = dg.TimeWindowPartitionMapping(
        start_offset=-back, end_offset=ahead if given.own_days else -1, allow_nonexistent_upstream_partitions=True
    )
    return dg.AssetDep(asset_key(given.product), partition_mapping=mapping)


def mesh_environment(mesh: Mesh) -> dict[str, str]:
    """The environment of a process that is to load this mesh in Dagster."""
    return {
        **os.environ,
        "HANSA_MESH": str(mesh.path.resolve()),
        "DAGSTER_HOME": str(mesh.dagster_home.resolve()),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
