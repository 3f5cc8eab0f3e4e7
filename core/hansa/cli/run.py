"""``hansa run``: complete what is asked by what is missing upstream, and publish it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, print_json

if TYPE_CHECKING:
    import datetime as dt

    from hansa.mesh import Mesh
    from hansa.plan import Plan, Step
    from hansa.runner import Outcome
    from hansa.source_notes import Note
    from hansa.standing import Standing

_NOTHING_STALE = "nothing to do: nothing that is published read what was replaced since"
#: So many declared holidays are told.
_MOST = 10


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="run")(run)


def run(
    selection: list[str] = typer.Argument(None, help="Modules or products; nothing means all that are on."),
    first: str = typer.Option(None, "--from", help="First business day (else the newest that the sources hold)."),
    last: str = typer.Option(None, "--to", help="Last business day (else the same as --from)."),
    stale: bool = typer.Option(
        False,
        "--stale",
        help="Only published days that read what was replaced since, of any day or from --from to --to.",
    ),
    bare: bool = typer.Option(False, "--bare", help="In this process alone, without Dagster."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would run, and why; run nothing."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Run products over business days. What is published and still follows from its inputs is not run again.

    Without days it takes the newest one that every daily source holds, and says which one that is.
    """
    from hansa.cli.run_told import heading, notes_of_sources, why_day

    if stale:
        _run_stale(mesh, selection or [], first, last, bare=bare, dry_run=dry_run, as_json=as_json)
        return
    loaded, standing, plan = planned(mesh, selection or [], first, last)
    because = why_day(loaded, standing, selection or [], plan.first) if first is None and last is None else ""
    if because and not as_json:
        typer.echo(heading(plan, because))
    notes = notes_of_sources(loaded, standing, selection or [])
    if dry_run:
        _show(loaded, standing, plan, because, as_json, notes)
        return
    outcomes = carry_out(loaded, plan, bare)
    summarise(loaded, plan, outcomes, because, as_json, notes)


def planned(mesh: Path, selection: list[str], first: str | None, last: str | None) -> tuple[Mesh, Standing, Plan]:
    """The plan of what is asked, with the mesh and what stands published in it."""
    from hansa.mesh import load_mesh
    from hansa.plan import default_day, make_plan, refuse_findings, selected
    from hansa.standing import Standing

    loaded = load_mesh(mesh)
    refuse_findings(loaded, selection)
    standing = Standing(loaded)
    asked = selected(loaded, selection)
    end = day_of(last, "--to") if last else None
    begin = day_of(first, "--from") if first else (end or default_day(loaded, standing, asked))
    return loaded, standing, make_plan(loaded, standing, asked, begin, end or begin)


def _run_stale(
    mesh: Path, selection: list[str], first: str | None, last: str | None, *, bare: bool, dry_run: bool, as_json: bool
) -> None:
    """Make again what read something that was replaced since, product by product, and nothing else."""
    from hansa.impact import stale_waves
    from hansa.mesh import load_mesh
    from hansa.plan import Plan, refuse_findings, selected
    from hansa.standing import Standing

    loaded = load_mesh(mesh)
    refuse_findings(loaded, selection)
    standing, asked = Standing(loaded), selected(loaded, selection)
    begin, end = (day_of(text, option) if text else None for text, option in ((first, "--from"), (last, "--to")))
    if dry_run:
        _show_stale(loaded, standing, asked, (begin, end), as_json)
        return
    outcomes: list[Outcome] = []
    nothing = Plan(loaded.file.start, loaded.file.start, (), 0)
    with carrying(loaded, bare, nothing, standing) as carry:
        for wave in stale_waves(loaded, standing, asked, begin, end):
            outcomes += carry(wave.steps)
    if outcomes or as_json:
        summarise(loaded, None, outcomes, as_json=as_json)
    else:
        typer.echo(_NOTHING_STALE)


def _show_stale(
    mesh: Mesh, standing: Standing, asked: set[str], days: tuple[dt.date | None, dt.date | None], as_json: bool
) -> None:
    """What a run of what is stale would make again, and why."""
    from hansa.cli.run_told import head_json
    from hansa.impact import stale

    wanted = [one for one in stale(mesh, standing, asked) if within(one.day, *days)]
    if as_json:
        steps = [
            {"product": one.product, "days": [str(one.day)] * 2 if one.day else None, "why": one.sentence()}
            for one in wanted
        ]
        print_json(head_json(None, "") | {"steps": steps})
        return
    for one in wanted:
        title = f"{one.product} {one.day}" if one.day else one.product
        typer.echo(f"  {title:60} {one.sentence()}")
    if not wanted:
        typer.echo(_NOTHING_STALE)


def within(day: dt.date | None, first: dt.date | None, last: dt.date | None) -> bool:
    """True for a day from ``first`` to ``last``, and for what is not kept by day."""
    return day is None or ((first is None or first <= day) and (last is None or day <= last))


def day_of(text: str, option: str) -> dt.date:
    """A date as ISO 8601 writes it."""
    import datetime as dt

    from hansa.errors import MeshError

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise MeshError("days.format", f"{option} '{text}' is no day", next_step="write it as 2026-03-01") from None


def _show(
    mesh: Mesh, standing: Standing, plan: Plan, because: str, as_json: bool, sources: Sequence[Note] = ()
) -> None:
    from hansa.cli.run_told import head_json, step_json, tell_sources
    from hansa.explanation import why

    if as_json:
        steps = [step_json(step, why(mesh, standing, plan, step)) for step in plan.steps]
        print_json(head_json(plan, because) | {"steps": steps, "sources": [note.as_json() for note in sources]})
        return
    typer.echo(steps_of(plan) if plan.steps else nothing_to_do(plan))
    for step in plan.steps:
        typer.echo(f"  {step.title():60} {why(mesh, standing, plan, step)}")
    tell_sources(sources)


def steps_of(plan: Plan) -> str:
    """How much there is to do."""
    return f"{len(plan.steps)} steps; {plan.right} asked partitions are right already"


def nothing_to_do(plan: Plan) -> str:
    """What is said of a plan without steps."""
    return f"nothing to do: {plan.right} partitions are right already"


def carry_out(mesh: Mesh, plan: Plan, bare: bool) -> list[Outcome]:
    """Run a plan: history by the runner, what was asked through Dagster unless ``bare``."""
    with carrying(mesh, bare, plan) as carry:
        return carry(plan.steps)


@contextmanager
def carrying(
    mesh: Mesh, bare: bool, plan: Plan, standing: Standing | None = None
) -> Iterator[Callable[[Sequence[Step]], list[Outcome]]]:
    """A function that runs steps and gives their outcomes; what is lost in one call counts in the next ones.

    Dagster is opened once, when the first of its steps comes.
    """
    from contextlib import ExitStack
    from itertools import groupby

    from hansa.runner import Lost, Runner, execute

    runner, lost, outcomes = Runner(mesh, standing, only_moved=True), Lost(mesh), list[Any]()
    with ExitStack() as stack:
        bar = stack.enter_context(_progress(plan))
        through_dagster: Any = None

        def told(outcome: Outcome) -> None:
            outcomes.append(outcome)
            bar(outcome)

        def carry(steps: Sequence[Step]) -> list[Outcome]:
            nonlocal through_dagster
            before = len(outcomes)
            for watch, group in groupby(steps, key=lambda step: step.watched and not bare):
                if not watch:
                    execute(runner, list(group), lost, told)
                    continue
                if through_dagster is None:
                    from hansa.definitions.running import watched

                    through_dagster = stack.enter_context(watched(runner, lost, told))
                through_dagster(list(group))
            return outcomes[before:]

        yield carry


@contextmanager
def _progress(plan: Plan) -> Iterator[Any]:
    """A bar over partitions on a terminal; silent elsewhere."""
    from tqdm import tqdm

    total = sum(max(len(step.days), 1) for step in plan.steps) or None
    with tqdm(total=total, unit="partition", disable=None, leave=False, dynamic_ncols=True) as bar:

        def told(outcome: Outcome) -> None:
            bar.set_description(outcome.step.title())
            bar.update(max(len(outcome.step.days), 1))

        yield told


def summarise(
    mesh: Mesh,
    plan: Plan | None,
    outcomes: list[Outcome],
    because: str = "",
    as_json: bool = False,
    sources: Sequence[Note] = (),
) -> None:
    """A line a product, then each hold in four lines; leave with 1 if anything was held, failed or not run.

    Where all went well, notes on contracts that are not active come last; the JSON has them in any case. ``plan`` is
    None where what is stale was run, ``because`` says why the plan has its day, ``sources`` what was seen of these.
    """
    from hansa.cli.contract_status import tell
    from hansa.cli.hints import of_run
    from hansa.source_notes import delivered_notes, published_words

    told, helpful = [*sources, *delivered_notes(outcomes), *published_words(mesh, outcomes)], of_run(mesh, outcomes)
    from hansa.cli.run_told import contract_notes, head_json, outcome_json, tell_notes, tell_sources

    used = dict.fromkeys(one.step.product for one in outcomes if one.publication is not None)
    notes = contract_notes(mesh.products[id].contract for id in used)
    if as_json:
        steps = [outcome_json(outcome) for outcome in outcomes]
        seen = {"sources": [note.as_json() for note in told], "hints": helpful}
        print_json(head_json(plan, because) | {"steps": steps, "notes": notes} | seen)
    else:
        _summary(plan, outcomes)
        tell_sources(told)
        tell(f"{id}: {rule}: {hint}" for id, hints in helpful.items() for rule, hint in hints.items())
    bad = [outcome for outcome in outcomes if outcome.state in ("held", "failed", "not run")]
    _tell_bad(mesh, bad)
    if bad:
        raise typer.Exit(1)
    tell_notes(notes)


def _summary(plan: Plan | None, outcomes: list[Outcome]) -> None:
    if plan is not None and not plan.steps and not outcomes:
        typer.echo(nothing_to_do(plan))
    for product in dict.fromkeys(outcome.step.product for outcome in outcomes):
        _line(product, [outcome for outcome in outcomes if outcome.step.product == product])
    for line in _holidays(outcomes):
        typer.echo(line)


def _tell_bad(mesh: Mesh, bad: Sequence[Outcome]) -> None:
    """Each hold in four lines, each other step that did not end well in one."""
    from functools import partial

    from hansa.cli.place import command
    from hansa.explanation import overlaid
    from hansa.held import held
    from hansa.standing import Standing

    warehouse = Standing(mesh).warehouse
    typed = partial(command, mesh=mesh.path)
    for outcome in bad:
        if outcome.state == "held" and outcome.publication is not None:
            contract = mesh.products[outcome.step.product].contract
            added = overlaid(mesh.path, mesh.file, contract)
            told = held(outcome.publication, contract, warehouse, typed, added, str(mesh.path))
            typer.echo("\n".join(told.lines()), err=True)
        else:
            typer.echo(f"{outcome.state}: {outcome.step.title()}: {outcome.reason}", err=True)


def _line(product: str, outcomes: list[Outcome]) -> None:
    states: Counter[str] = Counter()
    for outcome in outcomes:
        states.update(_partitions(outcome))
    told = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    publications = [outcome.publication for outcome in outcomes if outcome.publication is not None]
    rows = sum(publication.total("published") for publication in publications)
    dayless = [sum(r.counts["quarantined"] for r in publication.rejects) for publication in publications]
    rejected = sum(publication.total("quarantined") for publication in publications) - sum(dayless)
    # Rows that belong to no day come along with every publication of their source: they are the same rows each time.
    beside = f", {max(dayless)} of no day" if any(dayless) else ""
    typer.echo(f"{product:32} {told:32} {rows:>10} rows {rejected:>7} quarantined{beside}")


def _holidays(outcomes: list[Outcome]) -> Iterator[str]:
    """A line for each step of declared holidays, of very many the first ten."""
    from hansa.receipt import holiday_of

    made = [(o.step, holiday_of(o.publication.inputs)) for o in outcomes if o.publication is not None]
    named = [f"no rows, declared {holiday}: {step.title()}" for step, holiday in made if holiday]
    yield from named[:_MOST]
    if len(named) > _MOST:
        yield f"and {len(named) - _MOST} more"


def _partitions(outcome: Outcome) -> dict[str, int]:
    """How many partitions of a step came to which state: what stood there already is in no receipt."""
    count, publication = max(len(outcome.step.days), 1), outcome.publication
    if publication is None:
        return {outcome.state: count}
    held = len(publication.held)
    published = 0 if publication.unchanged else sum(r.state == "published" for r in publication.receipts)
    return {"published": published, "unchanged": count - held - published, "held": held}
