"""The scorer that a mesh names, among those that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hansa.errors import MeshError
from hansa.mesh.model import Finding
from hansa.near import or_near
from hansa.scorer import LOCAL, LocalScorer, Scorer

if TYPE_CHECKING:
    from hansa.mesh.file import MeshFile
    from hansa.registry import Registry


def scorer_of(file: MeshFile, registry: Registry) -> Scorer:
    """The scorer that the mesh file names. Errors: MeshError if no plugin that is in offers it."""
    name = file.scorer
    if name == LOCAL:
        return LocalScorer()
    if name in registry.scorers:
        return registry.scorers[name]
    raise MeshError(
        "scorer.unknown",
        f"scorer '{name}' is offered by no plugin that is in",
        where="mesh.yaml: scorer",
        next_step=_offered(name, registry),
    )


def _offered(name: str, registry: Registry) -> str:
    """The mend for a scorer that is not there: the plugin that is left out, a near name, or an installation."""
    for plugin in registry.absent():
        if plugin.name == name or plugin.distribution == f"hansa-{name}":
            return plugin.sentence()
    known = sorted({LOCAL, *registry.scorers})
    return or_near(name, known, f"install hansa-{name}, or write scorer: {LOCAL}")


def scorer_findings(file: MeshFile, registry: Registry) -> Iterator[Finding]:
    """What is wrong with the choice of a scorer."""
    try:
        scorer_of(file, registry)
    except MeshError as error:
        yield Finding.of("error", error)


def told(file: MeshFile) -> str:
    """The scorer in a few words."""
    return f"{LOCAL}, in the process of the run" if file.scorer == LOCAL else f"{file.scorer}, by workers elsewhere"
