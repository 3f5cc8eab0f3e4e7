"""A package from the template, by copier: written once, updated later with the team's edits kept."""

from __future__ import annotations

import fnmatch
import importlib.util
import json
import tempfile
import tomllib
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hansa.errors import MeshError, WorldError
from hansa.scaffold.names import check_name
from hansa.scaffold.repository import refuse_without_git, template_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERS = ".copier-answers.yml"


def new_plugin(name: str, into: Path, template: str | None = None, owner: str | None = None) -> Path:
    """Write the package ``hansa-<name>`` into the folder ``into``; ``template`` is a Git repository of one's own.

    Returns the package's folder. Errors: MeshError for a name or a folder that is taken; WorldError without copier
    or Git, or for a template that cannot be used. Nothing is left behind then.
    """
    check_name(name)
    target = into / f"hansa-{name.replace('_', '-')}"
    _refuse_taken(target)
    _refuse_missing()
    answers = {"domain": name, **_sources(target.absolute())} | ({"owner": owner} if owner else {})
    if template is None:
        with template_repository() as repository:
            _copy(str(repository), target, answers)
    else:
        _copy(template, target, answers)
    return target


def update_plugin(folder: Path) -> Path:
    """Bring what the newest template writes into the package in ``folder``; the team's edits are kept.

    Where both changed a line, both stand in the file between conflict marks. Errors: WorldError for a package that was
    not made from a template, is no Git repository or has edits that are not committed.
    """
    if not (folder / ANSWERS).is_file():
        what = f"there is no {ANSWERS} in it, so it was not made by hansa new"
        raise MeshError("new.update", what, where=str(folder), next_step="name the folder of a plugin")
    _refuse_missing()
    with template_repository(), _one_line(folder):
        import copier

        copier.run_update(folder, defaults=True, overwrite=True, quiet=True, conflict="inline")
    return folder


def _refuse_taken(target: Path) -> None:
    """Refuse a target that is a file or holds anything, and a place that is no folder."""
    if not target.parent.is_dir():
        raise MeshError("new.folder", "there is no such folder", where=str(target.parent), next_step="make it first")
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        what = "it exists and is not empty" if target.is_dir() else "it exists already"
        mend = "choose another name, or another place by --into"
        raise MeshError("new.folder", what, where=str(target), state="it was left as it is", next_step=mend)


def _refuse_missing() -> None:
    if importlib.util.find_spec("copier") is None:
        what = "the template engine copier is not installed"
        raise WorldError("new.missing", what, next_step="uv pip install 'hansa[new]'")
    refuse_without_git()


def _copy(source: str, target: Path, answers: dict[str, str]) -> None:
    """Written beside its place and moved there whole, so that an end in the middle leaves no half of a package."""
    with _folder_beside(target) as folder:
        made = folder / target.name
        with _one_line(target):
            import copier

            copier.run_copy(source, made, data=answers, defaults=True, quiet=True)
        if not made.is_dir() or not any(made.iterdir()):
            raise WorldError("new.template", "the template writes nothing", where=source, next_step="name another one")
        _refuse_taken(target)
        made.rename(target)


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        what = f"nothing can be written there ({error.strerror or 'refused'})"
        raise WorldError("new.folder", what, where=str(target.parent), next_step="name another by --into") from None
    with folder as name:
        yield Path(name)


@contextmanager
def _one_line(where: Path) -> Iterator[None]:
    """Whatever copier or Git say becomes one sentence; what stands in a template is foreign code."""
    import warnings

    from copier.errors import CopierError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError
    from yaml import YAMLError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ProcessExecutionError as error:
        said = (str(error.stderr).strip().splitlines() or ["no reason"])[-1]
        raise WorldError("new.template", f"Git says: {said}", where=str(where), next_step=_MEND) from None
    except (CopierError, TemplateError, YAMLError, ValueError, TypeError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise WorldError("new.template", said, where=str(where), next_step=_MEND) from None


_MEND = "see that folder and template are Git repositories with everything committed"


def _sources(target: Path) -> dict[str, str]:
    """Where Hansa lies on this machine, if it did not come from a package index; a workspace knows it by itself."""
    if _in_workspace(target):
        return {}
    found = {"hansa_folder": _installed_from("hansa"), "contracts_folder": _installed_from("hansa-contracts")}
    return {name: place for name, place in found.items() if place}


def _installed_from(name: str) -> str:
    """The folder or the wheel from which a distribution was installed, empty if that was an index."""
    try:
        text = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    url = urlsplit(json.loads(text)["url"] if text else "")
    place = unquote(url.path)
    return place if url.scheme == "file" and Path(place).exists() else ""


def _in_workspace(target: Path) -> bool:
    """True if a uv workspace above takes the new folder for one of its members."""
    for folder in target.parents:
        project = folder / "pyproject.toml"
        if project.is_file():
            tools = tomllib.loads(project.read_text("utf-8")).get("tool", {})
            members = tools.get("uv", {}).get("workspace", {}).get("members", [])
            path = target.relative_to(folder).as_posix()
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in members):
                return True
    return False
