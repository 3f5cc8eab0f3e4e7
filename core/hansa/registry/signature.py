"""Are a plugin's hooks such that they would be called with what they ask for? Our own inspection.

pluggy leaves out of its comparison every argument that has a default: it would never be passed, and the plugin
would silently work with the default. A hook whose name is misspelled is never called. Both are refused here.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from hansa import hooks
from hansa.errors import PluginError

MARK = f"{hooks.hookimpl.project_name}_impl"
SPECIFICATION = f"{hooks.hookspec.project_name}_spec"

HOOKS: dict[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(hooks).items()
    if hasattr(function, SPECIFICATION)
}


def check_hooks(plugin: object) -> None:
    """Refuse a plugin whose hook names, arguments or asked-for hook API are unknown here.

    Errors: PluginError with the hook, the argument and the mend.
    """
    _check_version(plugin)
    for name, function in _routines(plugin):
        options = getattr(function, MARK, None)
        if options is None:
            _check_unmarked(name, function)
        else:
            _check_name(options.get("specname") or name)
            _check_wrapper(name, options)
            _check_arguments(options.get("specname") or name, function)


def _check_version(plugin: object) -> None:
    asked = getattr(plugin, "HANSA_HOOK_API", hooks.HOOK_API)
    if type(asked) is not int or asked < 1:
        raise PluginError(
            "hook.api",
            f"HANSA_HOOK_API is {asked!r}, no version of the hooks",
            next_step=f"write a whole number, the newest here is {hooks.HOOK_API}",
        )
    if asked > hooks.HOOK_API:
        raise PluginError(
            "hook.api",
            f"it asks for version {asked} of the hooks, this Hansa has version {hooks.HOOK_API}",
            next_step="upgrade hansa, or install an older version of the plugin",
        )


def _routines(plugin: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(plugin):
        member = inspect.getattr_static(plugin, name)
        if inspect.isroutine(member):
            yield name, getattr(plugin, name)


def _check_unmarked(name: str, function: Callable[..., Any]) -> None:
    """A function named like a hook, that is not one, was forgotten; the specification itself may be imported."""
    if name in HOOKS and not hasattr(function, SPECIFICATION):
        raise PluginError(
            "hook.unmarked",
            f"'{name}' is named like a hook but not marked as one, so it would never be called",
            next_step="put @hookimpl above it",
        )


def _check_name(name: str) -> None:
    if name not in HOOKS:
        near = difflib.get_close_matches(name, HOOKS, n=1)
        raise PluginError(
            "hook.unknown",
            f"there is no hook '{name}'",
            next_step=f"did you mean '{near[0]}'?" if near else f"the hooks are {', '.join(sorted(HOOKS))}",
        )


def _check_wrapper(name: str, options: dict[str, Any]) -> None:
    if options.get("wrapper") or options.get("hookwrapper"):
        raise PluginError(
            "hook.wrapper",
            f"'{name}' wraps what other plugins answer",
            next_step="a plugin answers for itself only: drop wrapper=True",
        )


def _check_arguments(name: str, function: Callable[..., Any]) -> None:
    for argument in inspect.signature(function).parameters.values():
        if argument.name not in HOOKS[name]:
            known = ", ".join(HOOKS[name]) or "none"
            raise PluginError(
                "hook.argument",
                f"'{name}' asks for '{argument.name}', which that hook does not have",
                next_step=f"its arguments are: {known}",
            )
        if argument.default is not argument.empty or argument.kind is not argument.POSITIONAL_OR_KEYWORD:
            raise PluginError(
                "hook.argument",
                f"'{name}' would never be given '{argument.name}': it has a default or is no plain argument",
                next_step="write the argument without default and without *",
            )
