"""``hansa publish CONTRACT FILE``: the gate alone, with no mesh and no plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, LAYOUT, MESH, WAREHOUSE, command, keys_of, keys_to_try, mesh_of, print_json

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.gate import Origin
    from hansa.mesh.file import MeshFile
    from hansa.receipt import InputRead, Publication, Receipt, ReceiptBook
    from hansa.scope import Mode
    from hansa.secrets import Keys
    from hansa.sources import SourceFrame
    from hansa.store.warehouse import Warehouse
    from hansa.vault import Vault

    Send = Callable[..., Publication]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="publish")(publish_file)


def publish_file(
    contract: Path = typer.Argument(help="The contract: an ODCS YAML file."),
    file: Path = typer.Argument(help="The data: a CSV or Parquet file."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
    layout: str = LAYOUT,
    separator: str = typer.Option(None, "--separator", help="Separator of a CSV file (else a comma)."),
    decimal: str = typer.Option(None, "--decimal", help="Decimal sign, such as ',' in 1.234,56 (else a point)."),
    grouping: str = typer.Option(None, "--grouping", help="What parts thousands: . , ' or space (else nothing)."),
    negative: list[str] = typer.Option([], "--negative", help="What says negative: - behind, () around, a word as DR."),
    positive: list[str] = typer.Option([], "--positive", help="What says positive: + behind, or a word such as CR."),
    null_words: list[str] = typer.Option([], "--null-word", help="A word for no value; may be given several times."),
    zone: str = typer.Option(None, "--zone", help="Time zone of the business day (else the mesh's, else UTC)."),
    dry_run: bool = typer.Option(False, "--dry-run", help="All steps of the gate but the last: nothing is made."),
    whole: bool = typer.Option(False, "--replace", help="The file brings all of its days whole."),
    merge: bool = typer.Option(False, "--merge", help="The file brings no day whole: its rows join those that stand."),
) -> None:
    """Send a file through the gate under a contract.

    The file brings its newest day whole. Rows of earlier days that are published already are late: they are merged into
    their day by the contract's key, or go to quarantine where it has none. A product without days is replaced.
    A day that the rules of its own column refuse is never the newest one.
    """
    from hansa.cli.contract_status import notes, refuse_retired, tell
    from hansa.cli.hints import of_publication
    from hansa.cli.place import warehouse_of
    from hansa.contract import read_contract
    from hansa.gate import Origin
    from hansa.receipt import book_of
    from hansa.sources import known_zone

    read, found = read_contract(contract), mesh_of(mesh)
    refuse_retired(read)
    told = notes(read)
    read = _extended(read, found)
    words = {"separator": separator, "decimal": decimal, "grouping": grouping, "negative": negative}
    words |= {"positive": positive, "null_words": null_words}
    source, code = _source(file, read, layout, mesh, words)
    store, mode = warehouse_of(warehouse, mesh), _mode(whole, merge)
    days = known_zone(zone) if zone else (found[1].time_zone if found is not None else "UTC")
    send = partial(_sent, read, source, Origin((_input(source, file),), code), mode, days)
    book = book_of(store, read.id, read.major)
    before = book.current()
    publication = (_tried if dry_run else _published)(send, read, store, mesh, book)
    helpful = of_publication(read, source, publication)
    if as_json:
        print_json(publication.reading() | {"contract_status": read.status, "notes": told, "hints": helpful})
    else:
        _tell(publication, dry_run, warehouse, mesh)
    tell(f"{rule}: {hint}" for rule, hint in helpful.items())
    _tell_fewer(publication, before)
    _tell_columns(read, source, publication)
    tell(filter(None, [_beyond(publication, store)]))
    tell(source.told)
    added, named = _overlaid(read, found, mesh) if publication.held else ({}, "")
    refuse_held(publication, read, store, lambda name, product: command(name, product, warehouse, mesh), added, named)
    tell(told)


def _source(
    file: Path, contract: Contract, layout: str | None, mesh: Path | None, words: Mapping[str, Any]
) -> tuple[SourceFrame, str]:
    """The file by its options or by a layout, and what of these decides the outcome beside the form of its numbers."""
    from hansa.cli.laid_out import open_to_publish
    from hansa.sources import built_in_readers, open_file

    if layout is not None:
        options = {"--null-word" if word == "null_words" else f"--{word}": value for word, value in words.items()}
        return open_to_publish(layout, file, contract, mesh, options)
    given = {word: value for word, value in words.items() if value is not None}
    return open_file(file, contract, built_in_readers(), **given), _code(words["null_words"])


def _overlaid(
    contract: Contract, mesh: tuple[Path, MeshFile] | None, named: Path | None
) -> tuple[Mapping[str, str], str]:
    """The rules that overlays of the mesh added to the contract, each with file and line, and the mesh's file."""
    if mesh is None:
        return {}, ""
    from hansa.explanation import overlaid
    from hansa.mesh.place import find_mesh_file

    path = find_mesh_file(named)
    return overlaid(path, mesh[1], contract), str(path)


def _extended(contract: Contract, mesh: tuple[Path, MeshFile] | None) -> Contract:
    """The contract under the overlays of the mesh, if there is one."""
    if mesh is None:
        return contract
    from hansa.mesh.extended import under_overlays

    return under_overlays(contract, *mesh)


def _published(send: Send, read: Contract, store: Warehouse, mesh: Path | None, book: ReceiptBook) -> Publication:
    keys = keys_of(mesh, warehouse=store) if read.sealed else None
    return send(store, keys, vault_for(read, keys, store, mesh), book=book)


def _tried(send: Send, read: Contract, store: Warehouse, mesh: Path | None, book: ReceiptBook) -> Publication:
    """A dry run. It makes no warehouse, no keys and no vault; where there is nothing yet, others stand in for them."""
    from hansa.store.reach import refuse_impossible
    from hansa.store.throwaway import throwaway

    keys, new = keys_to_try(mesh, store) if read.sealed else (None, False)
    if new:
        told = "there are no keys yet: keys in memory stood in for them, and none were made"
        typer.echo(f"note: {told}", err=True)
    if "receipts" in store.table(read.id, read.major).folders():
        return send(store, keys, dry_run=True, book=book)
    if store.objects.folder is not None:
        refuse_impossible(store.objects.folder)
    with throwaway() as empty:
        tried: Publication = send(empty, keys, dry_run=True)
    # Keys that are nowhere have no name.
    return replace(tried, keys="") if new else tried


def _sent(
    read: Contract,
    source: SourceFrame,
    origin: Origin,
    mode: Mode,
    zone: str,
    store: Warehouse,
    keys: Keys | None,
    vault: Vault | None = None,
    *,
    book: ReceiptBook | None = None,
    dry_run: bool = False,
) -> Publication:
    from uuid import uuid4

    from hansa.gate import publish
    from hansa.run import Run
    from hansa.sources import translate

    return publish(
        source.frame,
        read,
        Run(uuid4().hex, zone),
        store,
        mode=mode,
        keys=keys,
        vault=vault,
        reading=source.reading,
        origin=origin,
        rereadable=True,
        book=book,
        dry_run=dry_run,
        translate=lambda error: translate(error, source.place),
    )


def _tell_fewer(publication: Publication, before: Mapping[str | None, tuple[Receipt, Publication]]) -> None:
    """Days that a file brought whole with fewer rows than they had: perhaps it was meant to be merged."""
    for receipt in publication.receipts:
        had = before[receipt.partition][0].counts["published"] if receipt.partition in before else 0
        has = receipt.counts["published"]
        if receipt.state == "published" and not receipt.merged and not publication.unchanged and has < had:
            day = f"{receipt.partition} has" if receipt.partition else "it has"
            told = f"{day} {has} rows instead of {had}: the file brought it whole; --merge keeps what it does not name"
            typer.echo(f"note: {told}", err=True)


def _tell_columns(read: Contract, source: SourceFrame, publication: Publication) -> None:
    """Which columns of the file are not published, and which of the contract did not come."""
    from hansa.errors import one_line
    from hansa.sources.files import listed

    if source.surplus:
        # Under a contract with secrets an unknown name may be one: the first row of a file without a header.
        told = f"{len(source.surplus)} of the file's columns" if read.sealed else listed(source.surplus)
        typer.echo(one_line(f"note: the contract does not know {told}"), err=True)
    if publication.absent:
        became = ", published as missing values" if publication.total("published") else ""
        typer.echo(f"note: the file lacks {listed(publication.absent)}{became}", err=True)


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


def _input(source: SourceFrame, file: Path) -> InputRead:
    from hansa.receipt import InputRead

    return InputRead(name=source.place, fingerprint=_content(file))


def _code(null_words: Sequence[str]) -> str:
    """What decides the outcome beside file and form: the words for no value, empty where none were named."""
    from hansa.digest import canonical, sha256

    return sha256(canonical({"null_words": sorted(set(null_words))})) if null_words else ""


def _content(file: Path) -> str:
    """SHA-256 of the file: a file that is sent again is known by what stands in it, not by its time of change."""
    from hansa.digest import sha256_of

    with file.open("rb") as opened:
        return sha256_of(iter(lambda: opened.read(1 << 20), b""))


def _brought(receipt: Receipt) -> int:
    """The rows of the file that were published; those that stood in the day before are none of them."""
    return receipt.counts["accepted"] if receipt.merged and receipt.published else receipt.published


def _tell(publication: Publication, dry_run: bool, warehouse: str | None, mesh: Path | None) -> None:
    from hansa.contract.model import name_of
    from hansa.merge import told_merge

    state = _state(publication, dry_run)
    count = publication.total("accepted") if dry_run else sum(map(_brought, publication.receipts))
    typer.echo(f"{state}  {publication.product}  {count} rows, {publication.total('quarantined')} quarantined")
    for told in filter(None, map(told_merge, publication.receipts if publication.landed else ())):
        typer.echo(f"  {told}")
    broken: dict[str, int] = {}
    for receipt in publication.receipts:
        for rule, hits in receipt.broken.items():
            broken[rule] = broken.get(rule, 0) + hits
    if not publication.total("incoming") and not publication.unchanged:
        typer.echo("  no row came: nothing to check")
    for rule, hits in sorted(broken.items(), key=lambda item: (-item[1], item[0])):
        typer.echo(f"  {rule}: {hits}")
    if publication.quarantine:
        typer.echo(
            f"see: {command('quarantine show', name_of(publication.product, publication.major), warehouse, mesh)}"
        )
    for name in publication.unenforced:
        typer.echo(f"note: rule '{name}' of the contract is not enforced by the gate", err=True)


def _beyond(publication: Publication, store: Warehouse) -> str:
    """What is to be told of refused rows without a copy; a dry run keeps none at all."""
    from hansa.quarantine import told_beyond, without_copy

    if publication.unchanged:
        return ""
    return told_beyond(without_copy(publication, store.table(publication.product, publication.major)))


def _state(publication: Publication, dry_run: bool) -> str:
    if dry_run:
        return "would hold" if publication.held and not publication.total("published") else "would publish"
    if publication.held and not publication.total("published"):
        return "held"
    if publication.unchanged:
        return "unchanged"
    return "published" if publication.landed else "held"


def refuse_held(
    publication: Publication,
    contract: Contract,
    warehouse: Warehouse,
    typed: Callable[[str, str], str],
    overlaid: Mapping[str, str] | None = None,
    mesh: str = "",
) -> None:
    """Raise ``Held`` with its four lines if any partition was held."""
    if publication.held:
        from hansa.held import held

        raise held(publication, contract, warehouse, typed, overlaid, mesh)
