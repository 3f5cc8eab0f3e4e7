"""The part that pytest loads: an option, the parameters of the tests, and the plugins that have no test file.

It is loaded in every run of pytest where Hansa is installed, so nothing of Hansa is imported before it is asked for.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hansa.testing.kit import Kit
    from hansa.testing.subject import Subject

#: Parameters of the tests, and what there is none of where a plugin has nothing of the kind.
_PARAMETERS = {
    "hansa_python_module": "Python module",
    "hansa_module": "module",
    "hansa_contract": "product with a contract",
    "hansa_rule": "product with a contract",
    "hansa_function": "product that computes something",
}
_subjects_key = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option ``--hansa``."""
    group = parser.getgroup("hansa", "conformance of Hansa plugins")
    group.addoption(
        "--hansa",
        action="store_true",
        help="generate the conformance tests of every installed plugin whose source lies below the root folder",
    )


def _subjects(config: pytest.Config) -> dict[str, Subject]:
    """The installed plugins, loaded once a run."""
    if _subjects_key not in config.stash:
        from hansa.testing.subject import subjects

        config.stash[_subjects_key] = subjects()
    found: dict[str, Subject] = config.stash[_subjects_key]
    return found


def _subject(config: pytest.Config, name: str) -> Subject:
    known = _subjects(config)
    if name in known:
        return known[name]
    from hansa.registry import load
    from hansa.testing.subject import stranger

    return stranger(name, next(iter(known.values())).registry if known else load())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The modules, contracts, rules and products of the plugin that a class names."""
    name = getattr(metafunc.cls, "hansa_plugin", "")
    wanted = [parameter for parameter in _PARAMETERS if parameter in metafunc.fixturenames]
    if not name or not wanted:
        return
    subject = _subject(metafunc.config, name)
    for parameter in wanted:
        values = _values(subject, parameter)
        ids = ["-".join(value) if isinstance(value, tuple) else value for value in values]
        if values:
            metafunc.parametrize(parameter, values, ids=ids)
            continue
        why = "the plugin does not load" if subject.reason else f"the plugin has no {_PARAMETERS[parameter]}"
        metafunc.parametrize(parameter, [pytest.param(None, id="none", marks=pytest.mark.skip(reason=why))])


def _values(subject: Subject, parameter: str) -> list[Any]:
    match parameter:
        case "hansa_python_module":
            return list(subject.python_modules()) if subject.module_name else []
        case "hansa_module":
            return list(subject.modules)
        case "hansa_contract":
            return list(subject.contracts)
        case "hansa_function":
            return [id for id, (product, _) in subject.products.items() if product.function is not None]
    from hansa.testing.kit import rule_names

    return [(id, rule) for id, contract in subject.contracts.items() for rule in rule_names(contract)]


@pytest.fixture(scope="session")
def hansa_kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """Everything that was tried in this run, under a temporary folder."""
    from hansa.testing.kit import Kit

    return Kit(tmp_path_factory.mktemp("hansa"))


@pytest.fixture
def hansa_subject(request: pytest.FixtureRequest) -> Subject:
    """The plugin that the class of the test names."""
    return _subject(request.config, request.cls.hansa_plugin)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--hansa``: the tests of the plugins below the root folder that no collected class tests."""
    if not config.getoption("hansa"):
        return
    tested = {getattr(getattr(item, "cls", None), "hansa_plugin", "") for item in items}
    for name, subject in _subjects(config).items():
        if name not in tested and subject.source is not None and _is_own(subject.source, config.rootpath):
            module = _Generated.from_parent(session, path=subject.source)
            module.plugin = name
            items.extend(session.genitems(module))


def _is_own(source: Path, root: Path) -> bool:
    """True for a source below the root folder that is no installed copy, as in an environment that lies there too."""
    installed = {"site-packages", "dist-packages"} & set(source.parts)
    return source.is_relative_to(root.resolve()) and not installed


class _Generated(pytest.Module):
    """A test module that nobody wrote: one class of the plugin whose source stands at its path."""

    plugin = ""

    def _getobj(self) -> types.ModuleType:
        from hansa.testing.suite import Conformance

        module = types.ModuleType(f"hansa_conformance_of_{self.plugin}")
        name = "Test" + "".join(word.capitalize() for word in self.plugin.replace("-", "_").split("_"))
        body = {"__module__": module.__name__}
        tests = types.new_class(name, (Conformance,), {"plugin": self.plugin}, lambda space: space.update(body))
        setattr(module, name, tests)
        return module

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        return list(self._classes())

    def _classes(self) -> Iterator[pytest.Collector]:
        for name in vars(self.obj):
            if name.startswith("Test"):
                yield pytest.Class.from_parent(self, name=name)
