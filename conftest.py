"""What every room's tests share: the helpers and fixtures of ``core/tests/machinery``."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "core" / "tests"))

pytest_plugins = ["machinery.fixtures"]

# How long one example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tests make much that goes by itself: to look for what does not, again and again, took a tenth of their time.
gc.set_threshold(50_000, 20, 50)

#: Rooms whose tests share something that takes a minute to make. Workers begin with two halves of the list and then
#: take over what lies at the end of the other's: at the end such a room would be split, made twice, or waited for.
_FIRST = (
    "tests/end_to_end",
    "tests/no_clear_data",
    "tests/documentation",
    "tests/stranger",
    "plugins/ray/tests",
    "core/tests/testing",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms that are dear, each in one piece; all else keeps its order."""
    rooms = [Path(__file__).parent / room for room in _FIRST]
    rank = {id(item): next((n for n, r in enumerate(rooms) if r in item.path.parents), len(rooms)) for item in items}
    items.sort(key=lambda item: rank[id(item)])


def pytest_collection_finish() -> None:
    """What stands now stays until the end: collections need not look through it again and again."""
    gc.collect()
    gc.freeze()


#: Compiles Hansa and imports what the processes that tests start import. Where Python is told to write no compiled
#: files, each of those would compile the libraries for itself, which takes seconds.
_COMPILED_ONCE = """
import compileall, sys
for room in sys.argv[1:]: compileall.compile_dir(room, quiet=2)
import dagster_webserver.cli, dagster._cli, dagster._grpc.server, dagster._daemon.cli
import jsonschema, obstore, pandera.polars, pyiceberg.catalog.sql, pyiceberg.io.pyarrow, sqlalchemy, sqlglot
import hansa.cli, hansa.gate, hansa.runner, hansa.registry, hansa_governance.plugin, hansa_risk.plugin
import catboost, duckdb, fastexcel, psycopg, boto3, moto.server, moto.s3.urls, ray, ray.scripts.scripts
"""
_BESIDE = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """Before several workers begin, compile the libraries beside them."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        # All of Hansa, for most of it is imported inside functions.
        rooms = [str(Path(__file__).parent / room) for room in ("core/hansa", "contracts", "domains", "plugins")]
        command = [sys.executable, "-c", _COMPILED_ONCE, *rooms]
        config.stash[_BESIDE] = subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process behind."""
    if (beside := config.stash.get(_BESIDE, None)) is not None:
        beside.wait()
