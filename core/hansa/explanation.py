"""What a plan would read, check and write, why, and to whom it matters: from declarations and receipts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hansa.contract.model import top_of
from hansa.held import SHARE
from hansa.moves import ONE_DAY, input_span
from hansa.schema import families
from hansa.verdict import row_rules

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from hansa.contract.model import Contract
    from hansa.contract.place import Place
    from hansa.mesh import Mesh, MeshProduct
    from hansa.mesh.file import MeshFile
    from hansa.overlay.places import Places
    from hansa.plan import Plan, Step
    from hansa.products import Input
    from hansa.standing import Standing

#: How the share of refused rows that holds the whole begins among the rules.
SHARE_TOLD = "more than"


@dataclass(frozen=True)
class Reading:
    """One input of a step: a product with its days and its snapshot, or a source with its address and print.

    ``planned`` are the days of it that the same plan makes first, so that another snapshot will be read; ``days`` is
    None for what is read whole.
    """

    name: str
    days: tuple[str, str] | None = None
    snapshot: int | None = None
    planned: tuple[str, ...] = ()
    source: str = ""
    fingerprint: str = ""

    def sentence(self) -> str:
        """``t.a 2026-03-01..2026-03-03, snapshot 7; 2026-03-03 is made first``."""
        if self.source:
            # What lies in a database has a print only when it has been read.
            return f"{self.source}, print {self.fingerprint[:12]}" if self.fingerprint else self.source
        days = "" if self.days is None else " " + (self.days[0] if len(set(self.days)) == 1 else "..".join(self.days))
        stands = f"snapshot {self.snapshot}" if self.snapshot is not None else "not published yet"
        made = f"; {_listed(self.planned)} of it made first" if self.planned else ""
        return f"{self.name}{days}, {stands}{made}"


@dataclass(frozen=True)
class Explained:
    """One step: its place in the order, why it is run, what it reads, which of its days are declared holidays."""

    order: int
    step: Step
    why: str
    reads: tuple[Reading, ...]
    holidays: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The step as ``--json`` prints it."""
        days = [str(self.step.first), str(self.step.last)] if self.step.first else None
        reads = [asdict(read) for read in self.reads]
        return {"order": self.order, "days": days, "why": self.why, "reads": reads, "holidays": self.holidays}


@dataclass(frozen=True)
class Matter:
    """One product of a plan: its steps, what it is checked by, where it is written, and to whom it matters.

    ``rows`` are rules that refuse rows, ``table`` rules that hold a day; ``consumers`` are the products downstream with
    their owners, ``kpis`` the targets that it or one of them measures. ``overlaid`` are the rules that an overlay of
    the mesh added or tightened, each with its file and line.

    """

    product: str
    contract: str
    table: str
    rows: tuple[str, ...]
    held_by: tuple[str, ...]
    consumers: dict[str, str]
    kpis: tuple[str, ...]
    steps: tuple[Explained, ...]
    overlaid: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The product as ``--json`` prints it."""
        return asdict(self) | {"steps": [step.as_json() for step in self.steps]}


def explain(mesh: Mesh, standing: Standing, plan: Plan) -> list[Matter]:
    """Each product of a plan with its steps, in the order in which they come first."""
    steps = []
    for order, step in enumerate(plan.steps, start=1):
        reads = _reads(mesh, standing, plan, step)
        steps.append(Explained(order, step, why(mesh, standing, plan, step, reads), reads, _off(standing, step)))
    products = dict.fromkeys(step.product for step in plan.steps)
    return [_matter(mesh, id, tuple(one for one in steps if one.step.product == id)) for id in products]


def why(mesh: Mesh, standing: Standing, plan: Plan, step: Step, reads: Sequence[Reading] | None = None) -> str:
    """Why a step is run: asked and not right, or asked and made of what this plan brings; missing upstream; stale.

    ``reads`` is what the step reads, where it is known already.
    """
    if (deliveries := standing.deliveries(step.product)) is not None and step.delivery:
        kinds = {one.name: one.kind for one in deliveries.pending}
        told = {"correction": "it came with other content than was published", "open": "it was held last"}
        return f"{step.why}: {told.get(kinds.get(step.delivery, ''), 'it came')}"
    if step.why == "missing upstream":
        needed = dict.fromkeys(s.product for s in plan.steps if step.product in mesh.products[s.product].requires)
        return (
            f"missing upstream: {', '.join(needed)} {'needs' if len(needed) == 1 else 'need'} it"
            if needed
            else step.why
        )
    days: Sequence[dt.date | None] = step.days or (None,)
    reasons = list(dict.fromkeys(reason for day in days for reason in standing.why(step.product, day)))
    if not reasons:
        known = _reads(mesh, standing, plan, step) if reads is None else reads
        reasons = [f"{read.name} is made first" for read in known if read.planned]
    return f"{step.why}: {'; '.join(reasons)}" if reasons else step.why


def _reads(mesh: Mesh, standing: Standing, plan: Plan, step: Step) -> tuple[Reading, ...]:
    kept = mesh.products[step.product]
    if (deliveries := standing.deliveries(kept.id)) is not None:
        pending = [one for one in deliveries.pending if one.name == step.delivery]
        return tuple(Reading(f"source of {kept.id}", source=one.found.uri, fingerprint=one.digest) for one in pending)
    if kept.binding is not None:
        source = standing.source(kept.id)
        return (Reading(f"source of {kept.id}", source=source.place, fingerprint=source.fingerprint),)
    return tuple(_input(mesh, standing, plan, kept, given, step) for given in kept.product.requires)


def _input(mesh: Mesh, standing: Standing, plan: Plan, kept: MeshProduct, given: Input, step: Step) -> Reading:
    snapshot = standing.snapshot(given.product)
    made = [one for one in plan.steps[: plan.steps.index(step)] if one.product == given.product]
    if not mesh.products[given.product].daily or step.first is None or step.last is None:
        days = sorted(str(day) for one in made for day in one.days) or ["all"] * bool(made)
        return Reading(given.product, snapshot=snapshot, planned=tuple(days))
    span = input_span(kept, given, step.first, step.last)
    if span is None:
        return Reading(given.product, snapshot=snapshot)
    planned = sorted(str(day) for one in made for day in one.days if span[0] <= day <= span[1])
    return Reading(given.product, (str(span[0]), str(span[1])), snapshot, tuple(planned))


def _off(standing: Standing, step: Step) -> dict[str, str]:
    """The declared holidays among the days of a step: one of them without rows is an empty day."""
    named = {str(day): standing.calendar.holiday(step.product, day) for day in step.days}
    return {day: name for day, name in named.items() if name}


def _matter(mesh: Mesh, id: str, steps: tuple[Explained, ...]) -> Matter:
    contract, below = mesh.products[id].contract, mesh.downstream(id)
    table = [rule.name for rule in contract.rules if not rule.per_row and rule.severity == "error"]
    if contract.volume is not None and contract.volume.severity == "error":
        table.append(contract.volume.name)
    if contract.quarantine_share is not None:
        table.append(f"{SHARE_TOLD} {contract.quarantine_share:.4g} of the rows refused")
    return Matter(
        id,
        f"{contract.id} {contract.version} ({contract.path})",
        mesh.warehouse.table(id, contract.major).uri,
        tuple(sorted(row_rules(contract))),
        tuple(table),
        {one: mesh.products[one].contract.owner for one in below},
        tuple(kpi.id for kpi in mesh.kpis if kpi.measured_by in {id, *below}),
        steps,
        overlaid(mesh.path, mesh.file, contract),
    )


def overlaid(mesh: Path, file: MeshFile, contract: Contract) -> dict[str, str]:
    """By rule that an overlay of a mesh file added to a contract, or tightened last, the overlay's file and line.

    ``quarantineShare`` stands for the share of refused rows.
    """
    from hansa.contract import read_contract
    from hansa.mesh.extended import overlays_of
    from hansa.mesh.shadow import live_name
    from hansa.overlay.places import Places

    folder, id, found = mesh.parent, live_name(contract.id), dict[str, str]()
    overlays = overlays_of(folder, file.overlays, id, contract.major) if file.overlays else []
    if not overlays:
        return {}
    base = read_contract(contract.path, object=id)
    rules = [*families(contract), *([contract.volume.name] if contract.volume else []), SHARE]
    for overlay in overlays:
        places = Places(overlay.root)
        for rule in rules:
            if (place := _said(places, rule, base)) is not None:
                found[rule] = f"{overlay.path.relative_to(folder)}:{place.document.place(place.keys)[1]}"
    return found


def _said(places: Places, rule: str, base: Contract) -> Place | None:
    """Where an overlay says a rule; None if it says nothing of it."""
    if rule in places.rules:
        return places.rules[rule]
    path, _, word = rule.rpartition(".")
    if path in places.columns and top_of(path) not in base.by_name:
        return places.of(rule)
    place = places.of(rule)
    said = place["property"].text == rule if rule == SHARE else path in places.columns and place.keys[-1:] == (word,)
    return place if said else None


def _listed(days: Sequence[str]) -> str:
    """Days in their order; of unbroken ones the first and the last."""
    from datetime import date

    if len(days) > 2 and date.fromisoformat(days[-1]) - date.fromisoformat(days[0]) == ONE_DAY * (len(days) - 1):
        return f"{days[0]}..{days[-1]}"
    return ", ".join(days)
