"""A new plugin: a complete package written from a template, and kept up to date with it.

The template engine is copier, the extra ``hansa[new]``. It merges a later template into a package by comparing what
two versions of the template write, so it wants the template as a Git repository; ``repository`` makes one of the
versions that lie in this package, on this machine and with no network.
"""

from __future__ import annotations

from hansa.scaffold.names import check_name
from hansa.scaffold.writing import new_plugin, update_plugin

__all__ = ["check_name", "new_plugin", "update_plugin"]
