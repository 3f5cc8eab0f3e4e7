"""A small and a large bank for all tests of this room."""

from __future__ import annotations

import pytest
from hansa_sandbox.bank import Bank, Books, build, keep_books

CUSTOMERS, SEED = 300, 5


@pytest.fixture(scope="session")
def bank() -> Bank:
    return build(CUSTOMERS, SEED)


@pytest.fixture(scope="session")
def large() -> Bank:
    return build(2_000, 4)


@pytest.fixture(scope="session")
def city() -> Books:
    return keep_books(2_000, 8)


@pytest.fixture(scope="session")
def books() -> Books:
    return keep_books(CUSTOMERS, SEED)
