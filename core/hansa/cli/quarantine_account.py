"""What the commands about quarantine share: which rows are meant, their account, and faults that are told last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from hansa.quarantine import Account
    from hansa.store.warehouse import Warehouse

PRODUCT = typer.Argument(help="domain.product, or domain.product@2.")
RULE = typer.Option(None, "--rule", help="Only rows that broke this rule.")
PARTITION = typer.Option(None, "--partition", help="Only rows of this day; - for rows of none.")
DIGEST = typer.Option(None, "--digest", help="Only this row, by its digest; may be given several times.")


def known_account(store: Warehouse, name: str, major: int) -> Account:
    """What is known of the refused rows of a product, and what was decided over them."""
    from hansa.quarantine import account_of
    from hansa.receipt import book_of

    return account_of(book_of(store, name, major), store.table(name, major))


def raise_last(faults: list[Any]) -> None:
    """Tell of what cannot be read after everything else was told."""
    for fault in faults[:-1]:
        typer.echo(f"hansa: {fault.sentence()}", err=True)
    if faults:
        raise faults[-1]
