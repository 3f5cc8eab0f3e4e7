"""``hansa contract show | list``, and the group: contracts read, judged and shown before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import contract_diff, contract_draft, contract_lint
from hansa.cli.contract_lint import files_of, there
from hansa.cli.place import mesh_if_any, print_json

if TYPE_CHECKING:
    from hansa.contract.document import ContractDocument
    from hansa.contract.model import Contract
    from hansa.mesh import Mesh

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MeshPath = Annotated[Path | None, typer.Option("--mesh", help="The mesh file; default HANSA_MESH, else ./mesh.yaml.")]

#: The commands about contracts; other files add theirs to it.
group = typer.Typer(
    name="contract", help="Judge, show and list contracts.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    contract_lint.register(group)
    contract_draft.register(group)
    contract_diff.register(group)
    app.add_typer(group)


@group.command(name="show")
def show(
    contract: Annotated[str, typer.Argument(help="A file, FILE#OBJECT, or the id domain.product[@major].")],
    as_json: AsJson = False,
    mesh: MeshPath = None,
    why: Annotated[bool, typer.Option("--why", help="Of each value the file and line that it came from.")] = False,
) -> None:
    """Show a contract as Hansa reads it: columns, keys, rules, what is not enforced and why, and all the rest.

    With a mesh it is the contract under the mesh's overlays.
    """
    from dataclasses import replace

    from hansa.cli import contract_why
    from hansa.contract.document import read_document
    from hansa.contract.reader import split_path
    from hansa.contract.shown import shown

    by_id = _is_id(contract)
    loaded = mesh_if_any(mesh) if by_id else None
    found = _meant(contract, loaded) if by_id else None
    path, named = split_path(contract) if found is None else (found.path, found.id)
    own = None if loaded is None else found
    if why:
        from hansa.contract.reader import read_contract

        kept = own or read_contract(there(path), object=named)
        origins = contract_why.why(kept, loaded)
        if as_json:
            print_json(contract_why.plain(kept, origins))
        else:
            typer.echo("\n".join(contract_why.lines(kept, origins)))
        return
    document = contract_why.overlaid(own, loaded) if own is not None and loaded is not None else None
    document = document or read_document(there(path))
    if named is not None:
        chosen = tuple(one for one in document.objects if named in (one.name, one.contract and one.contract.id))
        if not chosen:
            raise _no_object(document, named)
        document = replace(document, objects=chosen)
    if as_json:
        print_json(shown(document))
        return
    from hansa.cli.contract_shown import lines

    typer.echo("\n".join(lines(document)))


@group.command(name="list")
def list_contracts(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder; default the mesh's contracts, else those here.")
    ] = None,
    as_json: AsJson = False,
    mesh: MeshPath = None,
) -> None:
    """List contracts: id, version, status, owner, columns, rules, rules not enforced, file."""
    contracts, left_out = _known(folder, mesh_if_any(mesh) if folder is None else None)
    rows = sorted((_row(one) for one in contracts), key=lambda row: (row["id"], row["version"], row["path"]))
    if as_json:
        print_json({"contracts": rows, "left_out": left_out})
        return
    if rows:
        head = ("id", "version", "status", "owner", "columns", "rules", "not enforced", "path")
        _print_columns(head, [tuple(str(cell) for cell in row.values()) for row in rows])
    for one in left_out:
        typer.echo(f"left out {one['path']}: {one['what']}")
    if not rows:
        typer.echo(f"no contract that can be published in {folder or Path.cwd()}; hansa contract lint says more")


def _row(contract: Contract) -> dict[str, Any]:
    rules = len(contract.rules) + len(contract.groups) + (contract.volume is not None)
    return {
        "id": contract.id,
        "version": contract.version,
        "status": contract.status,
        "owner": contract.owner,
        "columns": len(contract.columns),
        "rules": rules,
        "not_enforced": len(contract.unenforced),
        "path": str(contract.path),
    }


def _known(folder: Path | None, mesh: Mesh | None) -> tuple[list[Contract], list[dict[str, str]]]:
    """The contracts of the mesh, else those in the folder, and what of them cannot be published, with the reason."""
    if mesh is not None:
        return list(mesh.registry.contracts.values()), []
    return _in_folder(folder or Path())


def _in_folder(folder: Path) -> tuple[list[Contract], list[dict[str, str]]]:
    from hansa.contract.document import read_document
    from hansa.errors import HansaError

    contracts: list[Contract] = []
    faults: list[HansaError] = []
    for path in files_of([folder]):
        try:
            document = read_document(path)
        except HansaError as fault:
            faults.append(fault)
            continue
        contracts += document.contracts
        faults += [one.fault for one in document.objects if one.fault is not None]
        faults += [document.fault] if document.fault else []
    return contracts, [{"path": fault.where, "what": fault.what, "next_step": fault.next_step} for fault in faults]


def _is_id(text: str) -> bool:
    from hansa.products import PRODUCT_ID

    return PRODUCT_ID.fullmatch(text.partition("@")[0]) is not None and not Path(text).exists()


def _meant(text: str, mesh: Mesh | None) -> Contract:
    """The contract ``domain.product[@major]``, of the highest major version unless one is named."""
    from hansa.errors import MeshError
    from hansa.near import or_near

    name, sign, major = text.partition("@")
    contracts, _ = _known(None, mesh)
    found = [one for one in contracts if one.id == name and (not sign or str(one.major) == major)]
    if not found:
        ids = sorted({one.id for one in contracts})
        mend = or_near(name, ids, "hansa contract list names those that are known here")
        raise MeshError("contract.unknown", f"no contract '{text}' is known here", next_step=mend)
    return max(found, key=lambda one: one.major)


def _no_object(document: ContractDocument, name: str) -> Exception:
    from hansa.errors import MeshError
    from hansa.near import or_near

    names = [one.name for one in document.objects]
    mend = or_near(name, names, f"there are {', '.join(names)}")
    return MeshError("contract.object", f"there is no schema object '{name}'", where=str(document.path), next_step=mend)


def _print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
