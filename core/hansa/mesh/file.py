"""mesh.yaml: what one institution chooses, one class, every field with what it means."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from hansa.calendar import CalendarSettings, date_of
from hansa.mesh.orchestration import DagsterSettings
from hansa.registry.settings import PluginSettings
from hansa.sources.binding import Binding, Zone
from hansa.store.settings import CatalogSettings, StoreSettings


def _no_truth(value: Any) -> Any:
    """Pydantic would take true for 1."""
    if isinstance(value, bool):
        raise ValueError("no number; write a whole number")
    return value


def _scalar(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("no single value; write a number, a text, true or false")
    return value


def _folder(value: str) -> str:
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", value):
        raise ValueError("no folder; write the path of a folder")
    if not value.strip():
        raise ValueError("empty; write the path of a folder")
    return value


#: A bucket and a prefix, without user, query or empty parts.
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=+-]+)*")


def _place(value: str) -> str:
    if not value.startswith("s3://"):
        return _folder(value)
    if not _BUCKET.fullmatch(value):
        raise ValueError("no address of a bucket; write s3://bucket/prefix, and keys in the environment")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
Scalar = Annotated[Any, AfterValidator(_scalar)]
Folder = Annotated[str, AfterValidator(_folder)]
Place = Annotated[str, AfterValidator(_place)]


_DURATIONS = {name for name, field in StoreSettings.model_fields.items() if field.annotation is dt.timedelta}
_CONFIG = SettingsConfigDict(
    env_prefix="HANSA_", env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
)


class _Environment(EnvSettingsSource):
    """``HANSA_*``. A variable is text: one that reads as a number or truth value is one, as in the file."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        for given in (one for section in ("settings", "shadow") for one in found.get(section, {}).values()):
            if isinstance(given, dict):
                given.update({name: _typed(value) for name, value in given.items() if isinstance(value, str)})
        store = found.get("store")
        if isinstance(store, dict):
            # Of these only durations would be read otherwise: seconds are a number.
            seconds = {name: float(value) for name, value in store.items() if name in _DURATIONS and _numeric(value)}
            store.update(seconds)
        return found


def _numeric(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None


def _typed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=str)
    except json.JSONDecodeError:
        return text


class _Settings(BaseSettings):
    model_config = _CONFIG

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file; no ``.env`` file and no folder of secrets."""
        return _Environment(settings_cls), init_settings


class Variables(_Settings):
    """How the warehouse of a command without a mesh is reached: by variables alone."""

    store: StoreSettings = Field(default_factory=StoreSettings)
    catalog: CatalogSettings = Field(default_factory=CatalogSettings)


class PluginVariables(_Settings):
    """Which plugins a command without a mesh takes: by variables alone."""

    plugins: PluginSettings = Field(default_factory=PluginSettings)


class MeshFile(_Settings):
    """The fields of a mesh file. ``HANSA_NAME`` and so on override them, ``__`` goes one level down."""

    name: str = Field(min_length=1, description="the institution's name, as it stands in Dagster and in reports")
    time_zone: Zone = Field(description="the IANA name of the one time zone whose days are the business days")
    start: Annotated[dt.date, BeforeValidator(date_of)] = Field(description="the first business day of the mesh")
    warehouse: Place = Field(
        "warehouse", description="where the tables lie: a folder, relative to the mesh file, or s3://bucket/prefix"
    )
    store: StoreSettings = Field(
        default_factory=StoreSettings, description="how the object store is reached, for a warehouse in s3://"
    )
    catalog: CatalogSettings = Field(
        default_factory=CatalogSettings, description="who orders the commits: the warehouse itself, or a service"
    )
    plugins: PluginSettings = Field(
        default_factory=PluginSettings, description="which installed plugins are imported, and how long one may take"
    )
    modules: dict[str, Literal["on", "off", "shadow"]] = Field(
        default_factory=dict,
        description="modules by name, each on, off or shadow (computed into tables that no module which is on reads); "
        "one that is not named is off",
    )
    settings: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict, description="settings by module and name; hansa modules lists the modules"
    )
    shadow: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict,
        description="by module and name, settings to try: the module runs in shadow with them, beside itself where it "
        "is on; hansa compare shows what would change",
    )
    overlays: tuple[Folder, ...] = Field(
        (),
        description="what the institution adds to contracts: *.overlay.yaml files, or folders of them, in the mesh "
        "file's folder or below",
    )
    sources: dict[str, Binding] = Field(
        default_factory=dict, description="by product id, the source whose rows become this product"
    )
    calendar: CalendarSettings = Field(
        default_factory=CalendarSettings,
        description="on which days no rows are expected, so that a day without rows is an empty one, not a fault",
    )
    keys: Folder = Field(".hansa/keys", description="the folder of the token and sealing keys, never in the warehouse")
    vault: str = Field(
        ".hansa/vault.db", description="the file or postgresql:// address of the vault of clear values, or none"
    )
    dagster_home: Folder = Field(".hansa/dagster", description="Dagster's home, unless DAGSTER_HOME names another")
    dagster: DagsterSettings = Field(
        default_factory=DagsterSettings,
        description="when modules run in Dagster, what is tried again, what shares a pool",
    )
    seed: Whole = Field(20260101, ge=0, description="the seed of everything that is drawn at random")
    threads: Whole = Field(2, ge=1, le=1024, description="how many threads a computation may use")
    scorer: str = Field(
        "local",
        min_length=1,
        description="who scores rows: local (in the process of the run, the faster one on one machine), or ray (by "
        "workers of a Ray cluster, with hansa-ray)",
    )

    @staticmethod
    def under(folder: Path, path: str) -> Path:
        """``path`` as it is meant in a mesh file that lies in ``folder``: relative to it, ``~`` is the home."""
        return (folder / Path(path).expanduser()).resolve()

    def place(self, folder: Path) -> Path | str:
        """The warehouse as it is meant in a mesh file that lies in ``folder``."""
        return self.warehouse if "://" in self.warehouse else self.under(folder, self.warehouse)


#: The fields that are sections with fields of their own, by the model of these.
SECTIONS: Mapping[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in MeshFile.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
