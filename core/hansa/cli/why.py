"""``hansa why``: what an error code means, how it comes about and how to mend it, in English or Chinese."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, print_json

if TYPE_CHECKING:
    from hansa.codes import Page

_MEND = {"en": "mend: ", "zh": "处理办法："}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="why")(why)


def why(
    code: str = typer.Argument(None, help="An error code such as source.missing, or a family of them such as source."),
    lang: str = typer.Option(None, "--lang", help="en or zh (else by LC_ALL, LC_MESSAGES, LANG)."),
    as_json: bool = JSON,
) -> None:
    """Explain an error code; without one list all of them."""
    from hansa.codes import families, language, page, pages

    spoken = language(lang)
    asked = (code or "").strip().lower() or None
    if asked is None or asked in families():
        _list(list(pages(spoken, asked)), as_json)
        return
    found = page(asked, spoken)
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.code}\n{found.what}\n{_MEND[spoken]}{found.mend}")


def _list(found: list[Page], as_json: bool) -> None:
    if as_json:
        print_json({"codes": [asdict(one) for one in found]})
        return
    width = max(len(one.code) for one in found)
    for one in found:
        typer.echo(f"{one.code:<{width}}  {one.first}")
