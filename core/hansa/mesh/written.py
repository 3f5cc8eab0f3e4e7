"""A mesh file as text: every setting with what it means, what is not given as a comment with its default.

What a setting means comes from the fields of ``MeshFile`` and of what lies in them, from modules and from contracts.
Words stand behind a sign and one blank; a setting behind a sign alone, so that without it the line says its default.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from textwrap import wrap
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from hansa.contract.allowed import told_words
from hansa.contract.options import described
from hansa.contract.scalar import plain_value
from hansa.errors import one_line
from hansa.mesh.declared import contract_of
from hansa.mesh.file import SECTIONS, MeshFile
from hansa.sources.binding import Binding, MappingWords

if TYPE_CHECKING:
    from hansa.contract.model import Column, Contract
    from hansa.products import Module
    from hansa.registry import Registry

_PLAIN = re.compile(r"[A-Za-z0-9./][A-Za-z0-9 ./_-]*[A-Za-z0-9/_]|[A-Za-z0-9.]")
_HEAD = """\
# {title}
# A setting that is not said stands behind a # with its default: take the # away (not the blanks after it) and change
# what follows. One that is indented belongs to the line above it that is indented less, which loses its # as well.
# hansa check says what is left to bind, hansa run computes what is on."""


def mesh_text(given: Mapping[str, Any], on: Collection[str], registry: Registry) -> str:
    """A whole mesh file: ``given`` are the settings without a default, ``on`` the modules to switch on."""
    parts = [_HEAD.format(title=f"The mesh of {given['name']}: what this institution chooses.".replace("\n", " "))]
    for name, field in MeshFile.model_fields.items():
        parts.append("\n".join(_section(name, field, given, on, registry)))
    return "\n\n".join(parts) + "\n"


def rest_text(said: Collection[str], on: Collection[str], registry: Registry, bound: Collection[str]) -> str:
    """What a profile does not say, as comments to follow its text; ``bound`` are the products that have a source."""
    parts = ["# What is not said above, each setting behind a # with its default."]
    for name, field in MeshFile.model_fields.items():
        if name == "sources":
            stubs = list(_stubs([one for one in to_bind(on, registry) if one.id not in bound]))
            if stubs:
                head = [f"# {field.description}; these are left to bind"]
                head += ["#sources:"] if name not in said else ["# (under sources, above)"]
                parts.append("\n".join([*head, *stubs]))
        elif name not in said and not field.is_required():
            parts.append("\n".join(_section(name, field, {}, on, registry)))
    return "\n\n".join(parts) + "\n"


def _section(
    name: str, field: FieldInfo, given: Mapping[str, Any], on: Collection[str], registry: Registry
) -> Iterator[str]:
    """One field of the mesh file."""
    yield from wrap(meaning(field), 118, initial_indent="# ", subsequent_indent="# ")
    if name in given:
        yield f"{name}: {scalar(given[name])}"
    elif name == "modules":
        yield from _modules(on, registry.modules)
    elif name == "settings":
        yield from _settings([registry.modules[one] for one in sorted(on) if one in registry.modules])
    elif name == "sources":
        yield from _sources(list(to_bind(on, registry)))
    elif name in SECTIONS:
        yield f"#{name}:"
        for inner, one in SECTIONS[name].model_fields.items():
            yield f"#  # {meaning(one)}"
            yield f"#  {inner}: {scalar(one.get_default(call_default_factory=True, validated_data={}))}"
    else:
        yield f"#{name}: {scalar(field.get_default(call_default_factory=True, validated_data={}))}"


def _modules(on: Collection[str], installed: Mapping[str, Module]) -> Iterator[str]:
    yield "modules:" if installed else "modules: {}"
    for name, module in sorted(installed.items()):
        title = " / ".join(text for text in (module.title, module.title_zh) if text)
        yield f"  {name}: {'on' if name in on else 'off'}" + (f"  # {title}" if title else "")


def _settings(modules: Sequence[Module]) -> Iterator[str]:
    having = [module for module in modules if module.settings]
    yield "#settings:" if having else "#settings: {}"
    for module in having:
        yield f"#  {module.name}:"
        for name, setting in module.settings.items():
            yield f"#    # {setting.description}{'; true or false' if isinstance(setting.default, bool) else ''}"
            yield f"#    {name}: {scalar(setting.default)}"


def to_bind(on: Collection[str], registry: Registry) -> Iterator[Contract]:
    """The contracts to which a source is to be bound, by id.

    They are those of the modules' own products that come from a source, and of what these modules read though none of
    them makes it: a bound source needs no module.
    """
    own = [product for name in on if name in registry.modules for product in registry.modules[name].products]
    computed = {p.id for module in registry.modules.values() for p in module.products if not p.from_source}
    read = {given.product for product in own for given in product.requires} - computed
    for id in sorted({product.id for product in own if product.from_source} | read):
        if (contract := contract_of(registry, id)) is not None:
            yield contract


def _sources(contracts: Sequence[Contract]) -> Iterator[str]:
    for model, skipped in ((Binding, "mapping"), (MappingWords, "")):
        yield "# Words of a source:" if model is Binding else "# Words of its mapping:"
        yield from (f"# - {word}: {meaning(one)}" for word, one in model.model_fields.items() if word != skipped)
    yield "#sources:" if contracts else "#sources: {}"
    yield from _stubs(contracts)


def title(contract: Contract) -> str:
    """What a product is, in one line, in the languages of its contract."""
    return line(" / ".join(text for text in (contract.description, contract.description_zh) if text) or contract.id)


def _stubs(contracts: Sequence[Contract]) -> Iterator[str]:
    """An example of a source for each contract: left the contract's columns, right those of the file."""
    for contract in contracts:
        yield f"#  # {title(contract)}"
        yield f"#  {contract.id}:"
        yield f"#    uri: {contract.product}.csv"
        yield "#    mapping:"
        yield "#      rename:"
        for column in contract.columns:
            if column.business_date_of is None:
                yield f"#        {column.name}: {column.name}  # {about(column, contract)}"


def meaning(field: FieldInfo) -> str:
    """What a setting means, with the words of its closed list, as far as its description does not have them."""
    told, words = field.description or "", allowed(field.annotation)
    if all(re.search(rf"(?<![\\w-]){re.escape(word)}(?![\\w-])", told) for word in words):
        return told
    if words == _TRUTH:
        return f"{told}; true or false"
    return f"{told}; one of {', '.join(words)}" if len(words) > 1 else f"{told}; {words[0]} alone"


_TRUTH = ("true", "false")


def allowed(annotation: Any) -> tuple[str, ...]:
    """The words of a type that has a closed list of them, or of the entries of such a list; empty for any other."""
    if annotation is bool:
        return _TRUTH
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return tuple(str(word) for word in inner)
    if origin is Annotated:
        return allowed(inner[0])
    if origin in (tuple, list, Union, UnionType):
        parts = [allowed(one) for one in inner if one not in (Ellipsis, type(None))]
        # Where a part takes anything, the words of the others are no closed list.
        return tuple(word for part in parts for word in part) if all(parts) else ()
    return allowed(inner[1]) if origin is dict else ()


def about(column: Column, contract: Contract) -> str:
    """What a column holds, in one line, with the words that its rules allow."""
    kind = column.logical_type if column.nested else described(column)
    marks = ["required" if column.required else "", "key" if column.key_position is not None else ""]
    marks += [f"becomes a token of {column.tokenise}" if column.tokenise else ""]
    lists = [column.enum, *(rule.valid_values for rule in contract.rules if rule.columns == (column.name,))]
    marks += [f"one of {told_words(words)}" for words in lists if words]
    told = ", ".join([kind, *(mark for mark in marks if mark)])
    return line(f"{told}: {column.description}" if column.description else told)


def line(text: str) -> str:
    """A text as one line of a comment."""
    return " ".join(one_line(text).split())


def scalar(value: Any) -> str:
    """A value as YAML has it in one line."""
    if isinstance(value, dt.timedelta):
        seconds = value.total_seconds()
        return str(int(seconds)) if seconds == int(seconds) else str(seconds)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str) and _PLAIN.fullmatch(value) and plain_value(value) == value:
        return value
    written = json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in written)
