"""A receipt as Dagster's words: check results, a materialisation, their metadata. Counts only, never a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh import Mesh, MeshProduct
    from hansa.products import Kpi
    from hansa.receipt import Publication, Receipt
    from hansa.scorecard import KpiValue

#: Checks of every product, in the order of the gate: what each of them says.
CHECKS = {
    "cast": "Every value has the contract's type, with nothing rounded, cut or guessed.",
    "required": "No value is missing where the contract wants one.",
    "values": "Patterns, lengths, bounds and enumerations of the contract.",
    "unique": "Keys and unique columns do not repeat.",
    "table": "Rules over the whole partition: volume, shares, duplicates. A failure holds the publication.",
    "quarantine": "There are rows to publish, and the share of rejected ones is within the contract's. "
    "A failure holds the publication.",
}


def asset_key(product: str) -> dg.AssetKey:
    """``risk.fraud_scores`` as the key ``risk/fraud_scores``."""
    return dg.AssetKey(product.split("."))


def check_specs(contract: Contract, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One check a family of rules; only a failure of severity ERROR blocks what is made from the product."""
    present = {*present_families(contract), "quarantine"}
    return [
        dg.AssetCheckSpec(name, asset=key, blocking=True, description=description)
        for name, description in CHECKS.items()
        if name in present
    ]


#: Options of a column that are rules over its values.
_OPTIONS = (
    *("pattern", "min_length", "max_length", "text_format", "minimum", "maximum", "exclusive_minimum"),
    *("exclusive_maximum", "multiple_of", "min_items", "max_items", "min_properties", "max_properties"),
)


def present_families(contract: Contract) -> set[str]:
    """The families of ``families``, without the conditions of their rules, which cost more than all of Dagster here."""
    inner = [part for column in contract.columns for _, part in column.walk()]
    values = (
        contract.partition is not None
        or bool(contract.groups)
        or any(rule.per_row for rule in contract.rules)
        or any(column.tokenise is not None for column in contract.columns)
        or any(part.enum or part.unique_items for part in inner)
        or any(getattr(part, option) is not None for part in inner for option in _OPTIONS)
    )
    table = contract.volume is not None or not all(rule.per_row for rule in contract.rules)
    unique = bool(contract.key) or any(column.unique for column in contract.columns)
    required = any(part.required for part in inner) or any(column.partitioned for column in contract.columns)
    present = {"cast": bool(contract.columns), "required": required, "values": values, "unique": unique, "table": table}
    return {name for name, there in present.items() if there}


def check_results(kept: MeshProduct, receipt: Receipt) -> Iterator[dg.AssetCheckResult]:
    """The receipt's verdict by family. Rows in quarantine warn; only what held the publication is an error.

    A receipt that is held has at least one error: without one Dagster would let what is made from it run.
    """
    from hansa.schema import families

    by_rule = families(kept.contract)
    blamed = _blamed(by_rule, receipt)
    for spec in check_specs(kept.contract, asset_key(kept.id)):
        broken = {rule: n for rule, n in receipt.broken.items() if n and by_rule.get(rule) == spec.name}
        undecided = sum(n for rule, n in receipt.undecided.items() if by_rule.get(rule) == spec.name)
        facts: dict[str, Any] = {"broken": broken, "undecided": undecided}
        if spec.name == "quarantine":
            share = kept.contract.quarantine_share
            facts = {"allowed share": "no limit" if share is None else f"{share:.1%}"}
        facts |= {"rows that came": receipt.counts["incoming"], "rows quarantined": receipt.counts["quarantined"]}
        if not receipt.counts["incoming"] and spec.name != "quarantine":
            facts["nothing to check"] = "no row came"
        if passed_over := [rule for rule in receipt.unchecked if by_rule.get(rule) == spec.name]:
            facts["not checked"] = ", ".join(passed_over)
        if receipt.partition:
            facts["day"] = receipt.partition
        reasons = blamed.get(spec.name, [])
        if reasons:
            facts["held because"] = "; ".join(reasons)
        yield dg.AssetCheckResult(
            asset_key=asset_key(kept.id),
            check_name=spec.name,
            passed=not broken and not reasons,
            severity=dg.AssetCheckSeverity.ERROR if reasons else dg.AssetCheckSeverity.WARN,
            metadata=facts,
        )


def _blamed(by_rule: dict[str, Any], receipt: Receipt) -> dict[str, list[str]]:
    """For each family the reasons of a hold that one of its rules gave; a reason of no rule is the quarantine's."""
    found: dict[str, list[str]] = {}
    for reason in receipt.reasons if receipt.state == "held" else ():
        rules = [rule for rule in by_rule if reason.startswith(f"{rule}: ")]
        family = by_rule[max(rules, key=len)] if rules else "quarantine"
        found.setdefault(family, []).append(reason)
    return found


def kpi_specs(mesh: Mesh, kept: MeshProduct) -> list[dg.AssetCheckSpec]:
    """One check a target that this product measures; a missed target warns and blocks nothing."""
    return [
        dg.AssetCheckSpec(kpi.id, asset=asset_key(kept.id), description=_kpi_text(kpi))
        for kpi in mesh.kpis
        if kpi.measured_by == kept.id
    ]


def _kpi_text(kpi: Kpi) -> str:
    titles = " / ".join(text for text in (kpi.title, kpi.title_zh) if text)
    return f"{titles}: {kpi.formula}. Baseline: {kpi.baseline}"


def kpi_results(mesh: Mesh, kept: MeshProduct) -> Iterator[dg.AssetCheckResult]:
    """The targets that this product measures, over the newest period of its published rows."""
    from hansa.scorecard import measured

    for value in measured(mesh, kept.id):
        yield dg.AssetCheckResult(
            asset_key=asset_key(kept.id),
            check_name=value.kpi.id,
            # What has no target cannot miss it; what was not measured has not reached it.
            passed=value.kpi.target is None or bool(value.reached),
            severity=dg.AssetCheckSeverity.WARN,
            metadata=_kpi_facts(value),
        )


def _kpi_facts(value: KpiValue) -> dict[str, Any]:
    facts = {
        "value": "not measured" if value.value is None else value.value,
        "baseline": "not measured" if value.baseline is None else value.baseline,
        "target": "none" if value.kpi.target is None else f"{value.kpi.direction} {value.kpi.target:g}",
        "unit": value.kpi.unit,
        "obtained": value.obtained,
    }
    return facts | ({"period": f"{value.first} .. {value.last}"} if value.first else {})


def metadata(publication: Publication, receipt: Receipt) -> dict[str, Any]:
    """What the page of a materialisation shows; of a declared holiday without rows also which one it was."""
    from hansa.receipt import holiday_of

    holiday = holiday_of(publication.inputs) if not receipt.published else ""
    return {
        "dagster/row_count": receipt.counts["published"],
        "hansa/quarantined": receipt.counts["quarantined"],
        "hansa/receipt": publication.digest,
        "hansa/snapshot": str(publication.landed.snapshot if publication.landed else ""),
        "hansa/contract": f"{publication.product}@{publication.version}",
        "hansa/rows_digest": receipt.digests["published"],
        **({"hansa/holiday": holiday} if holiday else {}),
    }


def rows_version(receipt: Receipt) -> str:
    """What Dagster calls the data version of a partition: equal rows have the same one."""
    return receipt.digests["published"].replace(":", "-")


def materialisation(publication: Publication, receipt: Receipt) -> dg.AssetMaterialization:
    """The event for one partition, of many in a run or published without Dagster watching."""
    return dg.AssetMaterialization(
        asset_key=asset_key(publication.product),
        partition=receipt.partition,
        metadata=metadata(publication, receipt),
        tags={
            "dagster/data_version": rows_version(receipt),
            "dagster/data_version_is_user_provided": "true",
            "dagster/code_version": publication.version,
        },
    )


def evaluation(result: dg.AssetCheckResult, blocking: bool) -> dg.AssetCheckEvaluation:
    """The event for a check of one partition, of many in a run or judged without Dagster watching."""
    assert result.asset_key is not None  # noqa: S101 - every result here is made with its key
    assert result.check_name is not None  # noqa: S101
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
        blocking=blocking,
    )
