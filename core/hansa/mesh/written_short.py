"""A mesh file with no more than an institution needs to begin; all else has a default, which a full one tells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from hansa.mesh.file import MeshFile
from hansa.mesh.written import about, line, meaning, scalar, title, to_bind

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.registry import Registry

_WIDTH = 118
_HEAD = (
    "The mesh of {name}: what this institution chooses. Under sources write the path of each of your files, and right "
    "of each column the name that it has there; then hansa check says what is left, and hansa run computes what is on."
)
#: What has a default and is told all the same, because it must be known where it lies.
_PLACES = ("warehouse", "keys", "vault")
_SOURCES = (
    "by product id, the source whose rows become this product: left the columns that its contract asks for, right "
    "those of the file; a column of the same name needs no line"
)
_REST = (
    "Everything else has a default: {names}, and further words of a source, such as separator, encoding and formats. "
    "hansa init --profile full --into FOLDER writes all of it with what it means."
)


def short_text(given: Mapping[str, Any], on: Collection[str], registry: Registry) -> str:
    """A short mesh file: ``given`` are the settings without a default, ``on`` the modules to switch on."""
    fields = MeshFile.model_fields
    parts = [list(_comment(_HEAD.format(name=line(str(given["name"])))))]
    for name, field in fields.items():
        told = list(_comment(meaning(field)))
        if name in given:
            parts.append([*told, f"{name}: {scalar(given[name])}"])
        elif name == "modules":
            parts.append([*told, *_modules(on, registry)])
        elif name == "sources":
            parts.append([*_comment(_SOURCES), *_sources(list(to_bind(on, registry)))])
        elif name in _PLACES:
            parts.append([*told, f"{name}: {scalar(field.get_default())}"])
    said = {*given, "modules", "sources", *_PLACES}
    parts.append(list(_comment(_REST.format(names=", ".join(name for name in fields if name not in said)))))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _comment(text: str) -> Iterator[str]:
    yield from wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _modules(on: Collection[str], registry: Registry) -> Iterator[str]:
    """The modules that are on; what else is installed is named by a command."""
    yield "modules:" if on else "modules: {}"
    for name in sorted(on):
        module = registry.modules[name]
        titles = line(" / ".join(text for text in (module.title, module.title_zh) if text))
        yield f"  {name}: on" + (f"  # {titles}" if titles else "")
    others = sum(name not in on for name in registry.modules)
    if others:
        yield f"  # hansa modules lists {others} more that could be on"


def _sources(contracts: Sequence[Contract]) -> Iterator[str]:
    yield "sources:" if contracts else "sources: {}"
    for contract in contracts:
        yield f"  # {title(contract)}"
        yield f"  {contract.id}:"
        yield f"    uri: {contract.product}.csv"
        wanted = [one for one in contract.columns if one.business_date_of is None]
        required = [one for one in wanted if one.required or one.key_position is not None]
        if required:
            yield "    mapping:"
            yield "      rename:"
            yield from (f"        {one.name}: {one.name}  # {about(one, contract)}" for one in required)
        others = ", ".join(one.name for one in wanted if one not in required)
        if others:
            text = f"it takes these too, and they may be missing: {others}"
            yield from wrap(text, _WIDTH, initial_indent="    # ", subsequent_indent="    # ")
