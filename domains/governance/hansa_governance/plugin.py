"""What the governance team ships: its contracts and the source-aligned products that everybody reads."""

from __future__ import annotations

from pathlib import Path

import hansa_contracts as first_party
from hansa.hooks import hookimpl
from hansa.products import Module, source_product

CORE = Module(
    "governance.core",
    title="Customers, accounts, transactions, merchants and fraud labels",
    title_zh="客户、账户、交易、商户与欺诈标签",
    products=(
        source_product("governance.customers"),
        source_product("governance.accounts"),
        source_product("governance.transactions"),
        source_product("governance.merchants"),
        source_product("governance.fraud_labels"),
    ),
)


@hookimpl
def hansa_contracts() -> list[Path]:
    """The folder of the first-party contracts."""
    return [Path(str(first_party.__file__)).parent]


@hookimpl
def hansa_modules() -> list[Module]:
    """One module, ``governance.core``."""
    return [CORE]
