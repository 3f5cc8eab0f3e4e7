"""Overlays: what an institution adds to a contract without forking it. It may extend and tighten, never loosen."""

from __future__ import annotations

from hansa.overlay.files import Overlay, overlay_files, read_overlay
from hansa.overlay.resolved import Resolved, resolve
from hansa.overlay.why import Origin, origins

__all__ = ["Origin", "Overlay", "Resolved", "origins", "overlay_files", "read_overlay", "resolve"]
