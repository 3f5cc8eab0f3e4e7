"""What is worth saying about overlay files: each is held against the contract that it extends, with file and line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hansa.contract.document import document_of
from hansa.contract.gathered import SeveralFaultsError
from hansa.contract.lint import Remark, remark, remarks_of
from hansa.contract.model import Contract
from hansa.contract.place import Place
from hansa.contract.standard import minor_version
from hansa.contract.yaml_text import Document, read_yaml
from hansa.errors import HansaError
from hansa.near import or_near
from hansa.overlay.files import Overlay, read_overlay
from hansa.overlay.places import Places
from hansa.overlay.resolved import Resolved, resolve

#: How like a name of the contract that of a new column must be to be asked about.
_LIKE = 0.85


@dataclass(frozen=True)
class Known:
    """The contracts that overlays may extend, by id and major version, and the mesh file that says so, if one does.

    ``overlays`` are the files that it names, in its order: each holds on top of those before it.
    """

    contracts: Mapping[tuple[str, int], Contract] = field(default_factory=dict)
    mesh: Path | None = None
    overlays: Sequence[Path] = ()


def judge_overlays(paths: Iterable[Path], known: Known) -> list[Remark]:
    """Remarks on each overlay file in turn, by line."""
    made: list[Remark] = []
    for path in paths:
        made += sorted(_of_file(path, known), key=lambda one: one.line or 0)
    return made


def _of_file(path: Path, known: Known) -> list[Remark]:
    try:
        overlay = read_overlay(path)
    except HansaError as fault:
        return [remark("error", fault)]
    base = known.contracts.get((overlay.product, overlay.major))
    if base is None:
        return [_unknown(overlay, known)]
    try:
        before = list(_before(overlay, known))
        resolved = resolve(base, [*before, overlay])
    except HansaError as fault:
        return _faults(fault, overlay)
    return [*_unlike_the_base(resolved, overlay, base, before), *_near_columns(resolved, overlay, base)]


def _unknown(overlay: Overlay, known: Known) -> Remark:
    """Nothing of such a file is judged, which is no success."""
    extends = overlay.root["extends"]
    if known.mesh is None:
        what = f"it extends {extends.text}, and no mesh is here that knows that contract: nothing in it is judged"
        mend = "name the mesh file by --mesh, or the contract's own file beside this one"
    else:
        what = f"it extends {extends.text}, which no plugin of {known.mesh} brings: nothing in it is judged"
        mend = "install the plugin with that contract; hansa contract list names those that are here"
    ids = [f"{id}@{major}" for id, major in known.contracts]
    return remark("error", extends.fault("overlay", what, or_near(extends.text or "", ids, mend)))


def _before(overlay: Overlay, known: Known) -> Iterator[Overlay]:
    """What the mesh puts on the same contract before this one. Errors: as ``read_overlay``, of those."""
    places = [path.resolve() for path in known.overlays]
    own = overlay.path.resolve()
    for path in known.overlays[: places.index(own)] if own in places else ():
        other = read_overlay(path)
        if (other.product, other.major) == (overlay.product, overlay.major):
            yield other


def _faults(fault: HansaError, overlay: Overlay) -> list[Remark]:
    """The faults of an overlay; those of one before it are told with that one."""
    parts = fault.parts if isinstance(fault, SeveralFaultsError) else (fault,)
    own = [remark("error", one) for one in parts if one.where.rpartition(":")[0] == str(overlay.path)]
    if own:
        return own
    what = f"it is not judged, since what it holds on top of is wrong: {fault.where}: {fault.what}"
    return [remark("error", overlay.root["extends"].fault("overlay", what, fault.next_step))]


def _unlike_the_base(resolved: Resolved, overlay: Overlay, base: Contract, before: Sequence[Overlay]) -> list[Remark]:
    """What is worth saying of the contract with the overlay and not without it, at the overlay's lines."""
    places = Places(overlay.root)
    without = resolve(base, before).document if before else read_yaml(base.path)
    known = {(one.code, one.what) for one in _said(without)}
    rules = {rule.name: places.rules[rule.name] for rule in resolved.contract.unenforced if rule.name in places.rules}
    made = [
        remark(
            "warning",
            rules[rule.name].fault("overlay", f"the rule '{rule.name}' is not enforced: {rule.reason}", ""),
        )
        for rule in resolved.contract.unenforced
        if rule.name in rules
    ]
    for one in _said(resolved.document):
        if (one.code, one.what) in known or one.code == "contract.unenforced":
            continue
        if one.path != str(overlay.path):
            # A word of the overlay makes a line of the base worth it.
            one = replace(one, path=str(overlay.path), line=overlay.root["extends"].line)
        made.append(one)
    return made


def _said(document: Document) -> list[Remark]:
    root = Place(document)
    return remarks_of(document_of(root, minor_version(root)))


def _near_columns(resolved: Resolved, overlay: Overlay, base: Contract) -> Iterator[Remark]:
    places = Places(overlay.root).columns
    for name in sorted(resolved.added & set(places)):
        close = difflib.get_close_matches(name, base.by_name, n=1, cutoff=_LIKE)
        if close:
            what = f"'{name}' is a new column beside '{close[0]}' of {base.id}"
            mend = f"write {close[0]} if that one is meant"
            yield remark("note", places[name]["name"].fault("overlay", what, mend))
