"""The gate's main pass: batches as they came go in, batches to publish come out, the rest goes to quarantine.

Everything is counted by partition on the way: rows and digests of each side, broken and undecided rules, and what the
table rules will need. Memory holds a few batches and the rows that may share a key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl

from hansa.aside import Aside, Came, Rows
from hansa.cast import Cast
from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.groups import GroupRules
from hansa.quarantine import Quarantine
from hansa.row_judge import JudgedBatch, Part, RowJudge, counted_rules, partitions_of
from hansa.scope import Partition, Scope
from hansa.tally import Tally, aggregates, digest_columns, digest_of
from hansa.uniqueness import Publishable, Uniqueness

#: Batches that are judged while another one is written.
_AHEAD = 2


class Intake:
    """One publication's main pass; ``tallies`` is complete when ``batches`` is exhausted.

    ``groups`` are bad ones by rule, whose rows go to quarantine.
    """

    def __init__(
        self,
        contract: Contract,
        casts: dict[str, Cast],
        scope: Scope,
        uniqueness: Uniqueness,
        quarantine: Quarantine,
        publishable: Publishable,
        aside: Aside,
        groups: Mapping[str, pl.DataFrame],
    ) -> None:
        self._contract = contract
        self._uniqueness = uniqueness
        self._quarantine = quarantine
        self._publishable = publishable
        self._aside = aside
        self._groups, self._bad_groups = GroupRules(contract), groups
        self._judge = RowJudge(contract, casts, scope, looked_back=uniqueness.suspicious or bool(groups))
        self._counted = counted_rules(contract)
        self.tallies: dict[Partition, Tally] = {}

    def batches(self, source: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Typed batches to publish, from batches as they came; the next ones are judged while one is written."""
        with ThreadPoolExecutor(_AHEAD) as workers:
            ahead: deque[Future[JudgedBatch]] = deque()
            for raw in source:
                ahead.append(workers.submit(self._judge.judge, raw))
                # While the next batch is waited for, nothing here holds this one.
                del raw
                if len(ahead) > _AHEAD:
                    yield self._take(ahead.popleft().result())
            while ahead:
                yield self._take(ahead.popleft().result())
        if self._aside.rows:
            yield from self._settle()

    def _take(self, judged: JudgedBatch) -> pl.DataFrame:
        for partition, tally in judged.tallies.items():
            self._tally(partition).came(tally)
        if judged.refused is not None:
            refused = judged.refused
            self._reject(refused.raw, refused.typed, refused.hashes, judged.broken, judged.bad)
        return self._accept(judged.good)

    def _accept(self, good: Part) -> pl.DataFrame:
        out = self._publishable(good.typed)
        rows = Rows(good.raw, good.typed, out, good.hashes, row_hashes(out, good.shared))
        suspect = self._uniqueness.suspects(out)
        if suspect.any():
            self._aside.add(rows.filter(suspect))
            rows = rows.filter(~suspect)
        return self._complete(rows)

    def _tally(self, partition: Partition) -> Tally:
        return self.tallies.setdefault(partition, Tally())

    def _reject(
        self, raw: Came, typed: pl.DataFrame, hashes: pl.Series, broken: Mapping[str, pl.Series], bad: pl.Series
    ) -> None:
        """Refuse rows, with the rules that they broke: ``broken`` and ``bad`` are of the batch that they are of."""
        flags = pl.DataFrame(dict(broken)).filter(bad)
        names = [[name for name, hit in zip(flags.columns, row, strict=True) if hit] for row in flags.iter_rows()]
        partitions = partitions_of(self._contract, typed)
        self._quarantine.add(raw.rows(), hashes, partitions, names)
        self._add(partitions, quarantined=hashes)
        self._subtract_violations(typed, partitions)

    def _subtract_violations(self, rejected: pl.DataFrame, partitions: pl.Series) -> None:
        """Table rules are judged on what will be published, so what a rejected row added is taken back."""
        for name, kept in self._counted.items():
            frame = rejected.select(__hit=~kept.fill_null(True)).with_columns(partitions.alias("__partition"))
            for partition, hits in frame.group_by("__partition").agg(pl.col("__hit").sum()).iter_rows():
                self._tally(partition).violations[name] -= hits

    def _complete(self, rows: Rows) -> pl.DataFrame:
        """Let rows pass, but for those of bad groups."""
        broken = self._groups.names(rows.out, self._bad_groups) if self._bad_groups else {}
        return self._pass(self._without(rows, broken))

    def _without(self, rows: Rows, broken: Mapping[str, pl.Series]) -> Rows:
        """Refuse the rows that broke a rule and count them; the others."""
        if not broken:
            return rows
        partitions = partitions_of(self._contract, rows.out)
        for name, mask in broken.items():
            for partition, hits in partitions.filter(mask).value_counts().iter_rows():
                self._tally(partition).broken[name] += hits
                if name in ("identical", "primaryKey.identical"):
                    self._tally(partition).identical += hits
        bad = pl.select(pl.any_horizontal(list(broken.values()))).to_series()
        self._reject(rows.raw.filter(bad), rows.typed.filter(bad), rows.came.filter(bad), broken, bad)
        return rows.filter(~bad)

    def _pass(self, rows: Rows) -> pl.DataFrame:
        partitions = partitions_of(self._contract, rows.out)
        self._add(partitions, accepted=rows.came, published=rows.digests)
        return rows.out

    def _settle(self) -> Iterator[pl.DataFrame]:
        """Decide over the rows whose key may repeat, now that all of them are known."""
        masks = self._uniqueness.judge(self._aside, self._of_bad_groups())
        start = 0
        for rows in self._aside.all():
            height = len(rows.came)
            here = {name: mask.slice(start, height) for name, mask in masks.items()}
            yield self._complete(self._without(rows, {name: mask for name, mask in here.items() if mask.any()}))
            start += height

    def _of_bad_groups(self) -> pl.Series | None:
        """The rows that were set aside and go with their groups."""
        if not self._bad_groups:
            return None
        masks = []
        for rows in self._aside.all():
            hit = list(self._groups.names(rows.out, self._bad_groups).values())
            none = pl.repeat(False, len(rows.came), dtype=pl.Boolean, eager=True)
            masks.append(pl.select(pl.any_horizontal(none, *hit)).to_series())
        return pl.concat(masks)

    def _add(self, partitions: pl.Series, **sides: pl.Series) -> None:
        """Add row hashes to the digests of these sides."""
        frame = pl.DataFrame({"__partition": partitions} | sides)
        for row in aggregates(frame, [column for side in sides for column in digest_columns(side)]):
            tally = self._tally(row["__partition"])
            for side in sides:
                setattr(tally, side, getattr(tally, side) + digest_of(side, row))
