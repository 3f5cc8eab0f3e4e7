"""Words of a source that stand in a file of their own, so that several entries, or several meshes, share them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.near import near
from hansa.sources.binding import Binding

#: Words that are the entry's alone.
_OWN = ("uri", "layout")


def with_layout(binding: Binding, base: Path, entry: str) -> Binding:
    """The binding with the words of the file that its ``layout`` names; itself if it names none.

    ``base`` is the mesh file's folder: the file lies in it or below. The entry's own words go before those of the file;
    under ``mapping`` that is so word by word, and column by column. Errors: MeshError with file and line.
    """
    if binding.layout is None:
        return binding
    path = _inside(binding.layout, base, entry)
    words, lines = load(path)
    for word in _OWN:
        if word in words:
            what = f"{word} is a word of the entry in the mesh file"
            raise MeshError(
                "source.layout", what, where=f"{path}:{lines.get((word,), 1)}", next_step=f"write it under {entry}"
            )
    own = _written(binding)
    own.pop("layout", None)
    if "mapping" in own:
        own["mapping"] = _written(binding.mapping)
    try:
        return Binding.model_validate({**_merged(words, own), "uri": binding.uri})
    except ValidationError as error:
        raise _refused(error, path, lines) from None


def _written(words: BaseModel) -> dict[str, Any]:
    """The words that were written, also those that say nothing: they take the place of another file's."""
    told = words.model_dump(exclude_unset=True)
    return {name: told.get(name, getattr(words, name)) for name in words.model_fields_set}


def _inside(name: str, base: Path, entry: str) -> Path:
    path = base / name
    if not path.resolve().is_relative_to(base.resolve()):
        what = "the file of a layout lies in the mesh file's folder or below"
        raise MeshError("source.layout", what, where=f"{entry}.layout", next_step="move it there")
    if not path.is_file():
        folder = path.parent
        close = near(path.name, (one.name for one in folder.iterdir())) if folder.is_dir() else None
        mend = f"did you mean '{close}'?" if close else "mend the path"
        raise MeshError("source.layout", f"there is no file {path}", where=f"{entry}.layout", next_step=mend)
    return path


def _merged(words: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    made = {**words, **own}
    shared, mapping = words.get("mapping"), own.get("mapping")
    if isinstance(shared, Mapping) and isinstance(mapping, Mapping):
        made["mapping"] = {**shared, **mapping}
        for word, said in mapping.items():
            if isinstance(said, Mapping) and isinstance(shared.get(word), Mapping):
                made["mapping"][word] = {**shared[word], **said}
    return made


def _refused(error: ValidationError, path: Path, lines: Mapping[Any, int]) -> MeshError:
    """The first fault, with the line of its word."""
    fault = error.errors(include_url=False)[0]
    place = tuple(fault["loc"])
    line = next((lines[place[:depth]] for depth in range(len(place), 0, -1) if place[:depth] in lines), 1)
    name = ".".join(str(part) for part in place)
    problem, _, mend = fault["msg"].removeprefix("Value error, ").partition("; ")
    if fault["type"] == "extra_forbidden":
        close = near(str(place[-1]), Binding.model_fields)
        what, mend = f"there is no word '{name}'", f"did you mean '{close}'?" if close else "see docs/sources.md"
    else:
        what = f"{name} is {problem[:1].lower()}{problem[1:]}" if name else problem
    return MeshError("source.layout", what, where=f"{path}:{line}", next_step=mend)
