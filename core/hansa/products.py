"""Product, Module, Kpi, Input: what a plugin declares. Plain objects, no Dagster, no frames at import."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from hansa.errors import PluginError
from hansa.near import or_near

if TYPE_CHECKING:
    from hansa.contract.model import Contract

PRODUCT_ID = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
REFERENCE = re.compile(r"^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)@(\d+)$")


@dataclass(frozen=True)
class Days:
    """A number of business days, or the name of a module setting that holds it."""

    amount: int | str = 0

    def resolve(self, settings: Mapping[str, Any]) -> int:
        """The number of days under these settings."""
        return self.amount if isinstance(self.amount, int) else int(settings[self.amount])


def days(amount: int | str) -> Days:
    """``days(30)``, or ``days("training_days")`` to take the number from the module's settings."""
    return Days(amount)


@dataclass(frozen=True)
class Input:
    """What a product reads: a contract by id and major version, and how many days beside the run's own.

    ``lookback`` asks for days before the run's first, ``lookahead`` for days after its last (only for measuring what
    became known later), ``own_days=False`` leaves the run's own days out, ``newest=True`` asks for the newest
    partition at or before each day instead of that day's own.
    """

    reference: str
    lookback: Days = Days(0)
    lookahead: Days = Days(0)
    own_days: bool = True
    newest: bool = False

    def __post_init__(self) -> None:
        if not REFERENCE.match(self.reference):
            raise PluginError(
                "input.reference",
                f"'{self.reference}' is no product with a major version",
                next_step="write it as domain.product@1",
            )

    @property
    def product(self) -> str:
        """The id without its version: ``governance.transactions``."""
        return self.reference.split("@")[0]

    @property
    def major(self) -> int:
        """The major version asked for."""
        return int(self.reference.split("@")[1])

    @property
    def parameter(self) -> str:
        """The name of the function's parameter that receives the frame."""
        return self.product.split(".")[1]


@dataclass(frozen=True)
class Product:
    """A function of frames that keeps one contract.

    ``function`` is None for a source-aligned product: its rows come from the source that the mesh binds to its id.
    ``every`` is the cadence of a product that is not wanted each day (a model): it is planned for a day only if no
    partition of the last ``every`` days exists.

    ``carries`` is a tag: columns of its inputs that a contract, or an institution's overlay of it, tags so are columns
    of this product too, by the names of ``carried_name``, and the function gives them. ``optional`` inputs are read
    only where one of them has such a column, or where the mesh binds a source to one that no plugin brings; their
    parameters have the default None.

    ``lineage`` says of columns from which columns of the inputs they come, ``{"score": ["risk.features.amount_7d"]}``.
    It is shown, and computes nothing; whether these columns exist ``lineage_faults`` says.
    """

    id: str
    requires: tuple[Input, ...] = ()
    function: Callable[..., Any] | None = None
    every: Days | None = None
    kinds: tuple[str, ...] = ("polars", "iceberg")
    carries: str = ""
    optional: tuple[Input, ...] = ()
    lineage: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not PRODUCT_ID.match(self.id):
            raise PluginError("product.id", f"'{self.id}' is no product id", next_step="write it as domain.product")
        if self.function is not None:
            _match_parameters(self)

    @property
    def from_source(self) -> bool:
        """True if the mesh must bind a source to this product."""
        return self.function is None

    @property
    def wants_run(self) -> bool:
        """True if the function takes a parameter named ``run``."""
        return self.function is not None and "run" in inspect.signature(self.function).parameters

    @property
    def origins(self) -> Iterator[tuple[str, str, str]]:
        """What ``lineage`` says, one by one: a column, and the product read here with the column that it comes from."""
        read = {_live(given.product): given.product for given in self.requires}
        for column, name in _declared(self.lineage):
            product, inner = _split(name)
            if product in read:
                yield column, read[product], inner


def _match_parameters(product: Product) -> None:
    """Refuse a function whose parameters are not its inputs (and ``run``)."""
    assert product.function is not None  # noqa: S101 - narrowed for the type checker
    named = set(inspect.signature(product.function).parameters) - {"run"}
    asked = {given.parameter for given in (*product.requires, *product.optional)}
    if named != asked:
        missing, surplus = sorted(asked - named), sorted(named - asked)
        raise PluginError(
            "product.parameters",
            f"its function lacks {missing} and has {surplus} beside its inputs",
            where=product.id,
            next_step="name one parameter after each required product",
        )


def lineage_faults(product: Product, contract_of: Callable[[str], Contract | None]) -> Iterator[tuple[str, str]]:
    """What is wrong in a product's lineage and the mend; ``contract_of`` gives the contract of an id that is known."""
    if not isinstance(product.lineage, Mapping):
        yield "its lineage is no mapping of columns", 'write lineage={"column": ["domain.product.column"]}'
        return
    own = contract_of(product.id)
    for column in map(str, product.lineage):
        if own is not None and column not in _paths(own):
            what = f"it declares where column '{column}' comes from, which its contract does not have"
            yield what, or_near(column, _paths(own), f"its columns are {', '.join(own.by_name)}")
    asked = {_live(given.product): given.product for given in (*product.requires, *product.optional)}
    for column, name in _declared(product.lineage):
        yield from _origin_faults(column, name, asked, contract_of)


def _origin_faults(
    column: str, name: str, asked: Mapping[str, str], contract_of: Callable[[str], Contract | None]
) -> Iterator[tuple[str, str]]:
    """What is wrong with one column that ``column`` comes from; ``asked`` are the inputs by their names when live."""
    given, inner = _split(name)
    if not inner:
        yield (
            f"its column '{column}' comes from '{name}', which is no column of a product",
            "write domain.product.column",
        )
    elif given not in asked:
        mend = or_near(given, asked, f"it reads {', '.join(asked) or 'nothing'}")
        yield f"its column '{column}' comes from {name}, and it does not read {given}", mend
    elif (contract := contract_of(asked[given])) is not None and inner not in _paths(contract):
        what = f"its column '{column}' comes from {name}, and {given} has no column '{inner}'"
        yield what, or_near(inner, _paths(contract), f"its columns are {', '.join(contract.by_name)}")


def _declared(lineage: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each column with each name that it is said to come from, as texts whatever an author wrote."""
    for column, names in lineage.items() if isinstance(lineage, Mapping) else ():
        for name in names if isinstance(names, Sequence) and not isinstance(names, str) else (names,):
            yield str(column), str(name)


def _split(name: str) -> tuple[str, str]:
    """Product and column of ``domain.product.column``; a column may be a path. Both are empty for what is neither."""
    domain, _, rest = name.partition(".")
    product, _, column = rest.partition(".")
    return (f"{domain}.{product}", column) if PRODUCT_ID.match(f"{domain}.{product}") and column else ("", "")


def _paths(contract: Contract) -> list[str]:
    return [path for column in contract.columns for path, _ in column.walk()]


def _live(product: str) -> str:
    # A product in shadow is declared by the names of what it shadows.
    return product.removeprefix("shadow_")


def carried_name(parameter: str, column: str) -> str:
    """The name of a column that goes on into another product: ``transactions_merchant_note``."""
    return f"{parameter}_{column}"


def product(
    id: str,
    requires: Sequence[str | Input] = (),
    every: Days | None = None,
    kinds: Sequence[str] = ("polars", "iceberg"),
    carries: str = "",
    optional: Sequence[Input] = (),
    lineage: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
) -> Callable[[Callable[..., Any]], Product]:
    """Make a Product of a function: ``@product("risk.fraud_alerts", requires=["risk.fraud_scores@1"])``."""
    inputs = tuple(given if isinstance(given, Input) else Input(given) for given in requires)
    origins = {column: (names,) if isinstance(names, str) else tuple(names) for column, names in lineage.items()}

    def decorate(function: Callable[..., Any]) -> Product:
        return Product(id, inputs, function, every, tuple(kinds), carries, tuple(optional), origins)

    return decorate


def source_product(id: str) -> Product:
    """A source-aligned product: its rows come from the source that ``mesh.yaml`` binds to its id."""
    return Product(id=id, kinds=("iceberg",))


@dataclass(frozen=True)
class Setting:
    """One setting of a module: its default (which also gives its type) and what it means."""

    default: int | float | str | bool
    description: str


@dataclass(frozen=True)
class Kpi:
    """One target of the plan. Its value is never written here: ``measured_by`` names the product whose rows hold it.

    ``direction`` says on which side of ``target`` the value should lie; ``baseline`` says what it is compared with.
    """

    id: str
    title: str
    title_zh: str
    formula: str
    unit: str
    target: float | None
    direction: Literal["at least", "at most"]
    baseline: str
    obtained: Literal["measured", "simulated", "production"]
    measured_by: str


@dataclass(frozen=True)
class Module:
    """A named set of products, KPIs and settings that an institution can switch on."""

    name: str
    products: tuple[Product, ...]
    title: str = ""
    title_zh: str = ""
    kpis: tuple[Kpi, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
