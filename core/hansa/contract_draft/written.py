"""Proposals as an ODCS file: one line a column, with what was seen as a comment above it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hansa.contract_draft.header import shown
from hansa.contract_draft.proposal import Proposal

VERSION = "0.1.0"
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Words that YAML reads as something else than text, in its old version or the new one.
_READ_OTHERWISE = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"])
_WIDTH = 110


def written(identity: str, head: Iterable[str], proposals: Sequence[Proposal], left_out: Iterable[str]) -> str:
    """The text of the draft. ``head`` are sentences for its first lines, ``left_out`` those at the end."""
    domain, _, product = identity.partition(".")
    lines = [f"# {part}" for sentence in head for part in _folded(sentence)]
    lines += [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {identity}",
        f"version: {VERSION}",
        "status: draft",
        f"domain: {scalar(domain)}",
        "schema:",
        f"  - name: {scalar(product)}",
        "    properties:",
    ]
    for proposal in proposals:
        lines += [f"      # {part}" for sentence in _remarks(proposal) for part in _folded(sentence)]
        lines.append(f"      - {_flow(property_of(proposal))}")
    lines += [f"      # {part}" for sentence in left_out for part in _folded(sentence)]
    return "\n".join(lines) + "\n"


def _remarks(proposal: Proposal) -> Iterator[str]:
    """The facts as one sentence, and what is to be decided as the next."""
    if proposal.comments:
        yield f"Seen: {'; '.join(proposal.comments)}."
    if proposal.decide:
        yield f"Decide: {'. '.join(proposal.decide)}."


def property_of(proposal: Proposal) -> dict[str, Any]:
    """The property as ODCS has it, no rule among it."""
    made: dict[str, Any] = {"name": proposal.name, "logicalType": proposal.logical_type}
    if proposal.physical_type:
        made["physicalType"] = proposal.physical_type
    if proposal.zoned is not None:
        made["logicalTypeOptions"] = {"timezone": proposal.zoned}
    if proposal.classification:
        made["classification"] = proposal.classification
    made |= proposal.parts
    custom: list[dict[str, Any]] = []
    if proposal.formats:
        custom.append({"property": "formats", "value": list(proposal.formats)})
    if proposal.tokenise:
        custom.append({"property": "tokenise", "value": proposal.tokenise})
    if custom:
        made["customProperties"] = custom
    return made


def rename_hint(proposals: Sequence[Proposal]) -> str | None:
    """What a mesh file says so that columns whose names were mended are found in the file."""
    pairs = [(one.name, one.source_name) for one in proposals if one.name != one.source_name]
    if not pairs:
        return None
    shown_pairs = ", ".join(f"{name}: {shown(source)}" for name, source in pairs[:20])
    more = ", ..." if len(pairs) > 20 else ""
    return (
        "Some names of the file are none for a column and were changed. Rename them in the file, or bind it in "
        f"mesh.yaml with mapping: {{rename: {{{shown_pairs}{more}}}}}"
    )


def _folded(sentence: str) -> list[str]:
    """A sentence as lines of a comment, parted at blanks."""
    lines, line = [], ""
    for word in sentence.split(" "):
        if line and len(line) + len(word) + 1 > _WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return scalar(str(value))


def scalar(text: str) -> str:
    """A text as YAML has it, in quotes where it would be read as something else."""
    if _BARE.fullmatch(text) and text.lower() not in _READ_OTHERWISE:
        return text
    return json.dumps(text, ensure_ascii=False)
