"""What tests of keys and vaults share."""

from __future__ import annotations

import polars as pl
import pytest
from hansa.secrets import Keys
from hansa.vault import Request, Vault, place_of

KEYS = Keys(token=b"t" * 32, sealing=b"s" * 32)
ASKED = Request("a complaint", "clerk", None)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Where a vault may lie: a file, and a real server."""
    if request.param == "sqlite":
        return str(tmp_path / "vault.db")
    return request.getfixturevalue("postgres").schema()


@pytest.fixture
def opened(address, tmp_path):
    """Open the vault of the test, with these keys."""
    held = []

    def call(keys=KEYS, **options):
        held.append(Vault(place_of(address, tmp_path), keys, **options))
        return held[-1]

    yield call
    for vault in held:
        vault.close()


@pytest.fixture
def vault(opened):
    return opened()


@pytest.fixture
def filled(vault):
    """A vault with three mobiles of two products: the vault and their tokens."""
    clear = pl.Series(["19900000017", "+86 199-0000-0018", "19900000019"])
    tokens = KEYS.tokens(clear, "mobile")
    vault.put("mobile", tokens, clear, "governance.customers@1")
    vault.put("mobile", tokens.head(1), clear.head(1), "service.calls@1")
    return vault, tokens.to_list()
