"""Why a transaction is queued: reasons in two languages, measured against what a reviewer would call normal.

A contribution says nothing by itself; the question is what makes this payment unlike an ordinary one. The ordinary ones
are the transactions of the same day and channel whose score is not above the median there and that are not queued, at
most ``NORMAL_ROWS`` of them, spread evenly over their keys; where a channel has fewer than ``LEAST_NORMAL``, those of
all channels. Where all of them are queued, they are the measure themselves, and nobody calls them normal. They are
taken from the day itself, so that no label and nothing later enters, and the same day gives the same reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hansa_risk.rules import RULES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Reasons shown with an alert, at most.
SHOWN = 3
#: Normal transactions of a day and channel that are asked for their contributions, and the least of a channel's own.
NORMAL_ROWS, LEAST_NORMAL = 200, 20
#: The channel of a reference population that is of no channel.
ANY = ""
#: That of a population that is of no channel and of alerts alone, since nothing else is left.
QUEUED = "*queued"


@dataclass(frozen=True)
class Reason:
    """A text for the reviewer and the features that speak for it; ``en`` and ``zh`` say the same.

    ``about`` is, of the reason of a rule, the reason of the model that it says more exactly.
    """

    code: str
    en: str
    zh: str
    features: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True)
class Told:
    """The texts of ``reasons.yaml``: of the model's features, of rules, of lists, the last resort, and of channels."""

    features: tuple[Reason, ...]
    rules: tuple[Reason, ...]
    lists: tuple[Reason, ...]
    together: Reason
    channels: Mapping[str, Reason]


@cache
def told() -> Told:
    """The texts of ``reasons.yaml`` in its order."""
    import yaml

    written = yaml.safe_load(Path(__file__).with_name("reasons.yaml").read_text(encoding="utf-8"))
    parts = {part: tuple(_reason(entry) for entry in entries) for part, entries in written.items()}
    channels = {reason.code: reason for reason in parts["channels"]}
    return Told(parts["features"], parts["rules"], parts["lists"], parts["together"][0], channels)


def _reason(entry: Mapping[str, object]) -> Reason:
    features = entry.get("features", ())
    assert isinstance(features, list | tuple)  # noqa: S101 - narrowed for the type checker
    return Reason(
        str(entry["code"]),
        str(entry["en"]),
        str(entry["zh"]),
        tuple(map(str, features)),
        str(entry.get("about", "")),
    )


# The normal ones


@dataclass(frozen=True)
class Normal:
    """Mean contributions of the normal transactions of a day, by channel, and how many they were."""

    means: Mapping[str, NDArray[np.float64]]
    counts: Mapping[str, int]

    def of(self, channel: str) -> str:
        """Against what one of ``channel`` is measured: itself, ``ANY`` where it has too few rows, or ``QUEUED``."""
        return next((name for name in (channel, ANY) if name in self.means), QUEUED)


def normal_keys(scored: pl.DataFrame) -> pl.DataFrame:
    """``txn_id`` and ``against`` of the normal transactions of one day.

    ``scored`` has txn_id, channel, score and queued. Where every ordinary one is queued, they are against ``QUEUED``.
    """
    ordinary = pl.col("score") <= pl.col("score").median().over("channel")
    below = scored.filter(ordinary).sort("txn_id").select("txn_id", "channel", "queued")
    normal = below.filter(~pl.col("queued"))
    if normal.is_empty():
        return _spread(below).select("txn_id", against=pl.lit(QUEUED))
    parts = [(ANY, normal), *((str(name), part) for (name,), part in normal.group_by("channel", maintain_order=True))]
    large = [(name, part) for name, part in parts if name == ANY or len(part) >= LEAST_NORMAL]
    return pl.concat(_spread(part).select("txn_id", against=pl.lit(name)) for name, part in large)


def _spread(rows: pl.DataFrame) -> pl.DataFrame:
    """At most ``NORMAL_ROWS`` of the rows, evenly spread over their order."""
    if len(rows) <= NORMAL_ROWS:
        return rows
    return rows[[place * len(rows) // NORMAL_ROWS for place in range(NORMAL_ROWS)]]


def normal_of(keys: pl.DataFrame, txn_ids: pl.Series, values: NDArray[np.float64]) -> Normal:
    """The mean contributions of the transactions ``keys``; ``values`` has a row for each of ``txn_ids``."""
    places = pl.DataFrame({"txn_id": txn_ids}).with_row_index("place")
    means, counts = {}, {}
    for (name,), part in keys.join(places, on="txn_id").sort("against", "place").group_by("against"):
        means[str(name)] = values[part["place"].to_numpy()].mean(axis=0)
        counts[str(name)] = len(part)
    return Normal(means, counts)


# What speaks for an alert


def chosen(rows: pl.DataFrame, values: NDArray[np.float64], names: Sequence[str], normal: Normal) -> list[list[Reason]]:
    """For each alert its reasons, at least one and at most ``SHOWN``, the weightiest first.

    A hit on a list comes first. Then come the reasons of the model that raise the score above that of the normal
    transactions; a rule that is broken says its own text in the place of the reason that it is about, and stands behind
    the others where that is not among them. Where nothing speaks alone, it is all together. Equal weights keep the
    order of the file. ``rows`` has ``channel``, ``list`` and ``rules_broken``, ``values`` the contributions of each of
    them by the features ``names``.
    """
    known = (*told().features, *_own(names))
    rules = {reason.code.removeprefix("rule."): reason for reason in told().rules}
    lists = {reason.code.removeprefix("list."): reason for reason in told().lists}
    facts = rows.select("channel", "list", "rules_broken").rows()
    above = [row - normal.means[normal.of(channel)] for row, (channel, _, _) in zip(values, facts, strict=True)]
    found = []
    for weights, (_, word, broken) in zip(sum_by_reason(above, names, known), facts, strict=True):
        heaviest = sorted(zip(weights, known, strict=True), key=lambda one: -one[0])
        raising = [reason for weight, reason in heaviest if weight > 0][:SHOWN]
        every = [lists[word]] if word in lists else []
        every += _sharpened(raising, [rules[name] for name in (broken or "").split(",") if name])
        found.append(every[:SHOWN] or [told().together])
    return found


def _sharpened(raising: Sequence[Reason], broken: Sequence[Reason]) -> list[Reason]:
    """The model's reasons, those that a broken rule says more exactly in its words, then the rules that are left."""
    by_about = {reason.about: reason for reason in reversed(broken)}
    said = [by_about.get(reason.code, reason) for reason in raising]
    return [*said, *(reason for reason in broken if reason not in said)]


def _own(names: Sequence[str]) -> list[Reason]:
    """A reason for each feature of the institution's own, which no text of ours can speak of."""
    spoken = {name for reason in told().features for name in reason.features}
    return [
        Reason(f"own.{name}", f"{name} stands out, a feature of the institution", f"机构自有特征 {name} 异常", (name,))
        for name in names
        if name not in spoken
    ]


def sum_by_reason(
    values: Sequence[Sequence[float] | NDArray[np.float64]], names: Sequence[str], known: Sequence[Reason]
) -> list[list[float]]:
    """Rows of contributions by feature -> rows of contributions by reason, in the order of ``known``."""
    places = [[names.index(name) for name in reason.features if name in names] for reason in known]
    return [[float(sum(row[place] for place in group)) for group in places] for row in values]


def against(channel: str, normal: Normal) -> tuple[str, str]:
    """With what an alert of ``channel`` was compared, in English and in Chinese."""
    of = normal.of(channel)
    count = normal.counts[of]
    if of == QUEUED:
        lower = f"the {count} transactions of the day with the lower scores, queued as well"
        return lower, f"当日评分较低的 {count} 笔交易（同样已列入复核）"
    if of == ANY:
        return f"{count} normal transactions of the day", f"当日 {count} 笔正常交易"
    word = told().channels.get(of, Reason(of, of, of))
    return f"{count} normal transactions of the day, {word.en}", f"当日 {count} 笔{word.zh}正常交易"


def rules_text() -> pl.Expr:
    """Names of the broken rules with a comma between them, in the order of ``RULES``; null where none is broken."""
    names = [pl.when(rule.broken().fill_null(False)).then(pl.lit(rule.name)) for rule in RULES]
    text = pl.concat_str(names, separator=",", ignore_nulls=True)
    return pl.when(text != "").then(text)


_FIELDS = [f"reason_{place}_{part}" for place in range(1, SHOWN + 1) for part in ("code", "en", "zh")]
_AGAINST = ["reasons_against_en", "reasons_against_zh"]


def no_reasons() -> pl.DataFrame:
    """The columns of ``reasons_of`` without a row."""
    return pl.DataFrame(schema=dict.fromkeys([*_FIELDS, *_AGAINST], pl.String))


def reasons_of(queued: pl.DataFrame, values: NDArray[np.float64], names: Sequence[str], normal: Normal) -> pl.DataFrame:
    """``reason_1_code``, ``reason_1_en``, ``reason_1_zh`` and so on, and ``reasons_against_en`` and ``_zh``."""
    rows = []
    for channel, reasons in zip(queued["channel"], chosen(queued, values, names, normal), strict=True):
        flat: list[str | None] = [text for reason in reasons for text in (reason.code, reason.en, reason.zh)]
        rows.append([*flat, *[None] * (len(_FIELDS) - len(flat)), *against(channel, normal)])
    return pl.DataFrame(rows, schema=no_reasons().schema, orient="row")
