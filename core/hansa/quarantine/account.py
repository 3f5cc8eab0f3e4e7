"""The account of a product's refused rows: which ones stand, and what became of each.

Rows of the publications that serve, or that were held last, stand; a replay is no such publication: what it refuses
again is told of the row that it was sent. States are derived, never stored: a row is replayed if a publication that
landed names the decision to send it and did not refuse it again, or if a replay found it standing in its day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from hansa.errors import WorldError
from hansa.quarantine.decisions import Decided, Decision, Decisions, replayed_by
from hansa.quarantine.file import ENVELOPE, FOLDER, EnvelopeFile, lying, read_file, refuse_foreign
from hansa.receipt import Publication, Receipt, ReceiptBook
from hansa.store.data_files import address
from hansa.store.objects import Objects

#: An envelope as it is read: with its file, the shape of its row, and its state: open, replayed, rejected or unclear.
SCHEMA: dict[str, pl.DataType] = ENVELOPE | {
    "file": pl.String(),
    "head": pl.String(),
    "shape": pl.String(),
    "state": pl.String(),
}
#: What names a row in the account, by its columns and as it is read; equal rows of one file share it, and their fate.
ROW_KEY = ("file", "partition", "row_digest")
RowKey = tuple[str, str | None, str]


@dataclass(frozen=True)
class Entry:
    """One partition of one publication, whose refused rows stand."""

    publication: Publication
    receipt: Receipt

    @property
    def apart(self) -> bool:
        """True if equal rows of another publication are other rows: what is added without a key may be there twice."""
        return self.publication.mode == "add"

    @property
    def adds(self) -> bool:
        """True if the publication would have added to the partition, so that the refused rows of earlier ones stand."""
        return self.receipt.merged or self.publication.mode in ("merge", "add")

    @property
    def refused(self) -> int:
        """How many rows of the partition were refused, kept or not."""
        return self.receipt.counts.get("quarantined", 0)


@dataclass(frozen=True)
class Ledger:
    """The arithmetic over original and replay: ``incoming = accepted + quarantined``, and ``quarantined`` is the sum
    of the counts after it.

    ``left_out`` rows have no envelope, because there were more than the caps allow. ``repeated`` rows came again with
    another publication over the same source. Of ``unreadable`` rows the file cannot be read; of ``unclear`` ones that
    of their replay.
    """

    incoming: int
    accepted: int
    quarantined: int
    replayed: int
    open: int
    rejected: int
    left_out: int
    repeated: int
    unreadable: int
    unclear: int

    @property
    def closes(self) -> bool:
        """True if every row is accounted for once."""
        parts = (self.replayed, self.open, self.rejected, self.left_out, self.repeated, self.unreadable, self.unclear)
        return self.incoming == self.accepted + self.quarantined and self.quarantined == sum(parts)


@dataclass(frozen=True)
class Refusals:
    """The refused rows of one publication that stand; ``again`` of them came with a later one too, and count there.

    Over all publications ``rows`` sum up to ``Ledger.quarantined``, and ``again`` to ``Ledger.repeated``.
    """

    run: str
    made_at: str
    rows: int
    again: int


def standing(publications: Sequence[Publication]) -> list[Entry]:
    """The partitions whose refused rows stand; ``publications`` oldest first.

    Rows that were refused of other days than the publication's, or of none, stand beside its days. Once these are
    brought by others, such rows go on waiting: until their own day comes whole, or their source is sent again.
    """
    originals = [p for p in publications if replayed_by(p) is None]
    decided: list[Entry] = []
    beside: list[Entry] = []
    closed: set[str | None] = set()
    seen: dict[str | None, set[tuple[str, ...]]] = {}
    for publication in reversed(originals):
        sources = tuple(sorted(given.name for given in publication.inputs))
        own = {receipt.partition for receipt in publication.decided}
        sent_again = any(sources in seen.get(partition, ()) for partition in own)
        serves = False
        for receipt in publication.decided:
            again = receipt.state == "held" and bool(sources) and sources in seen.get(receipt.partition, ())
            dayless = receipt.partition is None and receipt.state == "held" and bool(sources)
            if receipt.partition in closed or again:
                continue
            serves = True
            decided.append(Entry(publication, receipt))
            # What was held without a day is no day of another source.
            if not decided[-1].adds and not dayless:
                closed.add(receipt.partition)
        for partition in own:
            seen.setdefault(partition, set()).add(sources)
        rejects = () if sent_again and not serves else publication.rejects
        waits = [r for r in rejects if serves or r.partition is None or r.partition not in closed]
        beside += [Entry(publication, receipt) for receipt in waits]
    return [*reversed(decided), *reversed(beside)]


def needed(publications: Sequence[Publication], table: Objects | None = None) -> set[str]:
    """Names of the files of envelopes without which the account could not be told.

    With the ``table`` they are those that are read now: files that lost payloads since lie elsewhere.
    """
    told = [entry.publication for entry in standing(publications)]
    told += [publication for publication in publications if replayed_by(publication) is not None]
    names = {publication.quarantine for publication in told if publication.quarantine}
    return {f"{FOLDER}/{name}" for name in names} if table is None else lying(table, names)


@dataclass
class Account:
    """All that is known of one product's refused rows. ``rows`` has the columns of ``SCHEMA``, each row once.

    ``repeats`` are the further copies of rows that came with several publications. ``faults`` name the files that
    cannot be read; everything else is told all the same.
    """

    entries: list[Entry]
    publications: Sequence[Publication]
    decisions: Sequence[Decision]
    table: Objects
    faults: list[WorldError] = field(default_factory=list)
    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    repeats: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    _files: dict[str, EnvelopeFile | None] = field(default_factory=dict)
    _replayed: Counter[RowKey] = field(default_factory=Counter)
    _rejected: set[tuple[str | None, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._collect()
        self._decide()

    def file(self, name: str) -> EnvelopeFile | None:
        """A file, read once; None, with a fault, if it cannot be read."""
        if name not in self._files:
            try:
                made, owner = read_file(self.table, name), self._owners.get(name)
                if owner is not None:
                    refuse_foreign(self.table, made, owner.product, owner.run)
                self._files[name] = made
            except WorldError as error:
                self.faults.append(error)
                self._files[name] = None
        return self._files[name]

    @cached_property
    def _owners(self) -> dict[str, Publication]:
        """By the name of its file, the publication that wrote it."""
        return {made.quarantine: made for made in self.publications if made.quarantine is not None}

    def _collect(self) -> None:
        frames = [pl.DataFrame(schema=SCHEMA).with_columns(copy=pl.lit(0, pl.Int64), source=pl.lit(""))]
        for entry in self.entries:
            made = self.file(entry.publication.quarantine) if entry.publication.quarantine else None
            if made is not None:
                source = made.name if entry.apart else ""
                frames.append(_of_partition(made, entry.receipt.partition).with_columns(source=pl.lit(source)))
        rows = pl.concat(frames).with_row_index("at")
        known = ("partition", "row_digest", "copy", "source")
        last = rows.unique(known, keep="last", maintain_order=True)
        self.repeats = rows.join(last, on="at", how="anti").drop("at", "source")
        self.rows = last.drop("at", "source").sort("partition", "row_digest", nulls_last=True, maintain_order=True)

    def _decide(self) -> None:
        """Give each row its state, and a row that a replay refused again the rules that it broke then."""
        replayed, unclear, rules = self._replays()
        self._replayed, self._rejected = replayed, self._rejections()
        states, newest = [], []
        for file, partition, digest, copy in self.rows.select(*ROW_KEY, "copy").iter_rows():
            key = (file, partition, digest)
            state = self._decided(key, copy) or ("unclear" if key in unclear else "open")
            states.append(state)
            newest.append(rules.get(key, (None, None)) if state == "open" else (None, None))
        again = pl.DataFrame(
            newest, schema={"new_rules": pl.List(pl.String), "new_columns": pl.List(pl.String)}, orient="row"
        )
        self.rows = (
            self.rows.with_columns(
                pl.Series("state", states, dtype=pl.String), again["new_rules"], again["new_columns"]
            )
            .with_columns(rules=pl.coalesce("new_rules", "rules"), columns=pl.coalesce("new_columns", "columns"))
            .select(list(SCHEMA))
        )
        self.repeats = self.repeats.select(list(SCHEMA))

    def _rejections(self) -> set[tuple[str | None, str]]:
        rejections = (made for made in self.decisions if made.kind == "reject")
        return {(rows.partition, digest) for made in rejections for rows in made.rows for digest in rows.digests}

    def _decided(self, key: RowKey, copy: int) -> str | None:
        """What was decided over one of the equal rows of a file: replayed, rejected or nothing yet."""
        if copy < self._replayed[key]:
            return "replayed"
        return "rejected" if key[1:] in self._rejected else None

    def decided(self, file: EnvelopeFile) -> pl.Series:
        """True for each row of a file, shown or a further copy, that was replayed or rejected."""
        copies = file.rows.select(
            "partition", "row_digest", copy=pl.int_range(pl.len()).over("partition", "row_digest")
        )
        decided = [self._decided((file.name, day, digest), copy) for day, digest, copy in copies.iter_rows()]
        return pl.Series("decided", [state is not None for state in decided], dtype=pl.Boolean)

    def _replays(self) -> tuple[Counter[RowKey], set[RowKey], dict[RowKey, tuple[list[str], list[str]]]]:
        """How many copies of each row were replayed; rows of which nobody knows; the newest rules of those refused."""
        made = {decision.fingerprint: decision for decision in self.decisions if decision.kind == "replay"}
        found = [decision.rows for decision in self.decisions if decision.kind == "standing"]
        replayed: Counter[RowKey] = Counter(key for rows in found for key, _ in _sent(rows))
        unclear: set[RowKey] = set()
        rules: dict[RowKey, tuple[list[str], list[str]]] = {}
        for publication in self.publications:
            name = replayed_by(publication)
            if name is None:
                continue
            if name not in made:
                self._unknown_replay(publication)
                continue
            file = self.file(publication.quarantine) if publication.quarantine else None
            rows = file.rows if file is not None else pl.DataFrame(schema=ENVELOPE)
            settled = {r.partition for r in publication.receipts if r.state == "published"}
            if publication.quarantine and file is None:
                unclear.update(key for key, day in _sent(made[name].rows) if day in settled)
                continue
            broken = {row[0]: (row[1], row[2]) for row in rows.select("row_digest", "rules", "columns").iter_rows()}
            rules |= {key: broken[key[2]] for key, _ in _sent(made[name].rows) if key[2] in broken}
            replayed += _accepted(made[name].rows, settled, rows)
        return replayed, unclear, rules

    def _unknown_replay(self, publication: Publication) -> None:
        if publication.landed is not None:
            self.faults.append(
                WorldError(
                    "quarantine.decision",
                    f"replay {publication.run} was published, and the decision that it carries out is gone or changed",
                    where=address(self.table, "quarantine/decisions"),
                    state="what was published goes on serving",
                    next_step="restore the folder from the warehouse's backup",
                )
            )

    def left_out(self) -> dict[str, tuple[int, int]]:
        """For each rule under which rows were left out: how many have an envelope, and how many there were."""
        kept: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for entry, file in self._readable():
            told = next((r for r in file.head.refused if r.partition == entry.receipt.partition), None)
            if told is not None and told.rows > _of_partition(file, told.partition).height:
                seen.update(told.rules)
                kept.update(_of_partition(file, told.partition)["rules"].explode().drop_nulls().to_list())
        return {rule: (kept[rule], count) for rule, count in sorted(seen.items()) if kept[rule] < count}

    @cached_property
    def ledger(self) -> Ledger:
        """The counts; see ``Ledger``."""
        states = Counter(self.rows["state"].to_list())
        twins, beyond = self._twins(), self._beyond()
        missing = sum(e.refused for e in self.entries if e.publication.quarantine and not self._file_of(e))
        left_out = sum(count for entry, count in beyond.items() if entry not in twins)
        repeated = sum(made.again for made in self.refusals)
        return Ledger(
            incoming=sum(e.receipt.counts.get("incoming", 0) for e in self.entries),
            accepted=sum(e.receipt.counts.get("accepted", 0) for e in self.entries),
            quarantined=sum(e.refused for e in self.entries),
            replayed=states["replayed"],
            open=states["open"],
            rejected=states["rejected"],
            left_out=left_out,
            repeated=repeated,
            unreadable=missing,
            unclear=states["unclear"],
        )

    @cached_property
    def refusals(self) -> tuple[Refusals, ...]:
        """For each publication whose refused rows stand, how many it refused; the oldest first."""
        again = Counter[tuple[str, str | None]](self.repeats.select("file", "partition").iter_rows())
        twins, beyond = self._twins(), self._beyond()
        made: dict[str, Refusals] = {}
        for entry in self.entries:
            one = entry.publication
            # The same rows that came with another publication are no further ones, kept or not.
            copies = beyond.get(id(entry), 0) if id(entry) in twins else 0
            copies += again[(one.quarantine, entry.receipt.partition)] if one.quarantine else 0
            known = made.get(one.digest, Refusals(one.run, one.made_at, 0, 0))
            made[one.digest] = replace(known, rows=known.rows + entry.refused, again=known.again + copies)
        order = {one.digest: at for at, one in enumerate(self.publications)}
        return tuple(made[name] for name in sorted(made, key=lambda name: order[name]) if made[name].rows)

    @property
    def distinct_open(self) -> int:
        """How many different rows are open: equal ones of one delivery are several rows of one content."""
        return self.rows.filter(pl.col("state") == "open")["row_digest"].n_unique()

    def _beyond(self) -> dict[int, int]:
        """By entry (its ``id``), how many of its refused rows have no envelope."""
        kept = ((entry, _of_partition(file, entry.receipt.partition).height) for entry, file in self._readable())
        return {id(entry): entry.refused - count for entry, count in kept}

    def _file_of(self, entry: Entry) -> EnvelopeFile | None:
        return self.file(entry.publication.quarantine) if entry.publication.quarantine else None

    def _readable(self) -> Iterator[tuple[Entry, EnvelopeFile]]:
        for entry in self.entries:
            if (file := self._file_of(entry)) is not None:
                yield entry, file

    def _twins(self) -> set[int]:
        """Entries whose refused rows are, all of them, those of a later one."""
        newest: dict[tuple[str | None, str | None], int] = {}
        together = [entry for entry in self.entries if not entry.apart]
        for entry in together:
            newest[(entry.receipt.partition, entry.receipt.digests.get("quarantined"))] = id(entry)
        return {id(entry) for entry in together} - set(newest.values())


def _of_partition(file: EnvelopeFile, partition: str | None) -> pl.DataFrame:
    """The envelopes of one partition in the columns of ``SCHEMA``, with ``copy``: 0, 1 ... among equal rows."""
    rows = file.rows.filter(pl.col("partition").eq_missing(pl.lit(partition, dtype=pl.String)))
    return rows.select(
        *ENVELOPE,
        pl.lit(file.name).alias("file"),
        pl.lit(file.head.id).alias("head"),
        pl.lit(file.head.shape, dtype=pl.String).alias("shape"),
        pl.lit("open").alias("state"),
        pl.int_range(pl.len()).over("row_digest").alias("copy"),
    )


def _sent(groups: Iterable[Decided]) -> Iterator[tuple[RowKey, str | None]]:
    for group in groups:
        for digest in group.digests:
            yield (group.file, group.partition, digest), group.day


def _accepted(groups: Iterable[Decided], settled: set[str | None], refused: pl.DataFrame) -> Counter[RowKey]:
    """How many copies of each row were taken by a replay whose partitions ``settled`` were published."""
    again = Counter(refused.select("partition", "row_digest").iter_rows())
    named = frozenset(again)
    taken: Counter[RowKey] = Counter()
    for group in groups:
        if group.day not in settled:
            continue
        for digest in group.digests:
            place = (group.day, digest)
            if group.sent and again[place] > 0:
                again[place] -= 1
            elif group.sent or place not in named:
                taken[(group.file, group.partition, digest)] += 1
    return taken


def account_of(book: ReceiptBook, table: Objects) -> Account:
    """The account of one product, from its receipts, its files of envelopes and the decisions over them."""
    # Publications first: a decision is written before its replay, so that of each one that was seen is found.
    publications = book.all()
    return Account(standing(publications), publications, Decisions(table).all(), table)
