"""A small institution of computed products whose rows and faults a test chooses, and its Dagster home."""

from __future__ import annotations

import datetime as dt
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from hansa.contract.model import Column, Contract, Rule
from hansa.definitions.instance import instance_of
from hansa.definitions.running import watched
from hansa.mesh import Mesh, load_mesh
from hansa.plan import Step
from hansa.products import Input, Kpi, Module, Product, Setting, days
from hansa.registry import Registry
from hansa.runner import Lost, Outcome, Runner, execute

HEAD = "name: Harbour Bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\nmodules: {desk.core: on}\n"
MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)

DAY = Column("business_date", "date", 1, required=True, partitioned=True)
AMOUNT = Column("amount", "number", 2, precision=18, scale=2, minimum=0, description="Amount.", description_zh="金额。")
PERSON = Column("person_token", "string", 3, required=True, classification="C2", tokenise="mobile")


def contract(id: str, *columns: Column, **options: Any) -> Contract:
    return Contract(id, "1.2.0", columns, Path(f"{id}.odcs.yaml"), digest=id, **options)


def trades_contract() -> Contract:
    volume = Rule("volume", "rowCount", (), "mustBeGreaterThan", (0.0,), line=9)
    return contract(
        "desk.trades", DAY, AMOUNT,
        rules=(volume,), quarantine_share=0.5, owner="Trade desk", description="Trades.", description_zh="交易。",
    )  # fmt: skip


KPI_COLUMNS = (
    Column("kpi", "string", 1, required=True, key_position=1),
    Column("period_first", "date", 2),
    Column("period_last", "date", 3),
    Column("value", "number", 4),
    Column("baseline", "number", 5),
)


def kpi(name: str, target: float | None) -> Kpi:
    return Kpi(name, name, "指标", "a / b", "share", target, "at least", "rules", "measured", "desk.report")


@dataclass
class Institution:
    """``amounts`` are the trades of each day as texts, ``faults`` what a product raises, ``once`` what it raises the
    first time, ``days_that_fail`` what trades raises for a day, ``interrupted`` the product during which somebody
    presses Ctrl-C, ``kpis`` the report's rows, ``settings`` more of the mesh file."""

    folder: Path
    amounts: dict[dt.date, list[str]] = field(default_factory=dict)
    faults: dict[str, Exception] = field(default_factory=dict)
    once: dict[str, Exception] = field(default_factory=dict)
    days_that_fail: dict[dt.date, Exception] = field(default_factory=dict)
    settings: str = ""
    kpis: list[tuple[str, float | None]] = field(default_factory=list)
    interrupted: str = ""
    extra: tuple[Product, ...] = ()
    contracts: tuple[Contract, ...] = ()
    calls: Counter[str] = field(default_factory=Counter)

    def _called(self, product: str) -> None:
        self.calls[product] += 1
        if product == self.interrupted:
            signal.raise_signal(signal.SIGINT)
        if product in self.once:
            raise self.once.pop(product)
        if product in self.faults:
            raise self.faults[product]

    def products(self) -> tuple[Product, ...]:
        def trades(run: Any) -> pl.DataFrame:
            self._called("desk.trades")
            for day in run.days:
                if day in self.days_that_fail:
                    raise self.days_that_fail[day]
            rows = [(day, amount) for day in run.days for amount in self.amounts.get(day, ["1.00", "2.00"])]
            return pl.DataFrame(rows, {"business_date": pl.Date, "amount": pl.String}, orient="row")

        def sums(trades: pl.LazyFrame, run: Any) -> pl.LazyFrame:
            self._called("desk.sums")
            inside = trades.filter(pl.col("business_date").is_between(run.first, run.last))
            return inside.group_by("business_date").agg(pl.col("amount").sum())

        def prices(run: Any) -> pl.DataFrame:
            self._called("desk.prices")
            return pl.DataFrame({"business_date": list(run.days), "amount": ["5.00"] * len(run.days)})

        def people() -> pl.DataFrame:
            self._called("desk.people")
            return pl.DataFrame({"person_token": ["19900000017", "19900000025"]})

        def report(sums: pl.LazyFrame, people: pl.LazyFrame) -> pl.DataFrame:
            self._called("desk.report")
            rows = [(name, MONDAY, MONDAY, value, 0.5) for name, value in self.kpis]
            names = [column.name for column in KPI_COLUMNS]
            types = [pl.String, pl.Date, pl.Date, pl.Float64, pl.Float64]
            return pl.DataFrame(rows, dict(zip(names, types, strict=True)), orient="row")

        back = Input("desk.trades@1", lookback=days("window"))
        return (
            Product("desk.trades", function=trades),
            Product("desk.sums", (back,), function=sums),
            Product("desk.prices", function=prices, kinds=("polars", "numpy")),
            Product("desk.people", function=people),
            Product("desk.report", (Input("desk.sums@1"), Input("desk.people@1")), function=report),
            *self.extra,
        )

    def mesh(self) -> Mesh:
        contracts = (
            trades_contract(),
            contract("desk.sums", DAY, AMOUNT, owner="sums@harbour.example"),
            contract("desk.prices", DAY, AMOUNT, owner="prices@harbour.internal"),
            contract("desk.people", PERSON),
            contract("desk.report", *KPI_COLUMNS),
            *self.contracts,
        )
        module = Module(
            "desk.core",
            self.products(),
            kpis=(kpi("desk.hit", 0.8), kpi("desk.untargeted", None)),
            settings={"window": Setting(2, "days back")},
        )
        registry = Registry(
            modules={module.name: module},
            contracts={(made.id, made.major): made for made in contracts},
            module_plugins={module.name: "desk"},
        )
        path = self.folder / "mesh.yaml"
        path.write_text(HEAD + self.settings)
        return load_mesh(path, registry)

    def run(self, *steps: tuple[str, dt.date | None], bare: bool = False) -> dict[str, Outcome]:
        """The outcomes of these steps by product, through Dagster or without it."""
        mesh, found = self.mesh(), {}
        runner, lost = Runner(mesh), Lost(mesh)
        wanted = [Step(product, day, day, "asked", not bare) for product, day in steps]

        def told(outcome: Outcome) -> None:
            found[outcome.step.product] = outcome

        if bare:
            execute(runner, wanted, lost, told)
            return found
        with watched(runner, lost, told) as through_dagster:
            through_dagster(wanted)
        return found

    def launch(self, first: dt.date, last: dt.date, *products: str, **more: Any) -> dg.ExecuteInProcessResult:
        """Several days in one run of several products, as the button of the pages or a backfill starts it."""
        from hansa.definitions.assets import build

        job = build(self.mesh()).resolve_implicit_global_asset_job_def()
        tags = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
        with instance_of(self.mesh()) as instance:
            return job.execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(product.split(".")) for product in products],
                tags=tags,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                **more,
            )

    def asked(self, question: Callable[[dg.DagsterInstance], Any]) -> Any:
        with instance_of(self.mesh()) as instance:
            return question(instance)

    def materialisations(self, product: str) -> list[dg.AssetMaterialization]:
        """Newest first."""
        key = dg.AssetKey(product.split("."))
        records = self.asked(lambda instance: instance.fetch_materializations(key, limit=100).records)
        return [record.asset_materialization for record in records if record.asset_materialization]

    def checks(self, product: str) -> dict[str, dg.AssetCheckEvaluation]:
        """The latest evaluation of each check."""
        asset = next(a for a in build_assets(self.mesh()) if a.key == dg.AssetKey(product.split(".")))
        keys = [spec.key for spec in asset.check_specs]

        def latest(instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
            records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
            return {key.name: record.evaluation for key, record in records.items() if record.evaluation}

        return self.asked(latest)


def build_assets(mesh: Mesh) -> list[dg.AssetsDefinition]:
    from hansa.definitions.assets import build

    return [asset for asset in build(mesh).assets or [] if isinstance(asset, dg.AssetsDefinition)]


@pytest.fixture
def institution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Institution:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("HANSA_MESH", raising=False)
    monkeypatch.chdir(tmp_path)
    return Institution(tmp_path)
