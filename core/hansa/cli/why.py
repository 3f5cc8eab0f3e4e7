"""``hansa why``: what an error code means, how it comes about and how to mend it, in English or Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, print_json

if TYPE_CHECKING:
    from hansa.codes import Page

_MEND = {"en": "mend: ", "zh": "处理办法："}
#: How alike a family, and what follows its dot, must be to what was typed: a slip of the finger, not another word.
_NEAR_FAMILY, _NEAR_REST = 0.75, 0.75


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="why")(why)


def why(
    code: str = typer.Argument(None, help="A code (source.missing), the word of a note, or a family (source)."),
    lang: str = typer.Option(None, "--lang", help="en or zh (else by LC_ALL, LC_MESSAGES, LANG)."),
    as_json: bool = JSON,
) -> None:
    """Explain an error code; without one list all of them."""
    from hansa.codes import families, language, pages

    spoken = language(lang)
    # As a message prints it, or its line was copied: [source.missing].
    asked = (code or "").strip().strip("[]").lower() or None
    # The first word of a line that tells something of a source is what follows the dot of its code.
    note = next((page for page in pages(spoken, "note") if page.code == f"note.{asked}"), None)
    if asked is None or asked in families():
        _list([*pages(spoken, asked), *([note] if note is not None else [])], as_json)
        return
    every = {page.code: page for page in pages(spoken)} | ({asked: note} if note is not None else {})
    if asked not in every:
        raise _unknown(asked, families(), list(every))
    found = every[asked]
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.code}\n{found.what}\n{_MEND[spoken]}{found.mend}")


def _unknown(asked: str, families: Sequence[str], codes: Sequence[str]) -> Exception:
    """A code that there is none of, with the near ones, else with its family, else with all families."""
    from hansa.errors import MeshError

    near, family = near_codes(asked, families, codes), asked.partition(".")[0]
    if near:
        mend = f"did you mean {' or '.join(near)}?"
    elif family in families:
        mend = f"hansa why {family} lists the codes of that family"
    else:
        mend = f"write FAMILY or FAMILY.CODE; families are {', '.join(families)}"
    return MeshError("why.unknown", f"there is no code '{asked[:60]}'", next_step=mend)


def near_codes(asked: str, families: Sequence[str], codes: Sequence[str]) -> list[str]:
    """At most three codes or families that ``asked`` is a slip of, the nearest first; none that only looks like one.

    The family and what follows it are compared apart: a long family in common makes no two codes alike.
    """
    family, dot, rest = asked.partition(".")
    likeness = {name: _alike(family, name) for name in families}
    if not dot:
        found = {name: value for name, value in likeness.items() if value >= _NEAR_FAMILY}
    else:
        beside = [(code, code.partition(".")) for code in codes if likeness[code.partition(".")[0]] >= _NEAR_FAMILY]
        both = {code: (likeness[parts[0]], _alike(rest, parts[2])) for code, parts in beside}
        found = {code: own + other for code, (own, other) in both.items() if other >= _NEAR_REST}
    return sorted(found, key=lambda name: (-found[name], name))[:3]


def _alike(one: str, other: str) -> float:
    """From 0 to 1 how alike two words are; words of very different lengths are not compared."""
    if len(one) > 3 * len(other) or len(other) > 3 * len(one):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _list(found: list[Page], as_json: bool) -> None:
    if as_json:
        print_json({"codes": [asdict(one) for one in found]})
        return
    width = max(len(one.code) for one in found)
    for one in found:
        typer.echo(f"{one.code:<{width}}  {one.first}")
