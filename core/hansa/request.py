"""What a publication is asked for, by one digest: the same question is answered without reading the rows again."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib.metadata import version

from hansa.cast import Reading
from hansa.contract.model import Contract
from hansa.digest import canonical, sha256
from hansa.receipt import Publication, ReceiptBook
from hansa.run import Run
from hansa.scope import Mode
from hansa.secrets import Keys
from hansa.settlement import Origin


def request_of(
    contract: Contract, run: Run, mode: Mode, keys: Keys | None, reading: Reading, origin: Origin, history: bool
) -> str:
    """The digest of everything that decides the outcome beside what stands already; empty if a source has no print."""
    if not origin.inputs or any(given.fingerprint is None for given in origin.inputs):
        return ""
    asked = {
        "contract": contract.digest,
        "window": [str(run.first), str(run.last)],
        "zone": run.zone,
        "mode": mode,
        "keys": keys.fingerprint if keys else "",
        "reading": _written(reading),
        "inputs": [[given.name, given.fingerprint] for given in origin.inputs],
        "code": origin.code,
        "libraries": dict(origin.libraries) | {name: version(name) for name in ("hansa", "polars")},
        "history": history,
    }
    return sha256(canonical(asked))


def _written(reading: Reading) -> str:
    """A reading as text, whatever the order in which it was written."""
    parts = {name: value for name, value in asdict(reading).items() if value is not None}
    return repr(
        {name: sorted(map(repr, value.items() if isinstance(value, dict) else value)) for name, value in parts.items()}
    )


def asked_before(book: ReceiptBook, request: str, head: int | None) -> Publication | None:
    """The newest publication, if it answers ``request`` and everything that it decided is still current."""
    publications = book.all()
    newest = publications[-1] if publications else None
    if newest is None or newest.request != request:
        return None
    landed = next((p.landed for p in reversed(publications) if p.landed), None)
    if head != (landed.snapshot if landed else None) or (newest.landed and newest.landed != landed):
        # Somebody else changed the table: it is looked at closely.
        return None
    latest = book.latest()
    decided = newest.decided
    if not decided or any(latest[r.partition][1].digest != newest.digest for r in decided):
        return None
    return replace(newest, unchanged=True)
