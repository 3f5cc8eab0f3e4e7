"""Which warehouse and which keys a command means: by option, by mesh file, by environment, by folder."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.mesh.file import MeshFile
    from hansa.registry import Registry
    from hansa.secrets import Keys
    from hansa.store.settings import CatalogSettings, StoreSettings
    from hansa.store.warehouse import Warehouse

WAREHOUSE = typer.Option(
    None, "--warehouse", help="Folder or s3:// address of the tables (else the mesh file's, else ./warehouse)."
)
MESH = typer.Option(None, "--mesh", help="Mesh file (else HANSA_MESH, else ./mesh.yaml).")
LAYOUT = typer.Option(
    None, "--layout", help="Words of its source: a layout file, a draft, or an entry of the mesh file."
)
JSON = typer.Option(False, "--json", help="Print JSON.")


def mesh_of(mesh: Path | None) -> tuple[Path, MeshFile] | None:
    """Folder and content of the mesh file that is meant, if there is one: a warehouse alone needs none."""
    from hansa.mesh.place import meant_mesh_file

    path = meant_mesh_file(mesh)
    if path is None:
        return None
    from hansa.mesh.read import read_mesh_file

    return path.parent, read_mesh_file(path)


def mesh_if_any(mesh: Path | None, registry: Registry | None = None) -> Mesh | None:
    """The whole mesh that is meant; None where no mesh file is named and none lies here."""
    from hansa.mesh.place import has_mesh_file

    if mesh is None and not has_mesh_file():
        return None
    from hansa.mesh import load_mesh

    return load_mesh(mesh, registry)


def registry_of(mesh: Path | None) -> Registry:
    """What the plugins bring that the mesh allows: contracts, and readers beside the built-in ones."""
    from hansa.mesh.read import read_plugin_choice
    from hansa.registry import load

    return load(choice=read_plugin_choice(mesh))


def warehouse_of(option: str | None, mesh: Path | None = None) -> Warehouse:
    """The warehouse that a command means."""
    from hansa.errors import MeshError
    from hansa.store.warehouse import Warehouse

    if option is not None and not option.strip():
        # A variable of a script that is not set: whoever wrote it did not mean ./warehouse.
        raise MeshError("warehouse.empty", "--warehouse is empty", next_step="name a folder, or s3://bucket/prefix")
    if option is None and (found := mesh_of(mesh)) is not None:
        folder, file = found
        return Warehouse(file.place(folder), file.store, file.catalog)
    place = (option or os.environ.get("HANSA_WAREHOUSE") or "warehouse").removeprefix("file://")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", place) and not place.startswith("s3://"):
        scheme = place.split(":")[0]
        what = f"a warehouse can lie in a folder or in s3://, not in {scheme}:{place[len(scheme) + 1 :][:2]}"
        raise MeshError("warehouse.scheme", what, next_step="name a folder, or s3://bucket/prefix")
    return Warehouse(place if "://" in place else Path(place), *_variables())


def filled_warehouse_of(option: str | None, mesh: Path | None = None) -> Warehouse:
    """The warehouse of a command that looks over all that is there: none at a place that was named is a slip.

    Errors: WorldError if a folder was named that is not there.
    """
    from hansa.errors import WorldError

    store = warehouse_of(option, mesh)
    if option is not None and store.objects.folder is not None and not store.objects.folder.is_dir():
        raise WorldError(
            "warehouse.missing",
            "there is no folder of a warehouse",
            where=option,
            next_step="name the right one by --warehouse",
        )
    return store


def _variables() -> tuple[StoreSettings | None, CatalogSettings | None]:
    """How the variables say that a warehouse is reached; where none says anything, what would read them stays away."""
    if not any(name.upper().startswith("HANSA_") for name in os.environ):
        return None, None
    from hansa.mesh.read import read_variables

    return read_variables()


def keys_of(mesh: Path | None = None, *, known: bool = False, warehouse: Warehouse | None = None) -> Keys:
    """The keys of the mesh, or those beside the place where the command is run; new ones are made unless ``known``."""
    from hansa.errors import WorldError
    from hansa.secrets import load_keys

    folder = keys_folder(mesh)
    if known and not folder.is_dir():
        raise WorldError(
            "keys.missing",
            "there are no keys here, and the rows are sealed",
            where=str(folder),
            next_step="name the mesh file by --mesh, or the folder of the keys by HANSA_KEYS",
        )
    if warehouse is None:
        return load_keys(folder)
    return load_keys(folder, warehouse.objects.folder, bound=warehouse.bound_keys())


def keys_to_try(mesh: Path | None, warehouse: Warehouse) -> tuple[Keys, bool]:
    """The keys for a dry run, which makes none; True if there are none yet, and keys in memory stand in for them."""
    import secrets

    from hansa.errors import WorldError
    from hansa.secrets import Keys, open_set
    from hansa.secrets.keys import LENGTH
    from hansa.secrets.keyset import refuse_inside

    folder, bound = keys_folder(mesh), warehouse.bound_keys()
    if warehouse.objects.folder is not None:
        refuse_inside(folder, warehouse.objects.folder)
    try:
        return open_set(folder).keys_for(bound), False
    except WorldError as error:
        if error.code != "keys.missing":
            raise
    if bound is not None:
        # These are refused: the keys by which the warehouse was filled are not here.
        return keys_of(mesh, warehouse=warehouse), False
    return Keys(token=secrets.token_bytes(LENGTH), sealing=secrets.token_bytes(LENGTH)), True


def keys_folder(mesh: Path | None) -> Path:
    """The folder of the keys: by HANSA_KEYS, else the mesh file's, else beside where the command runs."""
    if "HANSA_KEYS" in os.environ:
        return Path(os.environ["HANSA_KEYS"])
    if (found := mesh_of(mesh)) is not None:
        folder, file = found
        return file.under(folder, file.keys)
    return Path(".hansa/keys")


def command(name: str, product: str = "", warehouse: str | None = None, mesh: Path | None = None) -> str:
    """A command of this program as the user can type it: started the same way, on the same warehouse or mesh."""
    words = ["uv run hansa" if "UV_RUN_RECURSION_DEPTH" in os.environ else "hansa", name, product]
    if warehouse is not None:
        words.append(f"--warehouse {warehouse}")
    if mesh is not None:
        words.append(f"--mesh {mesh}")
    return " ".join(word for word in words if word)


def product_of(text: str) -> tuple[str, int]:
    """``domain.product`` or ``domain.product@2`` as id and major version."""
    from hansa.errors import MeshError
    from hansa.products import PRODUCT_ID

    name, sign, major = text.partition("@")
    if not PRODUCT_ID.match(name) or (sign and not major.isdecimal()):
        mend = "write it as domain.product or domain.product@2"
        raise MeshError("product.name", f"'{text}' is no product", next_step=mend)
    return name, int(major) if sign else 1


def print_json(value: Any) -> None:
    """Print a value for ``--json``."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))
