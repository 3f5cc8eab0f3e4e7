from importlib.metadata import entry_points

import pytest
from hansa.registry import load

SOURCES = ("customers", "accounts", "transactions", "merchants", "fraud_labels")
#: Contracts of sources that not every institution has: to be bound alone, demanded by no module.
OPTIONAL = ("cards", "logins", "campaign_events")


@pytest.fixture(scope="module")
def registry():
    return load([point for point in entry_points(group="hansa") if point.name == "governance"])


def test_the_plugin_is_in_with_the_module_governance_core(registry):
    plugin = next(plugin for plugin in registry.plugins if plugin.name == "governance")
    assert (plugin.state, plugin.reason, plugin.modules) == ("in", "", ("governance.core",))


def test_every_product_is_source_aligned(registry):
    products = registry.modules["governance.core"].products
    assert [product.id for product in products] == [f"governance.{name}" for name in SOURCES]
    assert all(product.from_source for product in products)


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_not_every_institution_has_is_known_and_demanded_by_nobody(registry, name):
    assert (f"governance.{name}", 1) in registry.contracts
    assert f"governance.{name}" not in {product.id for product in registry.modules["governance.core"].products}


@pytest.mark.parametrize("name", ["cards", "customers"])
def test_nothing_that_opens_a_card_is_ever_asked_for(registry, name):
    words = {column.name for column in registry.contracts[f"governance.{name}", 1].columns}
    assert not {word for word in words if any(part in word for part in ("cvv", "pin", "track", "password"))}


@pytest.mark.parametrize("name", SOURCES)
def test_every_product_keeps_a_contract_of_its_first_major_version(registry, name):
    assert (f"governance.{name}", 1) in registry.contracts


def test_the_module_has_a_title_in_both_languages(registry):
    module = registry.modules["governance.core"]
    assert module.title
    assert module.title_zh


def test_transactions_and_labels_are_kept_by_day_and_the_others_as_a_whole(registry):
    daily = [name for name in SOURCES if registry.contracts[f"governance.{name}", 1].partition]
    assert daily == ["transactions", "fraud_labels"]
