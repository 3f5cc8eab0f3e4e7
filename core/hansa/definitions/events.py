"""A receipt as Dagster's words: check results, a materialisation, their metadata. Counts only, never a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from hansa.contract.model import Family
from hansa.receipt import Publication, Receipt
from hansa.schema import families

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh import MeshProduct

#: Checks of every product, in the order of the gate: what each of them says.
CHECKS = {
    "cast": "Every value has the contract's type, with nothing rounded, cut or guessed.",
    "required": "No value is missing where the contract wants one.",
    "values": "Patterns, lengths, bounds and enumerations of the contract.",
    "unique": "Keys and unique columns do not repeat.",
    "table": "Rules over the whole partition: volume, shares, duplicates. A failure holds the publication.",
    "quarantine": "The share of rejected rows is within the contract's. A failure holds the publication.",
}


def asset_key(product: str) -> dg.AssetKey:
    """``risk.fraud_scores`` as the key ``risk/fraud_scores``."""
    return dg.AssetKey(product.split("."))


def check_specs(contract: Contract, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One check a family of rules; only a failure of severity ERROR blocks what is made from the product."""
    present = {*families(contract).values(), "quarantine"}
    return [
        dg.AssetCheckSpec(name, asset=key, blocking=True, description=description)
        for name, description in CHECKS.items()
        if name in present
    ]


def check_results(kept: MeshProduct, receipt: Receipt) -> Iterator[dg.AssetCheckResult]:
    """The receipt's verdict by family. Rows in quarantine warn; only what held the publication is an error."""
    by_rule = families(kept.contract)
    for spec in check_specs(kept.contract, asset_key(kept.id)):
        if spec.name == "quarantine":
            yield _quarantine_result(kept, receipt)
            continue
        rules: dict[str, Family] = {rule: family for rule, family in by_rule.items() if family == spec.name}
        broken = {rule: receipt.broken[rule] for rule in rules if receipt.broken.get(rule)}
        undecided = sum(receipt.undecided.get(rule, 0) for rule in rules)
        holds = receipt.state == "held" and any(r.split(":")[0] in broken for r in receipt.reasons)
        yield _result(kept, spec.name, not broken, holds, {"broken": broken, "undecided": undecided, **_rows(receipt)})


def _quarantine_result(kept: MeshProduct, receipt: Receipt) -> dg.AssetCheckResult:
    holds = any("quarantined" in reason for reason in receipt.reasons)
    allowed = kept.contract.quarantine_share
    facts = {"allowed share": "no limit" if allowed is None else f"{allowed:.1%}", **_rows(receipt)}
    if receipt.reasons:
        facts["held because"] = "; ".join(receipt.reasons)
    return _result(kept, "quarantine", not holds, holds, facts)


def _result(kept: MeshProduct, name: str, passed: bool, holds: bool, facts: dict[str, Any]) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if holds else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=asset_key(kept.id), check_name=name, passed=passed, severity=severity, metadata=facts
    )


def _rows(receipt: Receipt) -> dict[str, int]:
    return {"rows that came": receipt.counts["incoming"], "rows quarantined": receipt.counts["quarantined"]}


def metadata(publication: Publication, receipt: Receipt) -> dict[str, Any]:
    """What the page of a materialisation shows."""
    return {
        "dagster/row_count": receipt.counts["published"],
        "hansa/quarantined": receipt.counts["quarantined"],
        "hansa/receipt": publication.digest,
        "hansa/snapshot": str(publication.landed.snapshot if publication.landed else ""),
        "hansa/contract": f"{publication.product}@{publication.version}",
        "hansa/rows_digest": receipt.digests["published"],
    }


def materialisation(publication: Publication, receipt: Receipt) -> dg.AssetMaterialization:
    """The event for a partition that was published without Dagster watching."""
    return dg.AssetMaterialization(
        asset_key=asset_key(publication.product), partition=receipt.partition, metadata=metadata(publication, receipt)
    )


def evaluations(kept: MeshProduct, receipt: Receipt) -> Iterator[dg.AssetCheckEvaluation]:
    """The check events for a partition that was judged without Dagster watching."""
    for result in check_results(kept, receipt):
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(kept.id),
            check_name=result.check_name or "",
            passed=result.passed,
            severity=result.severity,
            metadata=result.metadata,
            blocking=True,
        )
