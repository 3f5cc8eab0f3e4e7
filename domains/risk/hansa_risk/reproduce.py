"""Train a version again from what its receipt names, and say what differs if its bytes do."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hansa.errors import DataError

from hansa_risk import registered
from hansa_risk.lookup import PRODUCT, Found, found, read_again
from hansa_risk.model import Recipe, Trained
from hansa_risk.outcomes import one_stream

if TYPE_CHECKING:
    from hansa.mesh import Mesh

FEATURES, LABELS, DECISIONS = "risk.fraud_features", "governance.fraud_labels", "risk.fraud_decisions"


@dataclass(frozen=True)
class Reproduction:
    """What came of training a version again: the digest then and now, and in words what is not as it was."""

    version: str
    then: str
    now: str
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """True if the bytes are the same."""
        return self.then == self.now

    def lines(self) -> list[str]:
        """What a person reads."""
        head = "the same bytes" if self.same else f"other bytes: {self.then[:12]} then, {self.now[:12]} now"
        none = [] if self.same or self.differences else ["nothing that is recorded differs: look at the processor"]
        return [f"{self.version}: {head}", *(f"  differs: {one}" for one in self.differences), *none]

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return asdict(self) | {"same": self.same}


def reproduce(mesh: Mesh, version: str) -> Reproduction:
    """Train ``version`` again by its recipe, on the snapshots that its receipt names.

    Errors: DataError for a version that is not known, or that was registered before recipes were.
    """
    one = found(mesh, version)
    recipe = _recipe(one)
    zone = ZoneInfo(mesh.file.time_zone)

    def start_of(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)

    read = {name: read_again(one, name) for name in _names(one)}
    decisions = read[DECISIONS][0] if DECISIONS in read else None
    labels = one_stream(read[LABELS][0], decisions)
    trained, _ = registered.learned(read[FEATURES][0], labels, one.day, start_of, recipe)
    expired = [name for name, (_, there) in read.items() if not there]
    differences = (*_surroundings(one, recipe, expired), *_data(one.row, trained))
    return Reproduction(version, one.row["artefact"], hashlib.sha256(trained.artefact).hexdigest(), differences)


def _recipe(one: Found) -> Recipe:
    """How it was trained."""
    written, known = one.row.get("recipe"), {given.name for given in fields(Recipe)}
    if not written or not set(json.loads(written)) <= known:
        kept = "has a recipe of a newer release" if written else "was registered before recipes were kept"
        raise DataError(
            "model.recipe",
            f"{one.row['model_version']} {kept}, so it cannot be trained again here",
            where=PRODUCT,
            next_step=f"train as of its day anew: hansa run {PRODUCT} --from {one.day} --to {one.day}",
        )
    return Recipe.read(written)


def _names(one: Found) -> list[str]:
    """The inputs that its publication read: decisions only where the institution had them."""
    desk = any(read.name == DECISIONS for read in one.publication.inputs)
    return [FEATURES, LABELS, *([DECISIONS] if desk else [])]


def _surroundings(one: Found, recipe: Recipe, expired: list[str]) -> Iterator[str]:
    """What differs of libraries, code, features and snapshots."""
    then, now = json.loads(one.row["libraries"]), registered.libraries()
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            yield f"library {name}: {then.get(name, 'none')} then, {now.get(name, 'none')} now"
    if one.publication.code != one.standing.code(PRODUCT):
        yield "the code or the settings of risk.fraud are others than in its receipt"
    gone, new = _features(one.row["features"].split(","), list(recipe.names))
    if gone or new:
        yield f"features: without {', '.join(gone) or 'none'}, with {', '.join(new) or 'none'} beside them"
    for name in expired:
        yield f"{name}: the snapshot that was read has expired, and what stands now was read"


def _features(then: list[str], now: list[str]) -> tuple[list[str], list[str]]:
    return [name for name in then if name not in now], [name for name in now if name not in then]


def _data(row: dict[str, Any], trained: Trained) -> Iterator[str]:
    """What differs of the rows that were learned from."""
    then, now = json.loads(row["evidence"]), asdict(trained.evidence)
    if then["keys"] != now["keys"]:
        yield f"transactions: {row['rows']} were due then, {trained.rows} are now, or others of them"
    if then["labels"] != now["labels"]:
        yield f"labels: {row['frauds']} frauds were known then, {trained.frauds} are now, or others of them"
    if then["features"] != now["features"]:
        yield "values of the features"
