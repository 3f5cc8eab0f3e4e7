"""The handler: an event in, an answer out. Only a fault of the surroundings is raised: it alone is worth a retry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from hansa.errors import REFUSALS, HansaError, MeshError, WorldError, place_of
from hansa.function.events import Ask, Created, Ignored, Scheduled, asks_of, printable

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.plan import Step
    from hansa.runner import Outcome
    from hansa.sources import Binding

#: How often an object may be replaced while it is published before the event is given back.
_ROUNDS = 3
#: The longest sentence of an answer, in characters.
_SENTENCE = 1000


def handler(event: Any, context: Any = None) -> dict[str, Any]:
    """Do what an event asks for, on the mesh of HANSA_MESH; ``context`` is Lambda's and not needed.

    The answer has ``status`` (published, unchanged, held, refused, ignored), ``code`` as the command line
    would exit with, ``steps`` with the state of each, ``errors`` of what was refused as a whole, ``waiting`` and
    ``ignored`` with their reasons, and ``dagster``: what it was told.

    Errors: WorldError if the surroundings refused, so that the event comes again; RuntimeError for a fault of Hansa.
    """
    try:
        return _handled(event)
    except WorldError:
        raise
    except OSError as error:
        if error.errno not in REFUSALS:
            raise _fault(error) from None
        raise WorldError(
            "world.refused",
            f"a file cannot be read or written ({error.strerror})",
            where=str(error.filename or ""),
            state="what was published goes on serving",
            next_step="make room or mend the permissions; the event comes again",
        ) from None
    except Exception as error:  # noqa: BLE001 - the border: a foreign text may hold values and is not passed on
        raise _fault(error) from None


def _fault(error: Exception) -> RuntimeError:
    return RuntimeError(f"a fault of Hansa itself: {type(error).__name__} at {place_of(error)}")


def _handled(event: Any) -> dict[str, Any]:
    from hansa.function.reporting import tell_dagster
    from hansa.mesh import load_mesh

    done, mesh, work = _Done(), None, list[Ask]()
    with done.noting():
        asks, faults = asks_of(event)
        done.errors += faults
        done.ignored += [ask.reason for ask in asks if isinstance(ask, Ignored)]
        work = [ask for ask in asks if not isinstance(ask, Ignored)]
        mesh = load_mesh() if work else None
    if mesh is None:
        return done.answer()
    for ask in work:
        # One that is refused, that the surroundings stop or in which we fail leaves the others alone: each is an
        # event of its own.
        with done.noting():
            _carry_out(mesh, ask, done)
    if done.outcomes:
        done.dagster = tell_dagster(mesh)
    return done.answer()


class _Done:
    """What an event came to so far."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.errors: list[HansaError] = []
        #: Faults of ours, and of files: raised when all the others are done.
        self.faults: list[Exception] = []
        self.waiting: dict[str, str] = {}
        self.ignored: list[str] = []
        self.looked = False
        self.dagster = "nothing to tell"

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keep an error instead of passing it on."""
        try:
            yield
        except HansaError as error:
            self.errors.append(error)
        except Exception as error:  # noqa: BLE001 - kept, and raised by ``answer``
            self.faults.append(error)

    def answer(self) -> dict[str, Any]:
        """The answer, of texts and numbers only.

        Errors: WorldError, the first one that anything met; else the first fault of ours.
        """
        failed = [outcome.error for outcome in self.outcomes if outcome.error is not None]
        for error in (*self.errors, *failed):
            if isinstance(error, WorldError):
                raise error
        if self.faults:
            raise self.faults[0]
        status = self._status()
        wrong = {"held": 1, "refused": max((error.exit_code for error in (*self.errors, *failed)), default=1)}
        return {
            "status": status,
            "code": wrong.get(status, 0),
            "steps": [_told(outcome) for outcome in self.outcomes],
            "errors": [{"code": error.code, "what": _line(error.sentence())} for error in self.errors],
            "waiting": {id: _line(reason) for id, reason in self.waiting.items()},
            "ignored": self.ignored,
            "dagster": self.dagster,
        }

    def _status(self) -> str:
        states = {outcome.state for outcome in self.outcomes}
        if self.errors or "failed" in states:
            return "refused"
        if states & {"held", "not run"}:
            return "held"
        if "published" in states:
            return "published"
        return "unchanged" if self.looked else "ignored"


def _line(text: str) -> str:
    return printable(text, _SENTENCE)


def _told(outcome: Outcome) -> dict[str, Any]:
    step, publication = outcome.step, outcome.publication
    told: dict[str, Any] = {
        "product": step.product,
        "from": str(step.first) if step.first else None,
        "to": str(step.last) if step.last else None,
        "why": step.why,
        "state": outcome.state,
    }
    if publication is not None:
        told |= {
            "rows": publication.total("published"),
            "quarantined": publication.total("quarantined"),
            "receipt": publication.digest,
        }
    if step.delivery:
        told["file"] = _line(step.delivery)
    if outcome.reason:
        told["reason"] = _line(outcome.reason)
    if outcome.error is not None:
        told["code"] = outcome.error.code
    return told


def _carry_out(mesh: Mesh, ask: Ask, done: _Done) -> None:
    if isinstance(ask, Created):
        _publish(mesh, ask, done)
    elif isinstance(ask, Scheduled):
        done.looked = True
        _run(mesh, ask, done)


def _run(mesh: Mesh, ask: Scheduled, done: _Done) -> None:
    """A selection, as ``hansa run`` means it."""
    from hansa.plan import default_day, make_plan, refuse_findings, selected
    from hansa.runner import Runner

    refuse_findings(mesh, ask.select)
    runner = Runner(mesh)
    asked = selected(mesh, ask.select)
    first = ask.first or default_day(mesh, runner.standing, asked)
    plan = make_plan(mesh, runner.standing, asked, first, ask.last or first)
    _execute(runner, [plan.steps], done)


def _publish(mesh: Mesh, ask: Created, done: _Done) -> None:
    """The products that are bound to an object, and what follows from them.

    What is published is what lies there now, whatever version an event speaks of: an older event finds nothing to do.
    """
    bound = [kept for kept in mesh.products.values() if kept.binding is not None and _means(kept.binding, ask.uri)]
    if not bound:
        _refuse_left_out(mesh, ask)
        done.ignored.append(f"no source of the mesh is bound to {ask.told}")
    for kept in bound:
        done.looked = True
        with done.noting():
            _until_newest(mesh, kept.id, ask.uri, done)


def _means(binding: Binding, uri: str) -> bool:
    """True if an object is the source's, one of its deliveries, or the end marker of one."""
    from hansa.sources.deliveries import is_pattern, pattern_means

    if not is_pattern(binding.uri):
        return binding.uri == uri
    # A pattern that cannot be one is told by hansa check, and holds up no event of another source.
    with suppress(MeshError):
        return pattern_means(binding, uri)
    return False


def _until_newest(mesh: Mesh, product: str, uri: str, done: _Done) -> None:
    for _ in range(_ROUNDS):
        if _published_whole(mesh, product, uri, done):
            return
    raise WorldError(
        "store.restless",
        "the object was replaced each time while it was published",
        where=uri,
        state="what was read last is published",
        next_step="let one delivery end before the next one begins; the event comes again",
    )


def _refuse_left_out(mesh: Mesh, ask: Created) -> None:
    """Refuse an object whose product the mesh leaves out: that is no foreign object."""
    for id, binding in mesh.file.sources.items():
        if _means(binding, ask.uri) and id in mesh.left_out:
            raise MeshError("product.left_out", f"{id} is left out: {mesh.left_out[id]}", next_step="see: hansa check")


def _published_whole(mesh: Mesh, product: str, uri: str, done: _Done) -> bool:
    """Publish a source product and what follows; False if the object was replaced meanwhile and has to be read anew."""
    from hansa.function.following import Following
    from hansa.runner import Runner
    from hansa.sources.remote import current

    runner = Runner(mesh)
    kept = mesh.products[product]
    following = Following(mesh, runner.standing, kept, uri)

    def plans() -> Iterable[Iterable[Step]]:
        yield following.own()
        yield from following.downstream()

    before = len(done.outcomes)
    _execute(runner, plans(), done)
    done.waiting |= following.waiting
    if len(done.outcomes) == before or kept.binding is None:
        return True
    if runner.standing.deliveries(product) is not None:
        return not following.moved()
    # Of two processes the one that read the older version may have published last.
    now = current(kept.binding.uri, f"sources.{product}.uri", mesh.file.store)
    return now in (None, runner.standing.source(product).fingerprint)


def _execute(runner: Any, plans: Iterable[Iterable[Step]], done: _Done) -> None:
    """Run plan after plan; what is made from something that was lost in one is not run in a later one either."""
    from hansa.runner import Lost, execute

    lost = Lost(runner.mesh)
    told: Callable[[Outcome], None] = done.outcomes.append
    for steps in plans:
        execute(runner, list(steps), lost, told)
