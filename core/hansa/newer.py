"""Which rows of a delivery stand in newer form already, whatever the order in which files arrive.

Of two rows with one key that of the file with the later date counts, or that with the greater value in a declared
column. What stands in the table is held against the files that it may have come from; where that cannot be told the
delivery is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import polars as pl

from hansa.attempt import batches_of, tokenised
from hansa.cast import casts
from hansa.deliveries import Deliveries, Delivery, Record
from hansa.digest import row_hashes
from hansa.errors import DataError, MeshError
from hansa.key_sets import KeyHasher, KeySet, key_sets
from hansa.merge import Standing as Rows
from hansa.row_judge import without_empty
from hansa.sources.files import translate, unreadable

if TYPE_CHECKING:
    import datetime as dt

    from hansa.contract.model import Contract
    from hansa.secrets import Keys
    from hansa.sources import SourceFrame

_HASHED = {"key": pl.UInt64, "row": pl.UInt64}


@dataclass(frozen=True)
class Chosen:
    """What of a delivery is to be published: a frame that brings ``days``, None if nothing is.

    ``older`` says in words what of it stands in newer form, ``passed_over`` is how many rows that are.
    """

    frame: pl.LazyFrame | None
    days: frozenset[dt.date]
    older: str = ""
    passed_over: int = 0


class Choice:
    """Chooses from the deliveries of one product; ``rows`` are those that stand published."""

    def __init__(self, deliveries: Deliveries, contract: Contract, zone: str, keys: Keys | None, rows: Rows) -> None:
        self._deliveries, self._contract, self._zone = deliveries, contract, zone
        self._keys, self._rows = keys, rows
        self._hasher = KeyHasher(contract, keys)
        self._key = next((one for one in key_sets(contract) if one.rule == "primaryKey"), KeySet("primaryKey", ()))
        self._column = deliveries.binding.newest_by

    def of(self, one: Delivery) -> Chosen:
        """What of a delivery is to be published.

        Errors: DataError for a delivery that contradicts another one of its date, or of which it cannot be told.
        """
        source = self._deliveries.source(one.found)
        frame, days = source.frame, one.days
        if one.only is not None and self._contract.partition is not None:
            days = frozenset(day for day in days if str(day) in one.only)
            frame = self._within(frame, source, days)
        if self._deliveries.binding.brings == "days":
            return self._days(one, source, frame, days)
        if not self._contract.key:
            if one.kind == "correction":
                self._refuse_keyless(one)
            return Chosen(frame, days)
        self._refuse_unfit_column()
        self._refuse_waiting(one)
        gone = self._older_keys(one, source, frame, days)
        return self._without(frame, source, gone, days) if gone is not None and len(gone) else Chosen(frame, days)

    # --- days that come whole ---------------------------------------------------------------------------------------

    def _days(self, one: Delivery, source: SourceFrame, frame: pl.LazyFrame, days: frozenset[dt.date]) -> Chosen:
        later, equal = self._others(one, days)
        waiting = [other for other in self._waiting(one) if not self._contract.partition or other.days & one.days]
        if equal or waiting:
            self._refuse_equal(one, (equal[0] if equal else waiting[0]).name, "the same day")
        if self._contract.partition is None:
            told = f"{later[0].name} stands, which is of a later date" if later else ""
            return Chosen(None if later else frame, days, told)
        older = frozenset(day for day in days for record in later if str(day) in record.published)
        if not older:
            return Chosen(frame, days)
        told, left = f"{len(older)} of its days stand from files of a later date", days - older
        # Rows of no day are of this file alone, and go to quarantine with what is left of it.
        rest = self._within(frame, source, left, dayless=one.only is None)
        some = bool(left) or bool(rest.head(1).collect(engine="streaming").height)
        return Chosen(rest if some else None, left, told)

    def _within(
        self, frame: pl.LazyFrame, source: SourceFrame, days: frozenset[dt.date], *, dayless: bool = False
    ) -> pl.LazyFrame:
        inside = pl.col("__day").is_in(sorted(days)).fill_null(dayless)
        return frame.with_columns(__day=self._deliveries.day(source)).filter(inside).drop("__day")

    # --- rows, by their keys ----------------------------------------------------------------------------------------

    def _others(self, one: Delivery, days: frozenset[dt.date]) -> tuple[list[Record], list[Record]]:
        """What is published of these days from other files: with a later date than this one's, and with the same."""
        partitions = {str(day) for day in days} if self._contract.partition else {None}
        later, equal = list[Record](), list[Record]()
        for record in self._deliveries.records.current():
            names = [n for n, digest in self._deliveries.records.last.items() if digest == record.digest]
            if record.digest == one.digest or one.name in names or not record.published & partitions:
                continue
            when = self._deliveries.inbox.when_named(record.name)
            if one.when is None or when is None or when == one.when:
                equal.append(record)
            elif when > one.when:
                later.append(record)
        return later, equal

    def _waiting(self, one: Delivery) -> list[Delivery]:
        """Further files of the same date that are to be published."""
        pending = (other for other in self._deliveries.pending if other.error is None and other.name != one.name)
        return [other for other in pending if other.when == one.when]

    def _refuse_waiting(self, one: Delivery) -> None:
        """Refuse a file that has a key in common with another one that waits, where nothing says which row counts.

        Both are refused: the first of them would win by its place in the folder.
        """
        others = self._waiting(one)
        if not others or self._column is not None:
            return
        clashes = self._deliveries.clashes
        if one.when not in clashes:
            clashes[one.when] = self._clashing([one, *others])
        if (other_name := clashes[one.when].get(one.name)) is not None:
            self._refuse_equal(one, other_name, "one key")

    def _clashing(self, files: Sequence[Delivery]) -> dict[str, str]:
        """By name the files that have a key in common with another one, in another row, and the name of that."""
        parts = [
            self._hashes(self._deliveries.source(file.found)).select("key", "row", file=pl.lit(at, dtype=pl.UInt32))
            for at, file in enumerate(files)
        ]
        shared = pl.concat(parts).filter(
            (pl.col("row").n_unique().over("key") > 1) & (pl.col("file").n_unique().over("key") > 1)
        )
        together = shared.group_by("key").agg(pl.col("file").unique().sort())["file"].unique().to_list()
        return {
            files[at].name: files[next(other for other in numbers if other != at)].name
            for numbers in together
            for at in numbers
        }

    def _older_keys(
        self, one: Delivery, source: SourceFrame, frame: pl.LazyFrame, days: frozenset[dt.date]
    ) -> pl.Series | None:
        """Hashes of the keys of which a newer row stands."""
        later, equal = self._others(one, days)
        if self._column is None and not later and not equal:
            return None
        own = self._hashes(source, frame=frame)
        stands = _differing(self._standing(days, own["key"]), own)
        if not stands.height:
            return None
        if self._column is not None:
            return self._older_by_column(one, own, stands)
        if one.when is None and one.kind != "correction":
            self._refuse_equal(one, equal[0].name if equal else "another publication", "one key")
        return self._older_by_date(one, stands, later, equal)

    def _older_by_date(
        self, one: Delivery, stands: pl.DataFrame, later: Sequence[Record], equal: Sequence[Record]
    ) -> pl.Series:
        """The keys whose standing rows are those of a file with a later date."""
        older, unknown = [pl.Series("key", [], dtype=pl.UInt64)], list[Record]()
        for record in (*later, *equal):
            found = self._deliveries.file_of(record.digest)
            if found is None:
                unknown.append(record)
                continue
            theirs = self._hashes(self._deliveries.source(found), stands["key"])
            same = stands.join(theirs, on=["key", "row"], how="semi")
            if same.height and record in equal:
                self._refuse_equal(one, record.name, "one key")
            older.append(same["key"])
        keys = pl.concat(older).unique()
        left = stands.filter(~pl.col("key").is_in(keys.implode()))
        if left.height and unknown:
            raise DataError(
                "delivery.order",
                f"rows with {left.height} of its keys stand already, and whether they are of {unknown[0].name}, which "
                "is not there any more, cannot be told",
                where=one.found.uri,
                state="nothing of it was published",
                next_step="put that file back beside it, or declare newest_by for the source",
            )
        return keys

    def _older_by_column(self, one: Delivery, own: pl.DataFrame, stands: pl.DataFrame) -> pl.Series:
        """The keys whose standing rows have the greater value in the declared column."""
        both = own.join(stands, on="key", how="inner", suffix="_stands")
        older = both.filter(pl.col("value") < pl.col("value_stands"))["key"]
        ordered = pl.col("value") != pl.col("value_stands")
        unclear = both.filter(~ordered.fill_null(False))
        if unclear.height and one.kind != "correction":
            raise DataError(
                "delivery.equal",
                f"{unclear.height} of its rows have the key of a row that stands, and '{self._column}' does not say "
                "which of the two is newer",
                where=one.found.uri,
                state="nothing of it was published",
                next_step=f"ask for a file in which '{self._column}' differs, or has a value",
            )
        return older.unique()

    def _without(self, frame: pl.LazyFrame, source: SourceFrame, gone: pl.Series, days: frozenset[dt.date]) -> Chosen:
        """The rows but those with these keys, found by the keys themselves and not by their hashes alone."""
        made = casts(self._contract, frame.collect_schema(), source.reading, self._zone)
        named = {f"__key{at}": made[name].value for at, name in enumerate(self._key.columns)}
        parts, rows = [], 0
        for hashed, typed in self._passed(source, frame):
            rows += typed.height
            keep = typed.filter(hashed["key"].is_in(gone.implode()))
            parts.append(keep.select(pl.col(name).alias(f"__key{at}") for at, name in enumerate(self._key.columns)))
        keys = pl.concat(parts)
        told = f"{keys.height} of its rows stand in newer form"
        if keys.height == rows:
            return Chosen(None, days, told)
        rest = frame.with_columns(**named).join(keys.unique().lazy(), on=list(named), how="anti", maintain_order="left")
        return Chosen(rest.drop(list(named)), days, told, keys.height)

    # --- hashes -----------------------------------------------------------------------------------------------------

    def _passed(self, source: SourceFrame, frame: pl.LazyFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Batch by batch the hashes of key and row of a file as the gate would publish them, and its clear values."""
        made = casts(self._contract, frame.collect_schema(), source.reading, self._zone)
        batches = batches_of(frame.select(cast.value.alias(name) for name, cast in made.items()))
        for batch in self._read(batches, source.place):
            typed = without_empty(self._contract, batch.select(list(self._contract.by_name)))
            out = tokenised(self._contract, self._keys, typed)
            yield self._hashed(out), typed

    @staticmethod
    def _read(batches: Iterator[pl.DataFrame], place: str) -> Iterator[pl.DataFrame]:
        """The batches; what the engine or the system raises while they are read, as a sentence. Errors: DataError."""
        try:
            yield from batches
        except (pl.exceptions.PolarsError, OSError) as error:
            raise translate(error, place) or unreadable(place) from None

    def _hashed(self, rows: pl.DataFrame) -> pl.DataFrame:
        columns = {"key": self._hasher.of(rows, self._key), "row": row_hashes(rows)}
        return pl.DataFrame(columns | ({"value": rows[self._column]} if self._column else {}))

    def _hashes(
        self, source: SourceFrame, keys: pl.Series | None = None, frame: pl.LazyFrame | None = None
    ) -> pl.DataFrame:
        """Hashes of the rows of a file; with ``keys`` of those alone that have one of these."""
        parts = [hashed for hashed, _ in self._passed(source, source.frame if frame is None else frame)]
        return _narrowed(parts, keys)

    def _standing(self, days: frozenset[dt.date], keys: pl.Series) -> pl.DataFrame:
        """Hashes of the rows that stand in these days and have one of these keys."""
        partitions: list[dt.date | None] = [*sorted(days)] if self._contract.partition else [None]
        batches = (batch for partition in partitions for batch, _ in self._rows.batches(partition))
        return _narrowed([_narrowed([self._hashed(batch)], keys) for batch in batches], None)

    # --- refusals ---------------------------------------------------------------------------------------------------

    def _refuse_equal(self, one: Delivery, other: str, what: str) -> NoReturn:
        same = "the same date" if one.when is not None else "no date that is declared"
        mend = "withdraw one of them" if one.when is not None else "declare dated or newest_by for the source"
        raise DataError(
            "delivery.equal",
            f"it and {other} have {same} and bring {what} with different rows, so neither counts before the other",
            where=one.found.uri,
            state="nothing of it was published",
            next_step=mend,
        )

    def _refuse_keyless(self, one: Delivery) -> None:
        raise DataError(
            "delivery.correction",
            "a file of its name is published with other content, and the contract has no primary key by which its rows "
            "could take the place of the older ones",
            where=one.found.uri,
            state="what was published goes on serving",
            next_step="give the contract a primaryKey, or write 'brings: days' for the source",
        )

    def _refuse_unfit_column(self) -> None:
        if self._column is None:
            return
        column = self._contract.by_name.get(self._column)
        if column is None or column.tokenise is not None or column.nested:
            what = "names no column of the contract" if column is None else "names a column that has no order"
            place = f"sources.{self._contract.id}.newest_by"
            raise MeshError("delivery.word", f"it {what}", where=place, next_step="name a date, time or number")


def _narrowed(parts: Sequence[pl.DataFrame], keys: pl.Series | None) -> pl.DataFrame:
    kept = [part.filter(pl.col("key").is_not_null()) for part in parts]
    if keys is not None:
        kept = [part.filter(pl.col("key").is_in(keys.implode())) for part in kept]
    return pl.concat(kept) if kept else pl.DataFrame(schema=_HASHED)


def _differing(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``one`` whose key ``other`` has, in another row."""
    return one.join(other.select("key"), on="key", how="semi").join(other, on=["key", "row"], how="anti")
