"""A product as Dagster describes it: everything comes from its contract and its declaration, nothing is typed twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError
from typing import TYPE_CHECKING

import dagster as dg

from hansa.definitions.automation import condition_of
from hansa.definitions.events import asset_key
from hansa.definitions.locations import domain_of
from hansa.definitions.service_level import freshness_of
from hansa.mesh import topological
from hansa.products import carried_name
from hansa.schema import must_have, type_name

if TYPE_CHECKING:
    from hansa.contract.model import Column
    from hansa.mesh import Mesh, MeshProduct
    from hansa.products import Input, Product

#: The addresses that Dagster takes for an owner; any other name becomes a team's.
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")


def described(mesh: Mesh, kept: MeshProduct, days: dg.DailyPartitionsDefinition) -> dg.AssetSpec:
    """The asset of a product that runs: key, group, owners, kinds, both languages, columns, lineage, days."""
    contract = kept.contract
    return dg.AssetSpec(
        asset_key(kept.id),
        deps=[_dependency(mesh, kept, given) for given in kept.product.requires],
        description="\n\n".join(text for text in (contract.description, contract.description_zh) if text),
        code_version=contract.version,
        group_name=_group(kept.module),
        owners=[owner(contract.owner)] if contract.owner else [],
        tags={"hansa/module": kept.module},
        kinds=set(kept.product.kinds),
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=[_column(column) for column in contract.columns]),
            "dagster/table_name": contract.id,
            "hansa/contract": f"{contract.id}@{contract.version}",
            **_column_lineage(mesh, kept),
        },
        partitions_def=days if kept.daily else None,
        automation_condition=condition_of(mesh, kept),
        freshness_policy=freshness_of(contract),
        # Only a skippable output may be withheld: a hold records no materialisation.
        skippable=True,
    )


def elsewhere(mesh: Mesh, own: Sequence[MeshProduct], days: dg.DailyPartitionsDefinition) -> list[dg.AssetSpec]:
    """What ``own`` products read of products that another location runs: the same keys and days, so that they join."""
    here = {kept.id for kept in own}
    read = sorted({id for kept in own for id in kept.requires} - here)
    return [
        dg.AssetSpec(asset_key(id), partitions_def=days if mesh.products[id].daily else None, skippable=True)
        for id in read
    ]


def left_out(mesh: Mesh, domain: str | None = None) -> list[dg.AssetSpec]:
    """The products that do not run, with the reason, so that the graph stays whole; Dagster cannot start them."""
    circular = _circular({id: [given.product for given in mesh.declared[id][0].requires] for id in mesh.left_out})
    made = []
    for id, reason in mesh.left_out.items():
        product, module = mesh.declared[id]
        if domain not in (None, domain_of(id)):
            continue
        needs = [] if id in circular else [asset_key(given.product) for given in product.requires]
        made.append(
            dg.AssetSpec(
                asset_key(id),
                deps=needs,
                description=f"Left out: {reason}.\n\nsee: hansa check",
                group_name=_group(module),
                tags={"hansa/module": module},
                kinds={"left out"},
                metadata={"hansa/reason": reason},
            )
        )
    return made


def _circular(needs: dict[str, list[str]]) -> set[str]:
    """The ids that would make a circle of arrows, which Dagster refuses to draw."""
    found: set[str] = set()
    while True:
        try:
            list(topological({id: set(asked) & set(needs) for id, asked in needs.items() if id not in found}))
        except CycleError as error:
            found |= set(error.args[1])
        else:
            return found


def _group(module: str) -> str:
    return module.replace(".", "/")


def owner(name: str) -> str:
    """The owner of a contract as Dagster writes owners: an address, or ``team:NAME``."""
    return name if name.startswith("team:") or _ADDRESS.fullmatch(name) else f"team:{name}"


def _column(column: Column) -> dg.TableColumn:
    other = [f"class {column.classification}"] if column.classification else []
    other += [f"token of {column.tokenise}"] if column.tokenise else []
    constraints = dg.TableColumnConstraints(nullable=not must_have(column), unique=column.unique, other=other)
    description = " / ".join(text for text in (column.description, column.description_zh) if text)
    return dg.TableColumn(column.name, type_name(column), description or None, constraints=constraints)


def _column_lineage(mesh: Mesh, kept: MeshProduct) -> dict[str, dg.TableColumnLineage]:
    """From which columns of its inputs each column comes: as the product declares it, and where a tag carries it on."""
    found: dict[str, list[dg.TableColumnDep]] = {}
    for column, product, inner in (*kept.product.origins, *_carried(mesh, kept.product)):
        found.setdefault(column, []).append(dg.TableColumnDep(asset_key(product), inner))
    return {"dagster/column_lineage": dg.TableColumnLineage(found)} if found else {}


def _carried(mesh: Mesh, product: Product) -> Iterator[tuple[str, str, str]]:
    for given in product.requires if product.carries else ():
        for column in mesh.products[given.product].contract.columns:
            if product.carries in column.tags:
                yield carried_name(given.parameter, column.name), given.product, column.name


def _dependency(mesh: Mesh, kept: MeshProduct, given: Input) -> dg.AssetDep:
    """An input with the days of it that one day of the product reads."""
    upstream = mesh.products[given.product]
    if not upstream.daily:
        return dg.AssetDep(asset_key(given.product))
    if not kept.daily:
        return dg.AssetDep(asset_key(given.product), partition_mapping=dg.AllPartitionMapping())
    back, ahead = given.lookback.resolve(kept.settings), given.lookahead.resolve(kept.settings)
    mapping = dg.TimeWindowPartitionMapping(
        start_offset=-back if given.own_days else min(-back, -1),
        end_offset=ahead if given.own_days else -1,
        allow_nonexistent_upstream_partitions=True,
    )
    return dg.AssetDep(asset_key(given.product), partition_mapping=mapping)
