"""What every room's tests share: the helpers and fixtures of ``core/tests/machinery``."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "core" / "tests"))

pytest_plugins = ["machinery.fixtures"]

# How long one example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

#: Rooms whose tests share something that takes a minute to make. Workers begin with two halves of the list and then
#: take over what lies at the end of the other's: at the end such a room would be split, made twice, or waited for.
_FIRST = ("tests/end_to_end", "tests/no_clear_data", "tests/documentation", "tests/stranger", "core/tests/testing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms that are dear, each in one piece; all else keeps its order."""
    rooms = [Path(__file__).parent / room for room in _FIRST]
    rank = {id(item): next((n for n, r in enumerate(rooms) if r in item.path.parents), len(rooms)) for item in items}
    items.sort(key=lambda item: rank[id(item)])
