"""What each error code means: pages in English and Chinese, one YAML file for each family of codes.

A page says what happened and how it comes about, and how to mend it. The files are read when they are asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import MeshError

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """One code in one language: ``what`` happened and why, and the ``mend``."""

    code: str
    what: str
    mend: str

    @property
    def first(self) -> str:
        """The first sentence of what happened, for a list."""
        return re.split(r"(?<=[.。])(?:\s|(?<=。))", self.what, maxsplit=1)[0]


def language(given: str | None = None) -> str:
    """``en`` or ``zh``: the one given, else Chinese where the environment speaks it, else English.

    Errors: MeshError for another language.
    """
    if given is None:
        spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
        return "zh" if spoken.lower().startswith("zh") else "en"
    if given.lower() not in LANGUAGES:
        raise MeshError("why.language", f"no page is written in '{given}'", next_step="write --lang en or --lang zh")
    return given.lower()


def families() -> list[str]:
    """The first parts of all codes, such as ``source``."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def pages(spoken: str, family: str | None = None) -> Iterator[Page]:
    """The pages of one family, or all, by code."""
    import yaml

    for name in [family] if family else families():
        text = (_FOLDER / f"{name}.yaml").read_text("utf-8")
        for code, told in yaml.safe_load(text).items():
            yield Page(code, **told[spoken])
