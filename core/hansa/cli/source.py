"""``hansa source draft`` and ``hansa source try``: find the words of a source, and read by them without effect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH, print_json

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.source_draft import Drafted
    from hansa.sources import Reader


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(name="source", help="Find the words of a source, and try them.", no_args_is_help=True)
    group.command(name="draft")(draft)
    group.command(name="try")(try_source)
    app.add_typer(group)


def draft(
    file: Path = typer.Argument(metavar="FILE", help="A file as an institution sends it."),
    identity: str = typer.Option(None, "--id", help="Write it as the entry of this contract, domain.product."),
    as_json: bool = JSON,
    mesh: Path = MESH,
) -> None:
    """Propose the words of a source: each with what was seen and how sure it is. No value of the data is copied."""
    from hansa.source_draft import draft_source, written

    made = draft_source(file, _readers(mesh))
    if as_json:
        print_json(_document(made))
    else:
        typer.echo(written(made, identity), nl=False)


def try_source(
    binding: Path = typer.Argument(metavar="BINDING", help="A mesh file, a layout file or a draft."),
    file: Path = typer.Argument(metavar="FILE", help="The data file to read by it."),
    contract: Path = typer.Option(None, "--contract", help="Contract to read it under (else types by its values)."),
    source: str = typer.Option(None, "--source", help="Which entry of a mesh file (else the contract's, or the only)."),
    as_json: bool = JSON,
    mesh: Path = MESH,
) -> None:
    """Read a file by a binding without publishing it; identifiers are masked. Exit code 1 if it is refused."""
    from hansa.contract import read_contract
    from hansa.source_draft.binding_file import read_binding
    from hansa.source_draft.masked import document, told
    from hansa.source_draft.trial import tried

    under: Contract | None = read_contract(contract) if contract is not None else None
    bound = read_binding(binding, file, source or (under.id if under is not None else None))
    trial = tried(file, bound, _readers(mesh), under)
    if as_json:
        print_json(document(trial))
    else:
        for line in told(trial):
            typer.echo(line)
    if trial.refusal is not None:
        raise typer.Exit(1)


def _readers(mesh: Path | None) -> Mapping[str, Reader]:
    """The readers of the plugins that the mesh allows, and the built-in ones."""
    from hansa.mesh.read import read_plugin_choice
    from hansa.registry import load

    return load(choice=read_plugin_choice(mesh)).readers


def _document(made: Drafted) -> dict[str, object]:
    findings = [
        {"word": f.word, "value": f.value, "sure": f.sure, "seen": f.seen, "question": f.question}
        for f in made.findings
    ]
    return {
        "file": made.place,
        "words": made.words,
        "findings": findings,
        "rows": made.read,
        "skipped": dict(made.skipped),
        "refusal": made.refusal or None,
    }
