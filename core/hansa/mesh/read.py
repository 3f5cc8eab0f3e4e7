"""What stands in the mesh file, and in the variables of the environment that override it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from hansa.contract.yaml_text import load
from hansa.mesh.fault import Lines, environment_fault, first_fault, unknown_key
from hansa.mesh.file import MeshFile, PluginVariables, Variables
from hansa.mesh.place import meant_mesh_file
from hansa.registry.settings import PluginSettings
from hansa.sources.layout_file import with_layout
from hansa.store.settings import CatalogSettings, StoreSettings

#: What stands in the place of a file where there is none.
_ENVIRONMENT = Path("the environment")

_Settings = TypeVar("_Settings", bound=BaseSettings)


def read_mesh_file(path: Path) -> MeshFile:
    """Read a mesh file, with the environment's overrides.

    Errors: MeshError, one sentence with file and line, for whatever is wrong in it.
    """
    return judged(path, *load(path))


def judged(path: Path, given: Mapping[str, Any], lines: Lines) -> MeshFile:
    """What stands in the mesh file ``path`` as settings, with the environment's overrides. Errors: as that file's."""
    for key in given:
        if key not in MeshFile.model_fields:
            raise unknown_key(path, lines, key)
    made = _settled(MeshFile, path, lines, given)
    # What a layout says is the binding's own, so a change in it is a change of the binding.
    sources = {id: with_layout(binding, path.parent, f"sources.{id}") for id, binding in made.sources.items()}
    return made.model_copy(update={"sources": sources})


def _settled(kind: type[_Settings], path: Path, lines: Lines, given: Mapping[str, Any]) -> _Settings:
    """Settings of what a file gives, with the environment's. Errors: MeshError for the first fault of either."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise first_fault(path, lines, error) from None
    except SettingsError as error:
        raise environment_fault(error) from None


def read_variables() -> tuple[StoreSettings, CatalogSettings]:
    """The variables ``HANSA_STORE__...`` and ``HANSA_CATALOG__...``, as a mesh file would read them.

    Errors: MeshError, one sentence with the variable, without its value.
    """
    found = _settled(Variables, _ENVIRONMENT, {}, {})
    return found.store, found.catalog


def read_store(path: Path | None) -> StoreSettings:
    """How objects are reached: the section ``store`` of a mesh file, of which nothing else is judged, or variables."""
    given, lines = load(path) if path is not None else ({}, {})
    own = {name: value for name, value in given.items() if name == "store"}
    return _settled(Variables, path or _ENVIRONMENT, lines, own).store


def read_plugin_choice(path: Path | None = None) -> PluginSettings:
    """Which plugins are to be imported: the section ``plugins`` of the mesh file, if one is named or lies here.

    Of the file nothing else is judged: the list of plugins must not fail for what is wrong elsewhere in it.
    Errors: MeshError for a file that is named and missing, that is no YAML, or a section that is wrong.
    """
    place = meant_mesh_file(path)
    given, lines = load(place) if place is not None else ({}, {})
    own = {name: value for name, value in given.items() if name == "plugins"}
    return _settled(PluginVariables, place or _ENVIRONMENT, lines, own).plugins
