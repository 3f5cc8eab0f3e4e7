"""What one plugin answers to the hooks, held against what the hooks ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.errors import PluginError
from hansa.products import Input, Kpi, Module, Product, Setting
from hansa.scorer import LOCAL

if TYPE_CHECKING:
    import pluggy
    from pluggy import HookImpl

    from hansa.contract.model import Contract
    from hansa.scorer import Scorer
    from hansa.sources import Reader

FindContracts = Callable[[tuple[Path, ...]], Mapping[tuple[str, int], "Contract"]]

_SCORER = re.compile(r"[a-z][a-z0-9_]*")
MODULE_NAME = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class Answers:
    """All that one plugin brings; ``contracts`` by id and major version, ``scorers`` by name."""

    modules: tuple[Module, ...] = ()
    contracts: Mapping[tuple[str, int], Contract] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    demo_maker: Callable[..., Path | None] | None = None
    scorers: Mapping[str, Scorer] = field(default_factory=dict)

    def product_ids(self) -> frozenset[str]:
        """Ids of the products of all its modules."""
        return frozenset(product.id for module in self.modules for product in module.products)

    def told(self) -> dict[str, dict[str, list[str]]]:
        """References by product by module."""
        return {m.name: {p.id: [i.reference for i in p.requires] for p in m.products} for m in self.modules}


def ask(manager: pluggy.PluginManager, plugin: str, find: FindContracts) -> Answers:
    """Call the hooks of one registered plugin, each by itself, so that a wrong answer has an author.

    ``find`` reads the contracts under folders; plugins often name the same one, so it may remember.
    Errors: PluginError for an answer of another kind; ContractError for a contract that cannot be read.
    """
    return Answers(
        modules=_modules(_answer(manager, plugin, "hansa_modules", ())),
        contracts=find(_folders(_answer(manager, plugin, "hansa_contracts", ()))),
        readers=_readers(_answer(manager, plugin, "hansa_sources", {})),
        demo_maker=_demo_maker(_implementation(manager, plugin, "hansa_demo")),
        scorers=_scorers(_answer(manager, plugin, "hansa_scorer", None)),
    )


def _implementation(manager: pluggy.PluginManager, plugin: str, hook: str) -> HookImpl | None:
    implementations = getattr(manager.hook, hook).get_hookimpls()
    return next((each for each in implementations if each.plugin_name == plugin), None)


def _answer(manager: pluggy.PluginManager, plugin: str, hook: str, without: Any) -> Any:
    implementation = _implementation(manager, plugin, hook)
    return without if implementation is None else implementation.function()


def _demo_maker(implementation: HookImpl | None) -> Callable[..., Path | None] | None:
    """A function of ``home``, ``customers`` and ``seed`` by name, whichever of them the plugin takes."""
    return None if implementation is None else partial(_make_demo, implementation)


def _make_demo(implementation: HookImpl, **arguments: Any) -> Any:
    return implementation.function(**{name: arguments[name] for name in implementation.argnames})


def _sequence(answer: Any, hook: str, kind: type, words: str) -> tuple[Any, ...]:
    if not isinstance(answer, Sequence) or isinstance(answer, str) or not all(isinstance(a, kind) for a in answer):
        raise PluginError("hook.answer", f"'{hook}' does not answer {words}", next_step="see hansa/hooks.py")
    return tuple(answer)


def _modules(answer: Any) -> tuple[Module, ...]:
    modules = _sequence(answer, "hansa_modules", Module, "a list of Module")
    for module in modules:
        _check_parts(module)
    for name, times in Counter(module.name for module in modules).items():
        if not isinstance(name, str) or not MODULE_NAME.match(name):
            raise PluginError("module.name", f"'{name}' is no module name", next_step="write it as domain.module")
        if times > 1:
            raise PluginError("module.double", f"it brings module {name} {times} times", next_step="keep one of them")
    for module in modules:
        _check_products(module)
    return modules


def _check_parts(module: Module) -> None:
    """Refuse a module whose parts are not what they are named: everything after this takes them for that."""
    kinds = {"products": (module.products, Product), "KPIs": (module.kpis, Kpi)}
    for words, (parts, kind) in kinds.items():
        if not isinstance(parts, Sequence) or not all(isinstance(part, kind) for part in parts):
            raise _no_part(module, words, f"a sequence of {kind.__name__}")
    settings = module.settings
    if not isinstance(settings, Mapping) or not all(_is_setting(name, one) for name, one in settings.items()):
        raise _no_part(module, "settings", "Setting by name")
    for product in module.products:
        if not isinstance(product.requires, Sequence) or not all(isinstance(i, Input) for i in product.requires):
            raise _no_part(module, f"inputs of {product.id}", "a sequence of Input")


def _is_setting(name: object, one: object) -> bool:
    return isinstance(name, str) and isinstance(one, Setting) and isinstance(one.default, bool | int | float | str)


def _no_part(module: Module, words: str, wanted: str) -> PluginError:
    what = f"the {words} in module {module.name} are not {wanted}"
    return PluginError("module.parts", what, next_step=f"give {wanted}; see hansa/products.py")


def _check_products(module: Module) -> None:
    for product, times in Counter(product.id for product in module.products).items():
        if times > 1:
            raise PluginError(
                "product.double",
                f"product {product} stands {times} times in it",
                where=module.name,
                next_step="keep one of them",
            )


def _folders(answer: Any) -> tuple[Path, ...]:
    folders = _sequence(answer, "hansa_contracts", Path, "a list of Path")
    for folder in folders:
        if not folder.is_dir():
            raise PluginError(
                "contracts.folder",
                f"its folder of contracts {folder} does not exist",
                next_step="pack it with the plugin",
            )
    return tuple(folder.resolve() for folder in folders)


def _readers(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping) or not all(isinstance(k, str) and callable(v) for k, v in answer.items()):
        raise PluginError(
            "hook.answer", "'hansa_sources' does not answer readers by format", next_step="see hansa/hooks.py"
        )
    return dict(answer)


def _scorers(answer: Any) -> Mapping[str, Any]:
    """The one scorer by its name; none of a plugin that has none."""
    if answer is None:
        return {}
    name = getattr(answer, "name", None)
    if not callable(getattr(answer, "score", None)) or not isinstance(name, str) or not _SCORER.fullmatch(name):
        raise PluginError(
            "hook.answer", "'hansa_scorer' does not answer a scorer with a name", next_step="see hansa/scorer.py"
        )
    if name == LOCAL:
        what = f"its scorer is called '{LOCAL}', as the one that is always there"
        raise PluginError("hook.answer", what, next_step="give it a name of its own")
    return {name: answer}
