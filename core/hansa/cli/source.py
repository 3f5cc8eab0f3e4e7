"""``hansa source draft`` and ``hansa source try``: find the words of a source, and read by them without effect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH, print_json, registry_of

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
    file: str = typer.Argument(
        metavar="FILE", help="A file, or object s3://bucket/key, as an institution sends it, or a database's address."
    ),
    table: str = typer.Option(None, "--table", help="Table or view of a database: name, or schema.name."),
    password_env: str = typer.Option(None, "--password-env", help="Variable that holds the database's password."),
    identity: str = typer.Option(None, "--id", help="Write it as the entry of this contract, domain.product."),
    as_json: bool = JSON,
    mesh: Path = MESH,
) -> None:
    """Propose the words of a source: each with what was seen and how sure it is. No value of the data is copied."""
    from hansa.contract_draft.draft import check_id
    from hansa.source_draft import draft_source, written
    from hansa.source_draft.database_draft import draft_database
    from hansa.sources.remote import is_remote

    if identity is not None:
        check_id(identity)
    if "://" in file and not is_remote(file):
        made = draft_database(file, table, password_env)
    else:
        _refuse_words(table, password_env)
        readers = registry_of(mesh).readers
        made = _draft_of_object(file, readers, mesh) if is_remote(file) else draft_source(Path(file), readers)
    if as_json:
        print_json(_document(made))
    else:
        typer.echo(written(made, identity), nl=False)


def try_source(
    binding: str = typer.Argument(
        metavar="BINDING", help="An entry of the mesh file, a mesh file, a layout file or a draft."
    ),
    file: str = typer.Argument(
        None, metavar="FILE", help="The data file or object to read by it (else that of its uri)."
    ),
    contract: Path = typer.Option(
        None, "--contract", help="Contract to read it under (else that of the entry, else types by its values)."
    ),
    source: str = typer.Option(None, "--source", help="Which entry of a mesh file (else the contract's, or the only)."),
    as_json: bool = JSON,
    mesh: Path = MESH,
) -> None:
    """Read a file by a binding without publishing it; identifiers are masked. Exit code 1 if it is refused.

    An entry of a mesh file is read under its contract, and what that seals is masked.
    """
    from hansa.contract import read_contract
    from hansa.source_draft.binding_file import read_binding
    from hansa.source_draft.database_trial import tried_database
    from hansa.source_draft.masked import document, told
    from hansa.source_draft.trial import tried

    under: Contract | None = read_contract(contract) if contract is not None else None
    bound = read_binding(binding, source or (under.id if under is not None else None), mesh)
    registry = registry_of(mesh)
    under = under or bound.contract(registry)
    if bound.in_database:
        bound.refuse_file(file)
        trial = tried_database(bound.binding, bound.base, f"sources.{bound.name}", under, bound.zone)
    else:
        path, address = bound.file(file)
        trial = tried(path, bound.binding, registry.readers, under, bound.zone, address)
    if as_json:
        print_json(document(trial))
    else:
        for line in told(trial):
            typer.echo(line)
    if trial.refusal is not None:
        raise typer.Exit(1)


def _draft_of_object(uri: str, readers: Mapping[str, Reader], mesh: Path | None) -> Drafted:
    """The draft of an object, which is fetched; whatever is said of it names its address."""
    from hansa.errors import HansaError
    from hansa.mesh.place import meant_mesh_file
    from hansa.mesh.read import read_store
    from hansa.source_draft import draft_source
    from hansa.sources.remote import fetched

    path, _ = fetched(uri, "FILE", read_store(meant_mesh_file(mesh)))
    try:
        return draft_source(path, readers).told_as(str(path), uri)
    except HansaError as error:
        error.where = error.where.replace(str(path), uri)
        error.args = (error.sentence(),)
        raise


def _refuse_words(table: str | None, password_env: str | None) -> None:
    """Refuse what is said of a database where a file is named."""
    from hansa.errors import MeshError

    for option, value in (("--table", table), ("--password-env", password_env)):
        if value is not None:
            what = "it is a word of a database, and FILE is the path of a file"
            mend = "leave it out, or write an address such as postgresql://user@host/database"
            raise MeshError("database.words", what, where=option, next_step=mend)


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
