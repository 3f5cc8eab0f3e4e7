"""The whole plugin interface, on one page.

A plugin is any installed package with an entry point in the group ``hansa`` that names a module. Functions of that
module marked with ``@hookimpl`` and named as below are called; an argument that is not needed may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from hansa.products import Module
    from hansa.scorer import Scorer
    from hansa.sources import Reader

#: The version of this page. A plugin that asks for a newer one is left out with that reason.
HOOK_API = 1

hookspec = pluggy.HookspecMarker("hansa")
hookimpl = pluggy.HookimplMarker("hansa")


@hookspec
def hansa_contracts() -> Sequence[Path]:  # type: ignore[empty-body]
    """Folders that hold contracts (``**/*.odcs.yaml``), the plugin's own and those of what it reads.

    Example: ``return [Path(__file__).parent / "contracts"]``
    """


@hookspec
def hansa_modules() -> Sequence[Module]:  # type: ignore[empty-body]
    """The modules that an institution can switch on with this plugin.

    Example: ``return [Module("treasury.core", products=(positions,))]``
    """


@hookspec
def hansa_sources() -> Mapping[str, Reader]:  # type: ignore[empty-body]
    """Readers of source files by format, the ending of the file's name without its dot.

    Example: ``return {"csv": read_csv, "parquet": read_parquet}``
    """


@hookspec
def hansa_scorer() -> Scorer:  # type: ignore[empty-body]
    """Who can score rows elsewhere than in the process of the run; ``scorer: NAME`` in mesh.yaml asks for it.

    Nothing is started before rows are to be scored. Example: ``return RayScorer()``, whose name is ``ray``
    """


@hookspec
def hansa_demo(home: Path, customers: int, seed: int) -> Path | None:
    """Make a synthetic institution under ``home`` (sources and a mesh file) and return the path of its mesh file.

    What is already there for the same ``customers`` and ``seed`` is kept. Example: ``hansa_sandbox`` writes a bank.
    """
