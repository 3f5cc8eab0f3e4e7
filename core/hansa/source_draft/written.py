"""A draft as YAML: each word with its value, and behind it what was seen and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hansa.errors import one_line
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.finding import Finding, counted

_WIDTH = 110
#: The order of an entry's words; others follow.
_ORDER = (
    "uri", "password_env", "table", "watermark", "partition",
    "format", "encoding", "byte_order_mark", "sheet", "separator", "quote", "text_after_quote", "header", "columns",
    "footer", "skip", "extra_fields", "ignore", "strip_prefix", "formula_text", "trim", "control", "null_words",
    "decimal", "grouping", "grouping_size", "digits", "currency", "negative", "positive", "two_digit_years", "mapping",
)  # fmt: skip


def written(draft: Drafted, entry: str | None = None) -> str:
    """The YAML of a draft: the words of a ``layout`` file, or, under an ``entry``, a part of a mesh file."""
    lines = [f"# {line}" for line in _head(draft)]
    pad = ""
    if entry is not None:
        lines += ["sources:", f"  {entry}:"]
        if ("uri",) not in {finding.path for finding in draft.findings}:
            lines.append(f"    uri: {flow(draft.place)}")
        pad = "    "
    lines += [pad + line for line in _words(draft.findings)]
    return "\n".join(lines) + "\n"


def _head(draft: Drafted) -> list[str]:
    read = (
        f"Read by these words: {counted(draft.read, 'row')}."
        if draft.read is not None
        else "By these words it is refused."
    )
    lines = [f"Draft of a source: {draft.place}", draft.told or read]
    if draft.refusal:
        lines.append(draft.refusal)
    lines += [f"Skipped by {rule}: {counted(times, 'line')}" for rule, times in draft.skipped.items()]
    if not draft.whole:
        lines.append("The file is large: its head and its end were looked at, and the whole of it was read once.")
    if draft.unsure:
        lines.append("Unsure, for its owner:")
        lines += [f"- {one.word}: {one_line(one.seen)}; {one.question or 'is it so?'}" for one in draft.unsure]
    else:
        lines.append("Nothing of it is unsure.")
    return lines


def _words(findings: Sequence[Finding]) -> Iterable[str]:
    order = {word: number for number, word in enumerate(_ORDER)}
    top = sorted((f for f in findings if f.path[0] != "mapping"), key=lambda f: order.get(f.path[0], len(order)))
    for finding in top:
        yield from _line(finding, "", finding.path[0])
    mapped = [finding for finding in findings if finding.path[0] == "mapping"]
    if not mapped:
        return
    if any(finding.value is not None for finding in mapped):
        yield "mapping:"
    done: set[str] = set()
    for finding in mapped:
        if len(finding.path) == 1 or finding.value is None:
            yield from _line(finding, "  ", ".".join(finding.path[1:]) or "mapping")
        elif len(finding.path) == 2:
            yield from _line(finding, "  ", finding.path[1])
        elif finding.path[1] not in done:
            done.add(finding.path[1])
            yield f"  {finding.path[1]}:"
            for one in mapped:
                if len(one.path) == 3 and one.path[1] == finding.path[1] and one.value is not None:
                    yield from _line(one, "    ", flow(one.path[2]))


def _line(finding: Finding, pad: str, word: str) -> Iterable[str]:
    told = one_line(f"{finding.sure}: {finding.seen}" + (f"; {finding.question}" if finding.question else ""))
    if finding.value is None:
        yield f"{pad}# {word}: {told}"
        return
    line = f"{pad}{word}: {flow(finding.value)}"
    if len(line) + len(told) + 4 > _WIDTH:
        yield f"{pad}# {told}"
        yield line
    else:
        yield f"{line}  # {told}"


def flow(value: Any) -> str:
    """A value in one line of YAML that reads back as itself."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(name)}: {flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, str):
        return value if _plain(value) else _quoted(value)
    return json.dumps(value)


_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "none", "nan", "inf"} - {"none"})


def _plain(text: str) -> bool:
    """True for a text that YAML takes for itself without quotes."""
    return text.replace("_", "a").replace("-", "a").isalnum() and text[0].isalpha() and text.casefold() not in _WORDS


def _quoted(text: str) -> str:
    signs = (
        sign if sign == " " or sign.isprintable() else _escaped(sign) for sign in json.dumps(text, ensure_ascii=False)
    )
    return "".join(signs)


def _escaped(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
