"""``hansa publish CONTRACT FILE``: the gate alone, with no mesh and no plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, WAREHOUSE, command

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.receipt import Publication
    from hansa.scope import Mode
    from hansa.secrets import Keys
    from hansa.store.warehouse import Warehouse
    from hansa.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="publish")(publish_file)


def publish_file(
    contract: Path = typer.Argument(help="The contract: an ODCS YAML file."),
    file: Path = typer.Argument(help="The data: a CSV or Parquet file."),
    warehouse: str = WAREHOUSE,
    as_json: bool = JSON,
    separator: str = typer.Option(",", "--separator", help="Separator of a CSV file."),
    zone: str = typer.Option("UTC", "--zone", help="Time zone of the business day."),
    dry_run: bool = typer.Option(False, "--dry-run", help="All steps of the gate but the last: nothing is published."),
    whole: bool = typer.Option(False, "--replace", help="The file brings all of its days whole."),
    merge: bool = typer.Option(False, "--merge", help="The file brings no day whole: its rows join those that stand."),
) -> None:
    """Send a file through the gate under a contract.

    The file brings its newest day whole. Rows of earlier days that are published already are late: they are merged into
    their day by the contract's key, or go to quarantine where it has none. A product without days is replaced.
    A day that the rules of its own column refuse is never the newest one.
    """
    import json
    from uuid import uuid4

    from hansa.cli.place import keys_of, warehouse_of
    from hansa.contract import read_contract
    from hansa.gate import Origin, publish
    from hansa.receipt import InputRead
    from hansa.run import Run
    from hansa.sources import built_in_readers, known_zone, open_file, translate
    from hansa.sources.files import listed

    read = read_contract(contract)
    source = open_file(file, read, built_in_readers(), separator=separator)
    store = warehouse_of(warehouse)
    keys = keys_of(warehouse=store) if read.sealed else None
    publication = publish(
        source.frame,
        read,
        Run(uuid4().hex, known_zone(zone)),
        store,
        mode=_mode(whole, merge),
        keys=keys,
        vault=vault_for(read, keys, store),
        reading=source.reading,
        origin=Origin(inputs=(InputRead(name=source.place, fingerprint=_content(file)),)),
        rereadable=True,
        dry_run=dry_run,
        translate=lambda error: translate(error, source.place),
    )
    if as_json:
        typer.echo(json.dumps(publication.reading(), ensure_ascii=False, allow_nan=False, indent=2))
    else:
        _tell(publication, dry_run, warehouse)
    if source.surplus:
        # Under a contract with secrets an unknown name may be one: the first row of a file without a header.
        told = f"{len(source.surplus)} of the file's columns" if read.sealed else listed(source.surplus)
        typer.echo(f"note: the contract does not know {told}", err=True)
    refuse_held(publication, read, store, lambda name, product: command(name, product, warehouse))


def vault_for(contract: Contract, keys: Keys | None, store: Warehouse, mesh: Path | None = None) -> Vault | None:
    """The vault that the environment or the mesh file names, for a contract that makes tokens."""
    from hansa.cli.reveal import vault_place
    from hansa.vault import Vault

    if keys is None or not any(column.tokenise for column in contract.columns) or (place := vault_place(mesh)) is None:
        return None
    if store.objects.folder is not None:
        place.refuse_inside(store.objects.folder)
    return Vault(place, keys)


def _mode(whole: bool, merge: bool) -> Mode:
    if whole and merge:
        from hansa.errors import MeshError

        raise MeshError(
            "publish.mode", "--replace and --merge exclude each other", next_step="give one of them or none"
        )
    return "replace" if whole else "merge" if merge else "file"


def _content(file: Path) -> str:
    """SHA-256 of the file: a file that is sent again is known by what stands in it, not by its time of change."""
    from hansa.digest import sha256_of

    with file.open("rb") as opened:
        return sha256_of(iter(lambda: opened.read(1 << 20), b""))


def _tell(publication: Publication, dry_run: bool, warehouse: str | None) -> None:
    state = _state(publication, dry_run)
    count = publication.total("accepted") if dry_run else publication.total("published")
    typer.echo(f"{state}  {publication.product}  {count} rows, {publication.total('quarantined')} quarantined")
    broken: dict[str, int] = {}
    for receipt in publication.receipts:
        for rule, hits in receipt.broken.items():
            broken[rule] = broken.get(rule, 0) + hits
    if not publication.total("incoming") and not publication.unchanged:
        typer.echo("  no row came: nothing to check")
    for rule, hits in sorted(broken.items(), key=lambda item: (-item[1], item[0])):
        typer.echo(f"  {rule}: {hits}")
    if publication.quarantine:
        typer.echo(f"see: {command('quarantine show', publication.product, warehouse)}")
    for name in publication.unenforced:
        typer.echo(f"note: rule '{name}' of the contract is not enforced by the gate", err=True)


def _state(publication: Publication, dry_run: bool) -> str:
    if dry_run:
        return "would hold" if publication.held and not publication.total("published") else "would publish"
    if publication.held and not publication.total("published"):
        return "held"
    if publication.unchanged:
        return "unchanged"
    return "published" if publication.landed else "held"


def refuse_held(
    publication: Publication, contract: Contract, warehouse: Warehouse, typed: Callable[[str, str], str]
) -> None:
    """Raise ``Held`` with its four lines if any partition was held."""
    if publication.held:
        from hansa.held import held

        raise held(publication, contract, warehouse, typed)
