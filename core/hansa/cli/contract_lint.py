"""``hansa contract lint``: contracts, and the overlays that a mesh puts on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansa.cli.place import print_json

if TYPE_CHECKING:
    from hansa.contract.lint import Remark
    from hansa.contract.model import Contract
    from hansa.overlay.judged import Known

_MESH_NAME = "mesh.yaml"
_OVERLAYS = "*.overlay.yaml"


def register(group: typer.Typer) -> None:
    """Add the command to the commands about contracts."""
    group.command(name="lint")(lint)


def lint(
    paths: Annotated[list[Path], typer.Argument(help="Files of contracts or overlays, mesh files, or folders.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    mesh: Annotated[
        Path | None,
        typer.Option("--mesh", help="The mesh file whose contracts overlays extend; default that of the overlays."),
    ] = None,
) -> None:
    """Say what is wrong in contracts and overlays, with line and mend. Exit code 1 for errors, 0 for warnings, notes.

    An overlay is held against the contract that it extends: of the mesh, or one that is linted beside it. Of a mesh
    file its overlays are judged.
    """
    found = _found(paths, mesh)
    remarks = found.remarks()
    counts = {f"{severity}s": sum(r.severity == severity for r in remarks) for severity in ("error", "warning", "note")}
    if as_json:
        findings = [vars(remark) for remark in remarks]
        print_json({"ok": not counts["errors"], "files": found.files, **counts, "findings": findings})
    else:
        for remark in remarks:
            typer.echo(remark.sentence())
        told = ", ".join(_counted(number, word[:-1]) for word, number in counts.items())
        named = ", ".join(map(str, paths))
        nothing = f"no contract (*.odcs.yaml) and no overlay ({_OVERLAYS}) in {named}"
        typer.echo(f"{_counted(found.files, 'file')}: {told}" if found.files else nothing)
    if counts["errors"]:
        raise typer.Exit(1)


@dataclass
class _Found:
    """What is to be judged: contracts, and overlays by the mesh file that knows what they extend (None: none does)."""

    contracts: list[Path] = field(default_factory=list)
    overlays: dict[Path | None, list[Path]] = field(default_factory=dict)

    @property
    def files(self) -> int:
        """How many files."""
        return len(self.contracts) + sum(map(len, self.overlays.values()))

    def remarks(self) -> list[Remark]:
        """What is said of the contracts, then of the overlays."""
        from hansa.contract.lint import lint as lint_contracts

        made = lint_contracts(self.contracts)
        if not self.overlays:
            return made
        from hansa.overlay.judged import judge_overlays

        own = _by_key(self.contracts)
        for mesh, paths in self.overlays.items():
            made += judge_overlays(paths, _known(mesh, own))
        return made


def _found(paths: Sequence[Path], mesh: Path | None) -> _Found:
    """Each file that is named or lies in a folder that is, once. Errors: MeshError where nothing is."""
    contracts, overlays = list[Path](), list[tuple[Path, Path | None]]()
    for path in paths:
        if there(path).is_dir():
            contracts += files_of([path])
            overlays += [(one, None) for one in sorted(path.rglob(_OVERLAYS)) if not _hidden(one, path)]
        elif path.name == _MESH_NAME or (mesh is not None and path.resolve() == mesh.resolve()):
            overlays += [(one, path.resolve()) for one in _named_by(path)]
        elif _is_overlay(path):
            overlays.append((path, None))
        else:
            contracts.append(path)
    made, met = _Found(list({path.resolve(): path for path in reversed(contracts)}.values())[::-1]), set[Path]()
    for one, said in overlays:
        if one.resolve() not in met:
            met.add(one.resolve())
            made.overlays.setdefault(said or _mesh_of(one, mesh), []).append(one)
    return made


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _named_by(mesh: Path) -> list[Path]:
    """The overlays that a mesh file names. Errors: MeshError for a mesh file that is wrong, or an overlay's place."""
    from hansa.mesh.read import read_mesh_file
    from hansa.overlay import overlay_files

    return list(overlay_files(mesh.parent, read_mesh_file(mesh.resolve()).overlays))


def _is_overlay(path: Path) -> bool:
    """True for a file that is named like an overlay, or that extends something and is no contract."""
    from hansa.contract.yaml_text import read_yaml
    from hansa.errors import HansaError

    if path.name.endswith(_OVERLAYS[1:]):
        return True
    try:
        data = read_yaml(path).data
    except HansaError:
        return False
    return "extends" in data and "id" not in data


def _mesh_of(overlay: Path, mesh: Path | None) -> Path | None:
    """The mesh file that is meant, else the nearest one in the overlay's folder or above: it lies within its folder."""
    from hansa.mesh.place import find_mesh_file, has_mesh_file

    if mesh is not None or has_mesh_file():
        return find_mesh_file(mesh)
    above = (folder / _MESH_NAME for folder in overlay.resolve().parents)
    return next((place for place in above if place.is_file()), None)


def _known(mesh: Path | None, own: dict[tuple[str, int], Contract]) -> Known:
    """The contracts of the mesh as its plugins bring them, without its overlays, and what is linted beside."""
    from hansa.overlay.judged import Known

    if mesh is None:
        return Known(own)
    from hansa.mesh.read import read_mesh_file
    from hansa.overlay import overlay_files
    from hansa.registry import load

    file = read_mesh_file(mesh)
    named = tuple(overlay_files(mesh.parent, file.overlays))
    return Known({**own, **load(choice=file.plugins).contracts}, mesh, named)


def _by_key(paths: Iterable[Path]) -> dict[tuple[str, int], Contract]:
    """The contracts of those files that can be published."""
    from hansa.contract.document import read_document
    from hansa.errors import HansaError

    made: dict[tuple[str, int], Contract] = {}
    for path in paths:
        try:
            made |= {(one.id, one.major): one for one in read_document(path).contracts}
        except HansaError:
            continue
    return made


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files that are named, and the contracts in the folders that are; each once."""
    from hansa.contract.reader import contract_files

    found: dict[Path, Path] = {}
    for path in paths:
        for file in contract_files(path) if there(path).is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def there(path: Path, *, file: bool = False) -> Path:
    """The path, if something is there, or a file where it has to be one.

    Errors: MeshError, since its user named it wrongly.
    """
    from hansa.errors import MeshError

    try:
        known = path.is_file() if file else path.exists()
    except (OSError, ValueError):
        known = False
    if not known:
        what = "there is no such file" if file else "nothing is there"
        raise MeshError("contract.missing", what, where=str(path), next_step="check the path")
    return path


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
