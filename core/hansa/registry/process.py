"""What guest code may change in the process that it runs in: taken before, compared and put back after.

Most changes leave a plugin out: they alter what other plugins and the gate compute, or how the process ends. A working
folder, and variables that nothing of ours reads, are put back and told.
"""

from __future__ import annotations

import decimal
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from hansa.registry.values import PUT_BACK, VALUES

#: Variables that steer Python, the machine's zone and language, how many threads compute, or what Hansa stands on.
_STEERING = (
    *("AWS_", "DAGSTER_", "HANSA_", "HOME", "LANG", "LC_", "LD_", "MKL_", "OMP_", "OPENBLAS_", "PATH", "POLARS_"),
    *("PYTHON", "RAYON_", "RAY_", "TZ", "XDG_"),
)
#: Variables that well-known libraries set when they are imported.
_OF_LIBRARIES = ("_", "KMP_", "PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP")
#: Libraries that the gate stands on: none may be replaced by another module of that name.
_OURS = frozenset({"dagster", "hansa", "pandera", "pluggy", "polars", "pyarrow", "pydantic", "pyiceberg", "yaml"})
#: Modules whose functions are compared one by one, beside those of Hansa itself.
_WATCHED = (
    *("builtins", "decimal", "hashlib", "importlib", "importlib.metadata", "io", "json", "math", "os"),
    *("pathlib", "pluggy", "polars", "random", "re", "shutil", "signal", "socket", "subprocess", "sys", "tempfile"),
    *("threading", "time", "warnings", "yaml"),
)
#: Classes whose methods are compared too, by module, as far as it is loaded.
_CLASSES = {
    "pathlib": ("Path", "PosixPath", "PurePath"),
    "polars": ("DataFrame", "Expr", "LazyFrame", "Series"),
    "hansa.contract.model": ("Column", "Contract"),
}
_METHODS = (property, classmethod, staticmethod)
_SIGNALS = sorted(signal.valid_signals())
#: The name of no module.
_NOWHERE = "hansa_module_that_is_nowhere"


@dataclass(frozen=True)
class Changes:
    """What has become of the process: ``grave`` leaves a plugin out, ``slight`` is told; each goes on after "it"."""

    grave: tuple[str, ...] = ()
    slight: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """The state of the process at one moment."""

    folder: str | None
    path: list[str]
    modules: dict[str, Any]
    functions: dict[str, dict[str, Any]]
    methods: dict[type, dict[str, Any]]
    environment: dict[str, str]
    signals: dict[int, Any]
    finders: tuple[Any, ...]
    decimals: decimal.Context
    values: dict[str, Any]

    @classmethod
    def now(cls) -> Kept:
        """Take the state of this process."""
        return cls(
            folder=_folder(),
            path=list(sys.path),
            modules=dict(sys.modules),
            functions=_functions(),
            methods=_methods(),
            environment=dict(os.environ),
            signals={number: signal.getsignal(number) for number in _SIGNALS},
            finders=tuple(sys.meta_path),
            decimals=decimal.getcontext().copy(),
            values={name: read() for name, (read, _) in (VALUES | PUT_BACK).items()},
        )

    def changes(self) -> Changes:
        """Compare this process with what was kept."""
        grave = [
            *_paths(self.path),
            *_modules(self.modules),
            *_replaced(self.functions),
            *_replaced_methods(self.methods),
            *_steering(self.environment),
            *_signals(self.signals),
            *(f"changes {name}" for name, (read, _) in VALUES.items() if read() != self.values[name]),
        ]
        if tuple(sys.meta_path[: len(self.finders)]) != self.finders:
            grave.append("puts a finder before those of Python, or takes one away")
        elif any(_answers_for_nobody(finder) for finder in sys.meta_path[len(self.finders) :]):
            grave.append("puts a finder behind those of Python that answers for a module that is not there")
        if _told(decimal.getcontext()) != _told(self.decimals):
            grave.append("changes the precision of decimal numbers")
        new = sorted(name for name in _new(self.environment) if not name.startswith(_STEERING))
        slight = [f"sets {_listed(new)} in the environment"] if new else []
        if _folder() != self.folder:
            slight.append("changes the working folder")
        slight += [f"changes {name}" for name, (read, _) in PUT_BACK.items() if self._changed(name, read())]
        return Changes(tuple(grave), tuple(slight))

    def _changed(self, name: str, value: Any) -> bool:
        return bool(value != self.values[name])

    def restore(self) -> None:
        """Make the process what it was, as far as it can be. Modules that were imported meanwhile stay."""
        if self.folder is not None and _folder() != self.folder:
            os.chdir(self.folder)
        sys.path[:] = self.path
        _put_modules_back(self.modules)
        for name, functions in self.functions.items():
            for key, function in functions.items():
                if vars(self.modules[name]).get(key) is not function:
                    setattr(self.modules[name], key, function)
        for owner, methods in self.methods.items():
            for key, method in methods.items():
                if vars(owner).get(key) is not method:
                    setattr(owner, key, method)
        _put_environment_back(self.environment)
        for number, handler in self.signals.items():
            _put_handler_back(number, handler)
        more = [finder for finder in sys.meta_path if finder not in self.finders and not _answers_for_nobody(finder)]
        sys.meta_path[:] = [*self.finders, *more]
        if _told(decimal.getcontext()) != _told(self.decimals):
            decimal.setcontext(self.decimals.copy())
        for name, (read, write) in (VALUES | PUT_BACK).items():
            if self._changed(name, read()):
                write(self.values[name])


def _answers_for_nobody(finder: Any) -> bool:
    """True if a finder does not say None of a module that is nowhere: every import that fails would meet it."""
    try:
        return finder.find_spec(_NOWHERE, None, None) is not None
    except BaseException:  # noqa: BLE001 - guest code may raise anything
        return True


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _folder() -> str | None:
    """The working folder, None if it was removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - compared as a text
    except FileNotFoundError:
        return None


def _told(context: decimal.Context) -> str:
    """A context without its flags, which every computation sets."""
    plain = context.copy()
    plain.clear_flags()
    return repr(plain)


def _paths(before: list[str]) -> Iterator[str]:
    if sys.path != before:
        more, less = [p for p in sys.path if p not in before], [p for p in before if p not in sys.path]
        told = [f"adds {_listed(list(map(str, more)))}"] if more else []
        told += [f"takes {_listed(less)} away"] if less else []
        yield f"changes sys.path ({', '.join(told) or 'its order'})"


def _modules(before: Mapping[str, Any]) -> Iterator[str]:
    """Modules that were there and are others now, and new ones that are not what their name says."""
    changed = [name for name, module in before.items() if sys.modules.get(name, before) is not module]
    feigned = [name for name in set(sys.modules) - set(before) if _feigned(name, sys.modules[name])]
    if changed or feigned:
        yield f"changes sys.modules ({_listed(sorted(changed + feigned))})"


def _feigned(name: str, module: object) -> bool:
    """True for None, and for a module of Python or of ours that was not loaded from where such modules come from."""
    if module is None:
        return True
    top = name.partition(".")[0]
    if name != top or top not in _OURS | sys.stdlib_module_names:
        return False
    spec = getattr(module, "__spec__", None)
    if spec is None:
        return name != "__main__"
    return top in sys.stdlib_module_names and not _of_python(spec.origin)


def _of_python(origin: str | None) -> bool:
    standard = os.path.dirname(os.__file__)  # noqa: PTH120 - compared as a text
    return origin is None or origin in ("built-in", "frozen") or origin.startswith(standard)


def _functions() -> dict[str, dict[str, Any]]:
    """Functions and classes by module, of Python's most used modules and of Hansa as far as it is loaded."""
    return {
        name: {key: value for key, value in vars(module).items() if callable(value)}
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType) and (name in _WATCHED or name.partition(".")[0] == "hansa")
    }


def _replaced(before: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Python's and our own functions that are others now, in modules that stayed."""
    found = [
        f"{name}.{key}"
        for name, functions in before.items()
        if (module := sys.modules.get(name)) is not None
        for key, function in functions.items()
        if vars(module).get(key) is not function
    ]
    if found:
        yield f"replaces {_listed(found)}"


def _methods() -> dict[type, dict[str, Any]]:
    """Methods and properties of the classes that the gate computes with. What libraries add to them is their own."""
    found = [
        owner
        for module, names in _CLASSES.items()
        for name in names
        if isinstance(owner := getattr(sys.modules.get(module), name, None), type)
    ]
    return {
        owner: {key: one for key, one in vars(owner).items() if callable(one) or isinstance(one, _METHODS)}
        for owner in found
    }


def _replaced_methods(before: Mapping[type, Mapping[str, Any]]) -> Iterator[str]:
    found = [
        f"{owner.__name__}.{key}"
        for owner, methods in before.items()
        for key, method in methods.items()
        if vars(owner).get(key) is not method
    ]
    if found:
        yield f"replaces {_listed(found)}"


def _new(before: Mapping[str, str]) -> list[str]:
    return [name for name in os.environ if name not in before and not _of_a_library(name)]


def _of_a_library(name: str) -> bool:
    return name.startswith(_OF_LIBRARIES)


def _steering(before: Mapping[str, str]) -> Iterator[str]:
    names = [name for name, value in before.items() if os.environ.get(name) != value and not _of_a_library(name)]
    names += [name for name in _new(before) if name.startswith(_STEERING)]
    if names:
        yield f"changes the environment ({_listed(sorted(names))})"


def _signals(before: Mapping[int, Any]) -> Iterator[str]:
    changed = [number for number, handler in before.items() if signal.getsignal(number) != handler]
    if changed:
        yield f"changes the handling of {_listed([_signal_name(number) for number in changed])}"


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _put_modules_back(before: Mapping[str, Any]) -> None:
    for name in [name for name in set(sys.modules) - set(before) if _feigned(name, sys.modules[name])]:
        del sys.modules[name]
    for name, module in before.items():
        if sys.modules.get(name) is not module:
            sys.modules[name] = module


def _put_environment_back(before: Mapping[str, str]) -> None:
    zone = os.environ.get("TZ")
    for name in _new(before):
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if not _of_a_library(name)})
    if zone != os.environ.get("TZ"):
        time.tzset()


def _put_handler_back(number: int, handler: Any) -> None:
    # A handler that was not set from Python is None and cannot be set; elsewhere than in the main thread none can be.
    if handler is not None and signal.getsignal(number) != handler and _in_main_thread():
        signal.signal(number, handler)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
