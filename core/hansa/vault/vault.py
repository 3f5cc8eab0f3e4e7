"""Clear values by token: put in bulk by the gate, opened one by one for a purpose, forgotten on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from hansa.errors import MeshError, WorldError
from hansa.secrets import KINDS, Keys, normal
from hansa.secrets.keys import sealed_by
from hansa.vault.audit import AuditLine, Request, Revealed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hansa.vault.place import VaultPlace

#: Tokens in one statement and one transaction.
_CHUNK = 10_000
TOKEN = r"^[0-9a-f]{32}$"  # noqa: S105 - the form of a token


def _context(kind: str, token: str) -> str:
    return f"vault\x1f{kind}\x1f{token}"


class Vault:
    """The vault at ``place``, for the institution with these keys. It is made at the first use if ``create``."""

    def __init__(self, place: VaultPlace, keys: Keys, *, create: bool = True) -> None:
        from hansa.vault import audit
        from hansa.vault.place import engine_of

        self._keys, self._place = keys, place.shown
        self._engine = engine_of(place, create=create)
        with self._working() as connection:
            self._prepare(connection, create)
            audit.check_keys(connection, keys, self._place)

    def _prepare(self, connection: Connection, create: bool) -> None:
        from sqlalchemy import inspect

        from hansa.vault import audit, tables

        if not create and not inspect(connection).has_table(tables.schema_version.name):
            raise WorldError(
                "vault.missing",
                "there is no vault here",
                where=self._place,
                next_step="name the mesh file by --mesh, or the vault by HANSA_VAULT",
            )
        tables.ensure(connection, audit.first_head(self._keys), self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _working(self) -> Iterator[Connection]:
        """One transaction. What the database says in an error may quote a row: its type alone is told."""
        import sqlite3

        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise WorldError(
                "vault.unusable",
                f"the vault cannot be used ({type(error).__name__})",
                where=self._place,
                state="nothing was revealed, and what was being put there was not kept",
                next_step="mend the database, restore it, or name another vault by HANSA_VAULT",
            ) from None

    def put(self, kind: str, tokens: pl.Series, clear: pl.Series, product: str) -> int:
        """Keep the clear value of each token, in its kind's normal form; how many are new.

        Both are texts of one length, null where there is no token. What is known stays as it is, so that it can be
        repeated and done by two processes at once. Each ten thousand values are committed by themselves: an entry
        whose row was never published does no harm.
        """
        pairs = pl.DataFrame({"token": tokens.cast(pl.String), "clear": clear.cast(pl.String)})
        # In one order everywhere: two processes that insert the same rows never wait for each other in a ring.
        distinct = pairs.filter(pl.col("token").is_not_null()).unique("token").sort("token")
        return sum(self._put(kind, part, product) for part in distinct.iter_slices(_CHUNK))

    def _put(self, kind: str, pairs: pl.DataFrame, product: str) -> int:
        from hansa.vault import tables

        with self._working() as connection:
            known, held = self._known(connection, kind, pairs["token"].to_list(), product)
            new = pairs.filter(~pl.col("token").is_in(known))
            by = {"kind": kind, "token_key": self._keys.fingerprint, "sealing_key": self._keys.sealing_id}
            rows = [
                {**by, "token": token, "sealed": self._keys.seal(value.encode(), _context(kind, token))}
                for token, value in zip(new["token"].to_list(), normal(new["clear"], kind).to_list(), strict=True)
            ]
            tables.insert_new(connection, tables.entries, rows)
            fresh = pairs["token"].filter(~pairs["token"].is_in(held)).to_list()
            named = [{"kind": kind, "token": token, "product": product} for token in fresh]
            tables.insert_new(connection, tables.holdings, named)
        return new.height

    def _known(self, connection: Connection, kind: str, tokens: list[str], product: str) -> tuple[list[str], list[str]]:
        """Which of these tokens are here, and which of them this product holds."""
        from sqlalchemy import select

        from hansa.vault.tables import among, entries, holdings

        asked = among(connection, entries.c.token, tokens)
        here = select(entries.c.token).where(entries.c.kind == kind, asked)
        held = among(connection, holdings.c.token, tokens)
        kept = select(holdings.c.token).where(holdings.c.kind == kind, holdings.c.product == product, held)
        return list(connection.execute(here).scalars()), list(connection.execute(kept).scalars())

    def reveal(self, kind: str, tokens: Sequence[str], request: Request) -> list[Revealed]:
        """The clear value of each token, after a line for each was written to the audit and committed.

        If the audit cannot be written nothing is revealed; nor if the purpose says the clear value itself.
        """
        from sqlalchemy import select

        from hansa.vault import audit
        from hansa.vault.tables import among, entries

        _refuse_unlike(kind, tokens)
        with self._working() as connection:
            asked = among(connection, entries.c.token, list(tokens))
            query = select(entries.c.token, entries.c.sealed).where(entries.c.kind == kind, asked)
            sealed = {token: bytes(content) for token, content in connection.execute(query)}
            clear = {token: self._opened(kind, token, content) for token, content in sealed.items()}
            _refuse_told(kind, request, clear.values())
            audit.append(connection, self._keys, self._place, request, kind, [(t, t in sealed) for t in tokens])
        return [Revealed(kind, token, clear.get(token)) for token in tokens]

    def open(self, kind: str, token: str, request: Request) -> str | None:
        """The clear value of one token, or None; see ``reveal``."""
        return self.reveal(kind, [token], request)[0].clear

    def _opened(self, kind: str, token: str, sealed: bytes) -> str:
        return self._keys.open(sealed, _context(kind, token)).decode()

    def audit(self) -> tuple[list[AuditLine], str | None]:
        """Every line of the audit, and the first place where its chain does not hold (None: it holds)."""
        from hansa.vault import audit

        with self._working() as connection:
            return audit.verified(connection, self._keys, self._place)

    def counts(self) -> dict[str, int]:
        """How many values of each product are here."""
        from sqlalchemy import func, select

        from hansa.vault.tables import holdings

        query = select(holdings.c.product, func.count()).group_by(holdings.c.product).order_by(holdings.c.product)
        with self._working() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def forget(self, token: str) -> int:
        """Erase every value of this token, of any kind; how many there were. The audit of past reveals stays."""
        from sqlalchemy import delete

        from hansa.vault.tables import entries, holdings

        with self._working() as connection:
            connection.execute(delete(holdings).where(holdings.c.token == token))
            return connection.execute(delete(entries).where(entries.c.token == token)).rowcount

    def sealed_counts(self) -> Counter[str]:
        """How many values, and ends of the audit, each sealing key sealed."""
        from sqlalchemy import func, select

        from hansa.vault.tables import audit_head, entries

        query = select(entries.c.sealing_key, func.count()).group_by(entries.c.sealing_key)
        with self._working() as connection:
            counted = Counter({row[0]: row[1] for row in connection.execute(query)})
            head = sealed_by(bytes(connection.execute(select(audit_head.c.sealed)).scalar_one()))
        counted[head or ""] += 1
        return counted

    def reseal(self) -> int:
        """Seal by the current key whatever another one sealed; how many values. It can be stopped and repeated."""
        from hansa.vault import audit

        done = 0
        while (count := self._resealed()) > 0:
            done += count
        with self._working() as connection:
            audit.reseal_head(connection, self._keys, self._place)
        return done

    def _resealed(self) -> int:
        from sqlalchemy import bindparam, select, update

        from hansa.vault.tables import entries, locked

        current = self._keys.sealing_id
        query = select(entries.c.kind, entries.c.token, entries.c.sealed).where(entries.c.sealing_key != current)
        change = update(entries).where(
            entries.c.kind == bindparam("the_kind"), entries.c.token == bindparam("the_token")
        )
        with self._working() as connection:
            locked(connection)
            rows = connection.execute(query.limit(_CHUNK)).all()
            made = [
                {
                    "the_kind": kind,
                    "the_token": token,
                    "sealing_key": current,
                    "sealed": self._keys.seal(
                        self._keys.open(bytes(old), _context(kind, token)), _context(kind, token)
                    ),
                }
                for kind, token, old in rows
            ]
            if made:
                connection.execute(change, made)
        return len(made)

    def _again(self, kind: str, token: str, sealed: bytes) -> bytes:
        context = _context(kind, token)
        return self._keys.seal(self._keys.open(bytes(sealed), context), context)

    def retoken(self, old: str, new: Keys) -> pl.DataFrame:
        """Which token each value that was put under token key ``old`` has under ``new``: kind, token_old, token_new.

        No clear value is in it, so that a history whose source is gone can be joined with what is published now.
        """
        from sqlalchemy import select

        from hansa.vault.tables import entries

        made = [pl.DataFrame(schema={"kind": pl.String, "token_old": pl.String, "token_new": pl.String})]
        query = select(entries.c.token, entries.c.sealed).order_by(entries.c.token).limit(_CHUNK)
        for kind in KINDS:
            after = ""
            while True:
                wanted = query.where(entries.c.kind == kind, entries.c.token_key == old, entries.c.token > after)
                with self._working() as connection:
                    rows = connection.execute(wanted).all()
                if not rows:
                    break
                clear = pl.Series([self._opened(kind, token, bytes(content)) for token, content in rows])
                after = rows[-1].token
                part = {"kind": pl.repeat(kind, len(rows), eager=True), "token_old": [row.token for row in rows]}
                made.append(pl.DataFrame(part).with_columns(new.tokens(clear, kind).alias("token_new")))
        return pl.concat(made)


def _refuse_unlike(kind: str, tokens: Sequence[str]) -> None:
    """Refuse what is no kind or no token, without repeating it: it may be a clear value that was typed by mistake."""
    if kind not in KINDS:
        raise MeshError("reveal.kind", "there is no such kind", next_step=f"the kinds are: {', '.join(KINDS)}")
    fits = pl.Series(list(tokens), dtype=pl.String).str.contains(TOKEN)
    if fits.is_empty() or not fits.all():
        raise MeshError(
            "reveal.token",
            "what was given is no token",
            state="nothing was revealed",
            next_step="a token has 32 characters, digits and small letters to f; copy it from hansa read",
        )


def _refuse_told(kind: str, request: Request, clear: Any) -> None:
    """Refuse a purpose that says the value itself: the audit would keep it for ever."""
    said = [request.purpose, request.given_user or ""]
    forms = normal(pl.Series(said), kind).to_list()
    if any(len(value) > 1 and any(value in text for text in (*said, *forms)) for value in clear):
        raise MeshError(
            "reveal.purpose",
            "the purpose says the value itself, and the audit would keep it",
            state="nothing was revealed",
            next_step="say the purpose without it",
        )
