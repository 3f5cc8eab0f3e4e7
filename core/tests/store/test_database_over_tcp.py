"""Catalog and vault in a PostgreSQL that is reached over TCP and asks for a password."""

from __future__ import annotations

from urllib.parse import quote

import polars as pl
import pytest
from hansa.errors import HansaError
from hansa.receipt import book_of
from hansa.secrets import Keys
from hansa.store.settings import CatalogSettings, StoreSettings
from hansa.store.warehouse import Warehouse
from hansa.vault import Request, Vault, place_of
from hansa.verify import verify

#: Signs that an address has a meaning for.
PASSWORD = "s3cret/@:?#% word"


@pytest.fixture
def server(postgres):
    with postgres.over_tcp("clerk", PASSWORD) as address:
        yield address


@pytest.fixture
def address(server, postgres):
    options = postgres.schema().partition("options=")[2]
    return f"postgresql://clerk:{quote(PASSWORD, safe='')}@{server}/postgres?options={options}"


def lake(folder, uri):
    return Warehouse(folder / "wh", StoreSettings.of(), CatalogSettings.of(type="sql", uri=uri))


def test_a_publication_lands_in_it_and_is_read_back(tmp_path, address, send, daily):
    send("2026-03-01=1.50", target=lake(tmp_path, address))
    again = lake(tmp_path, address)
    assert list(book_of(again, daily.id).current()) == ["2026-03-01"]
    assert verify(again, daily.id).faults == ()


def test_a_wrong_password_is_one_sentence_and_is_not_shown(tmp_path, address, send):
    wrong = address.replace(quote(PASSWORD, safe=""), "Qx7mistyped")
    with pytest.raises(HansaError) as caught:
        send("2026-03-01=1.50", target=lake(tmp_path, wrong))
    said = f"{caught.value} {caught.value.__context__}"
    assert "Qx7mistyped" not in said and "\n" not in str(caught.value)
    assert "the catalog cannot be used" in said


def test_a_vault_lies_in_it(tmp_path, address):
    keys, clear = Keys(token=b"t" * 32, sealing=b"s" * 32), pl.Series(["6222021234567890128"])
    tokens = keys.tokens(clear, "card_number")
    for step in ("put", "open"):
        vault = Vault(place_of(address, tmp_path), keys)
        if step == "put":
            vault.put("card_number", tokens, clear, "t.a@1")
        else:
            assert vault.open("card_number", tokens[0], Request("a complaint", "clerk", None)) == clear[0]
        vault.close()
