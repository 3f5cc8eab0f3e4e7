"""What hansa-ray offers: the scorer ``ray``. Nothing is imported or started before rows are to be scored."""

from __future__ import annotations

from hansa.hooks import hookimpl

from hansa_ray.scorer import RayScorer


@hookimpl
def hansa_scorer() -> RayScorer:
    """The scorer of the mesh where mesh.yaml says ``scorer: ray``."""
    return RayScorer()
