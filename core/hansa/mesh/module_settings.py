"""The settings of modules: what is wrong with those that a mesh file gives, and what a product gets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hansa.errors import MeshError
from hansa.mesh.model import Finding
from hansa.mesh.shadow import in_shadow, is_shadow, live_name
from hansa.near import or_near

if TYPE_CHECKING:
    from hansa.mesh.file import MeshFile
    from hansa.products import Module, Setting

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def resolved(file: MeshFile, module: Module) -> dict[str, Any]:
    """A module's settings with the defaults filled in; a whole number given for a float becomes one."""
    live = live_name(module.name)
    given = file.settings.get(live, {}) | (file.shadow.get(live, {}) if is_shadow(module.name) else {})
    return {key: type(s.default)(given.get(key, s.default)) for key, s in sorted(module.settings.items())}


def setting_findings(file: MeshFile, installed: Mapping[str, Module], names: Collection[str]) -> Iterator[Finding]:
    """What is wrong under ``settings`` and ``shadow``; ``names`` are those of the modules of the mesh."""
    for name, given in file.settings.items():
        running = [one for one in (name, in_shadow(name)) if one in names]
        yield from _of(name, given, installed, running, "it has settings", "turn it on or remove them")
    for name, given in file.shadow.items():
        # What is wrong in the settings of a shadow harms no module that is on.
        running = [one for one in (in_shadow(name),) if one in names]
        mend = "turn it on, or to shadow, or remove them"
        yield from _of(name, given, installed, running, "it has settings for its shadow", mend)


def _of(
    name: str, given: Mapping[str, Any], installed: Mapping[str, Module], running: list[str], has: str, idle: str
) -> Iterator[Finding]:
    """The findings of one module's settings; ``running`` are it and its shadow, as far as they are in the mesh."""
    module = installed.get(name)
    if module is None:
        mend = or_near(name, installed, "remove it")
        fault = MeshError("module.unknown", f"{has} but no installed plugin brings this module", next_step=mend)
        yield Finding.of("error", fault, module=name)
    elif not running:
        yield Finding.of("warning", MeshError("setting.idle", f"{has} but is not on", next_step=idle), module=name)
    else:
        faults = list(_faults(module, given))
        yield from (Finding.of("error", fault, module=one) for one in running for fault in faults)


def _faults(module: Module, given: Mapping[str, Any]) -> Iterator[MeshError]:
    for name, value in given.items():
        setting = module.settings.get(name)
        if setting is None:
            known = ", ".join(sorted(module.settings)) or "none"
            mend = or_near(name, module.settings, f"its settings are: {known}")
            yield MeshError("setting.unknown", f"it has no setting '{name}'", next_step=mend)
        elif not _fits(setting, value):
            words = _WORDS[type(setting.default)]
            mend = f"write {words}, for example {setting.default}"
            yield MeshError("setting.type", f"setting '{name}' is {value!r}, not {words}", next_step=mend)


def _fits(setting: Setting, value: Any) -> bool:
    """True if a value has the type of the setting's default; a whole number fits where a number is asked for."""
    if isinstance(setting.default, float):
        return type(value) in (int, float)
    return type(value) is type(setting.default)
