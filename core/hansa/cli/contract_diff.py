"""``hansa contract diff``: whom a change of a contract breaks, and the version that it demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.contract_lint import there
from hansa.cli.place import JSON, MESH, mesh_if_any, print_json

if TYPE_CHECKING:
    from hansa.change import Bump, Change, Effect
    from hansa.cli.contract_readers import Reader
    from hansa.contract.model import Contract

_SCHEME = "git:"
#: Classes of changes in the order in which they are told, with whom each breaks.
_BROKEN: dict[Effect, str] = {
    "breaking": "breaks consumers",
    "demanding": "breaks only the producer",
    "additive": "breaks nobody",
    "editorial": "breaks nobody",
}
_BUMPS: tuple[Bump, ...] = ("major", "minor", "patch")


def register(group: typer.Typer) -> None:
    """Add the command to the group ``hansa contract``."""
    group.command(name="diff")(diff)


def diff(
    old: str = typer.Argument(metavar="OLD", help="A contract file, FILE#OBJECT; with --against the only one."),
    new: str = typer.Argument(None, metavar="[NEW]", help="The contract file that it becomes."),
    against: str = typer.Option(None, "--against", metavar="git:REVISION", help="Compare the file with this revision."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Say of each change whom it breaks and which way it goes, who reads the column, and which version it demands.

    Exit code 1 if the new version is lower than the one that is demanded.
    """
    from hansa.change import changes, satisfies, strongest

    before, after = _pair(old, new, against)
    if before is None:
        _tell_new(after, against, as_json)
        return
    found = changes(before, after)
    readers = _readers(mesh, before, found)
    bump = strongest(found)
    enough = satisfies(after.version, before.version, bump)
    if as_json:
        print_json(_reading(before, after, found, readers, enough))
    else:
        typer.echo("\n".join([*_lines(found, readers), _demand(before, after, found, enough)]))
    if not enough:
        raise typer.Exit(1)


def _pair(old: str, new: str | None, against: str | None) -> tuple[Contract | None, Contract]:
    """Both contracts; None for the old one where the revision has none."""
    from hansa.errors import MeshError

    if against is None and new is not None:
        return _contract(old), _contract(new)
    if against is None or new is not None:
        what = "one contract and no revision are given" if against is None else "two files and a revision are given"
        mend = "write hansa contract diff OLD NEW, or hansa contract diff FILE --against git:main"
        raise MeshError("diff.pair", what, next_step=mend)
    revision = against.removeprefix(_SCHEME)
    if not against.startswith(_SCHEME) or not revision:
        raise MeshError("diff.against", f"'{against}' is no revision", next_step="write it as git:main")
    return _of_revision(old, revision), _contract(old)


def _contract(text: str) -> Contract:
    """The contract ``FILE`` or ``FILE#OBJECT``. Errors: MeshError if there is no such file."""
    from hansa.contract.reader import read_contract, split_path

    there(split_path(text)[0], file=True)
    return read_contract(text)


def _of_revision(text: str, revision: str) -> Contract | None:
    """The contract as it was; None if the file, or the object in it, was not there."""
    import tempfile

    from hansa.cli.git_file import content_at
    from hansa.contract.reader import read_contract, split_path
    from hansa.errors import ContractError, HansaError

    path, named = split_path(text)
    content = content_at(there(path, file=True), revision)
    if content is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        try:
            return replace(read_contract(copy, object=named), path=path)
        except HansaError as error:
            if error.code == "contract.object":
                return None
            where = error.where.replace(str(copy), f"{path} in {revision}")
            fault = ContractError(error.code, error.what, where=where, next_step=error.next_step)
    # Outside the handler: the library's error would be printed as the context of ours.
    raise fault


def _readers(mesh: Path | None, contract: Contract, found: Sequence[Change]) -> list[Reader] | None:
    """The products of the mesh that read the contract, none where no change breaks a reader; None without a mesh."""
    loaded = mesh_if_any(mesh)
    if loaded is None:
        return None
    if not any("consumers" in change.breaks for change in found):
        return []
    from hansa.cli.contract_readers import readers_of

    return readers_of(loaded, contract)


def _concerned(change: Change, readers: Sequence[Reader] | None) -> list[Reader]:
    """Who is broken by the change: consumers that read what it is about."""
    if "consumers" not in change.breaks:
        return []
    return [reader for reader in readers or () if reader.reads(change.columns)]


def _lines(found: Sequence[Change], readers: Sequence[Reader] | None) -> list[str]:
    """The changes under a heading each for those that break the same parties and demand the same version."""
    lines: list[str] = []
    for effect, bump in product(_BROKEN, _BUMPS):
        alike = [change for change in found if (change.effect, change.bump) == (effect, bump)]
        lines += [_heading(effect, bump)] if alike else []
        for change in alike:
            lines.append(_sentence(change))
            lines += [f"    {_named(reader, change)}" for reader in _concerned(change, readers)]
    return lines


def _heading(effect: Effect, bump: Bump) -> str:
    # Only another table makes what no consumer minds a matter of a major version.
    why = ", since it needs another table" if bump == "major" and effect != "breaking" else ""
    return f"{effect}: {_BROKEN[effect]}, demands a {bump} version{why}"


def _sentence(change: Change) -> str:
    from hansa.change.wording import told

    note = f" ({change.note})" if change.note else ""
    way = {"both": "tightens and loosens", "unknown": "which way is unknown"}.get(change.direction, change.direction)
    if change.direction == "neither" and not change.breaks:
        return f"  {change.subject}: {told(change)}{note}"
    return f"  {change.subject}: {told(change)}; {way}, breaks {change.whom}{note}"


def _named(reader: Reader, change: Change) -> str:
    owner = f" ({reader.owner})" if reader.owner else " (no owner)"
    known = "reads it" if reader.knows(change.columns) else "reads the product, columns unknown"
    return f"{reader.product}{owner} {known}"


def _demand(old: Contract, new: Contract, found: Sequence[Change], enough: bool) -> str:
    from hansa.change import demanded, strongest

    versions = f"is {old.version} → {new.version}"
    if not found and enough:
        others = "" if old.digest == new.digest else " of what Hansa reads, other words of the file differ"
        return f"no change{others}; {versions}"
    wanted = demanded(old.version, strongest(found))
    return f"demands version {wanted} ({versions})"


def _reading(
    old: Contract, new: Contract, found: Sequence[Change], readers: Sequence[Reader] | None, enough: bool
) -> dict[str, Any]:
    from hansa.change import demanded, strongest

    bump = strongest(found)
    return {
        "contract": new.id,
        "old": {"version": old.version, "digest": old.digest},
        "new": {"version": new.version, "digest": new.digest},
        "changes": [_plain(change, readers) for change in found],
        "demands": {"bump": bump, "version": demanded(old.version, bump), "satisfied": enough},
        "mesh": readers is not None,
    }


def _plain(change: Change, readers: Sequence[Reader] | None) -> dict[str, Any]:
    return {
        "subject": change.subject,
        "kind": change.kind,
        "old": change.old,
        "new": change.new,
        "class": change.effect,
        "breaks": list(change.breaks),
        "direction": change.direction,
        "bump": change.bump,
        "note": change.note,
        "consumers": [
            {"product": one.product, "owner": one.owner, "reads_it": one.knows(change.columns)}
            for one in _concerned(change, readers)
        ],
    }


def _tell_new(contract: Contract, against: str | None, as_json: bool) -> None:
    if as_json:
        new = {"version": contract.version, "digest": contract.digest}
        demands = {"bump": None, "version": contract.version, "satisfied": True}
        print_json({"contract": contract.id, "old": None, "new": new, "changes": [], "demands": demands, "mesh": False})
    else:
        typer.echo(f"new contract {contract.id} {contract.version}: {against} has none to compare it with")
