"""``hansa reveal``: the clear value behind a token, for a purpose, after a line in the audit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH

if TYPE_CHECKING:
    from hansa.vault import AuditLine, Revealed, Vault, VaultPlace


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="reveal")(reveal)


def reveal(
    tokens: list[str] = typer.Argument(None, metavar="[TOKEN]...", help="Tokens as they stand in a product."),
    kind: str = typer.Option("", "--kind", help="What the tokens stand for: mobile, name, card_number ..."),
    purpose: str = typer.Option("", "--purpose", help="Why; it goes to the audit."),
    masked: bool = typer.Option(False, "--masked", help="Show the masked form only: 199****0017."),
    audit: bool = typer.Option(False, "--audit", help="List who has seen what, and verify that nothing was changed."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Show the clear value of tokens. Who, when, why, which token and in which form go to the audit first."""
    from hansa.errors import MeshError
    from hansa.vault import Request

    if audit:
        _refuse_both(tokens, kind, purpose)
        with open_vault(mesh) as vault:
            _tell_audit(*vault.audit(), as_json)
        return
    if not tokens or not kind:
        what = "tokens and their kind are needed" if not tokens else "the kind of the tokens is needed"
        raise MeshError("reveal.words", what, next_step="see hansa reveal --help")
    request = Request.asked(purpose, masked=masked)
    with open_vault(mesh) as vault:
        found = vault.reveal(kind, tokens, request)
    _tell(found, masked, as_json)
    if any(one.clear is None for one in found):
        raise typer.Exit(1)


def _refuse_both(tokens: list[str] | None, kind: str, purpose: str) -> None:
    from hansa.errors import MeshError

    if tokens or kind or purpose:
        what = "--audit lists what was revealed, and reveals nothing itself"
        raise MeshError("reveal.words", what, next_step="leave the tokens, --kind and --purpose out")


def vault_place(mesh: Path | None) -> VaultPlace | None:
    """The vault that a command means: HANSA_VAULT, else that of the mesh file; None if there is to be none."""
    from hansa.cli.place import mesh_of
    from hansa.vault import place_of

    named = os.environ.get("HANSA_VAULT")
    if (found := mesh_of(mesh)) is not None:
        folder, file = found
        return place_of(named or file.vault, folder)
    return place_of(named, Path())


def open_vault(mesh: Path | None) -> Vault:
    """The vault that a command means, which must be there, with the keys that are there."""
    from hansa.cli.place import keys_of
    from hansa.errors import MeshError
    from hansa.vault import Vault

    place = vault_place(mesh)
    if place is None:
        mend = "name the mesh file by --mesh, or the vault by HANSA_VAULT"
        raise MeshError("vault.none", "no vault is configured here", next_step=mend)
    return Vault(place, keys_of(mesh, known=True), create=False)


def _tell(found: list[Revealed], masked: bool, as_json: bool) -> None:
    import json

    from hansa.secrets import display

    shown = [None if one.clear is None else display(one.kind, one.clear) if masked else one.clear for one in found]
    if as_json:
        entries = [
            {"token": one.token, "kind": one.kind, "found": one.clear is not None, "value": value}
            for one, value in zip(found, shown, strict=True)
        ]
        typer.echo(json.dumps(entries, ensure_ascii=False, allow_nan=False))
        return
    for one, value in zip(found, shown, strict=True):
        if value is None:
            typer.echo(f"{one.token}: the vault does not know this token of kind {one.kind}", err=True)
        else:
            typer.echo(f"{one.token}  {value}")


def _tell_audit(lines: list[AuditLine], fault: str | None, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from hansa.errors import WorldError

    if as_json:
        made = {"holds": fault is None, "fault": fault, "lines": [asdict(line) for line in lines]}
        typer.echo(json.dumps(made, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines:
            who = f"{line.os_user} for {line.given_user}" if line.given_user else line.os_user
            how = "" if line.found else "  (not found)"
            how += {True: "  (masked)", False: "", None: "  (whole or masked: not written down)"}[line.masked]
            typer.echo(_printable(f"{line.line}  {line.at}  {who}  {line.kind} {line.token}{how}  {line.purpose}"))
        if fault is None:
            typer.echo(f"{len(lines)} lines, the chain holds")
    if fault is not None:
        mend = "restore the vault from its backup, and find out who changed it"
        raise WorldError("audit.changed", f"the audit does not hold: {fault}", next_step=mend)


def _printable(text: str) -> str:
    """A line that somebody changed in the database may hold what steers a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
