"""A model's card and validation report: one HTML file that needs nothing beside it, in English and Chinese.

What stands in it comes from the training alone, so the same training gives the same bytes. Who ran it and when is in
the receipt; whoever writes the report out puts that in the place that ``RECEIPT`` keeps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from statistics import median

from hansa_risk import charts
from hansa_risk.calibration import BORDERS, LEAST, Sigmoid, reliability
from hansa_risk.drift import LITTLE, MUCH
from hansa_risk.holdout import FITTED, NO_PATTERN, Holdout
from hansa_risk.model import Recipe, Trained

#: Where the receipt is put, once for each language.
RECEIPT = "<!-- receipt -->"
#: Capacities that are looked at, as shares of the desk's own.
CAPACITIES = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
#: Features of the drift chart.
SHOWN = 12
LANGUAGES = ("en", "zh")
STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left;"
    "vertical-align:top}td{overflow-wrap:anywhere}th{white-space:nowrap}td.n,th.n{text-align:right}"
    "svg{max-width:100%;font:11px sans-serif}"
    ".axis{fill:none;stroke:#222}.grid{fill:none;stroke:#e4e4e4}.mark{fill:none;stroke:#888;stroke-dasharray:3 3}"
)


@dataclass(frozen=True)
class Subject:
    """The model that a report speaks of; ``libraries`` are versions by name, ``package`` and ours among them.

    ``watched`` are the features of which each later day is held against the training.
    """

    version: str
    digest: str
    as_of: dt.datetime
    recipe: Recipe
    trained: Trained
    capacity: int
    libraries: Mapping[str, str]
    watched: Sequence[str] = ()


@cache
def _words() -> dict[str, dict[str, str]]:
    import yaml

    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("report.yaml").read_text("utf-8"))
    return read


def html(subject: Subject, held: Holdout | None) -> bytes:
    """The report of a model; ``held`` is None if nothing was held out."""
    parts = [
        f'<section lang="{spoken}" id="{spoken}">{_section(subject, held, spoken)}</section>' for spoken in LANGUAGES
    ]
    title = escape(_words()["en"]["title"].format(version=subject.version))
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"<hr>".join(parts)}</body></html>\n'.encode()


def with_receipt(report: bytes, receipt: Sequence[tuple[str, str]]) -> bytes:
    """The report with lines of its receipt, name and value, in each language's place."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in receipt)
    return report.replace(RECEIPT.encode(), rows.encode())


def _section(subject: Subject, held: Holdout | None, spoken: str) -> str:
    told = _words()[spoken]
    other = next(one for one in LANGUAGES if one != spoken)
    parts = [
        f'<p><a href="#{other}">{escape(told["other"])}</a></p>',
        f"<h1>{_said(told, 'title', version=subject.version)}</h1>",
        f"<h2>{_said(told, 'card')}</h2>",
        _card(subject, told),
        f"<h2>{_said(told, 'validation')}</h2>",
        _validation(held, subject.capacity, told) if held else f"<p>{_said(told, 'none')}</p>",
    ]
    return "".join(parts)


def _said(told: Mapping[str, str], word: str, **filled: object) -> str:
    return escape(told[word].format(**filled))


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Rows of texts, escaped here; all columns but the first hold numbers."""
    top = f"<tr>{''.join(_cell('th', place, name) for place, name in enumerate(head))}</tr>" if head else ""
    body = (f"<tr>{''.join(_cell('td', place, text) for place, text in enumerate(row))}</tr>" for row in rows)
    return f"<table>{top}{''.join(body)}</table>"


def _cell(tag: str, place: int, text: str) -> str:
    kind = ' class="n"' if place else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


def _card(subject: Subject, told: Mapping[str, str]) -> str:
    """What the model is, from what it came and what it is not for."""
    trained, recipe = subject.trained, subject.recipe
    window = {"first": trained.first, "last": trained.last, "rows": trained.rows, "frauds": trained.frauds}
    window |= {"drawn": len(trained.drawn), "share": f"{trained.frauds / trained.rows:.2%}"}
    method = {name: getattr(recipe, name) for name in ("trees", "depth", "learning_rate", "leaf_penalty")}
    method |= {"seed": recipe.seed, "threads": recipe.threads}
    package = "hansa-risk"
    made = {"package": package, "package_version": subject.libraries.get(package, "?")}
    rows = [
        (told["purpose"], told["purpose_text"]),
        (told["trained_by"], told["trained_by_text"].format(**made)),
        (told["known"], told["known_text"].format(as_of=f"{subject.as_of:%Y-%m-%d %H:%M}")),
        (told["window"], told["window_text"].format(**window)),
        (told["label_wait"], told["label_wait_text"].format(days=recipe.label_wait)),
        (told["negatives"], told["negatives_text"].format(share=f"{recipe.negative_share:.0%}")),
        (told["method"], told["method_text"].format(**method)),
        (told["libraries"], ", ".join(f"{name} {version}" for name, version in sorted(subject.libraries.items()))),
        (told["artefact"], subject.digest),
        (told["evidence"], told["evidence_text"].format(**vars(trained.evidence))),
        (told["features"].format(count=len(recipe.names)), ", ".join(recipe.names)),
        (told["watched"], told["watched_text"].format(names=", ".join(subject.watched) or "-")),
        (told["limits"], told["limits_text"].format(last=trained.last)),
    ]
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{body}{RECEIPT}</table>"


def _validation(held: Holdout, capacity: int, told: Mapping[str, str]) -> str:
    frauds = int(held.rows["is_fraud"].sum())
    parts = [
        f"<p>{_said(told, 'twin', first=held.first, last=held.last, rows=len(held.rows), frauds=frauds)}</p>",
        _table([(told["auc"], _figure(held.auc)), (told["average_precision"], _figure(held.average_precision))]),
        f"<h3>{_said(told, 'by_capacity')}</h3>{_by_capacity(held, capacity, told)}",
        f"<h3>{_said(told, 'threshold')}</h3>{_threshold(held, capacity, told)}",
        f"<h3>{_said(told, 'calibration')}</h3>{_calibration(held, told)}",
        f"<h3>{_said(told, 'patterns')}</h3>{_patterns(held, capacity, told)}",
        f"<h3>{_said(told, 'drift')}</h3>{_drift(held, told)}",
    ]
    return "".join(parts)


def _figure(value: float | None, places: int = 4) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _by_capacity(held: Holdout, capacity: int, told: Mapping[str, str]) -> str:
    looked_at = sorted({max(1, round(share * capacity)) for share in CAPACITIES})
    found = [held.within(number) for number in looked_at]
    shares = [(n / 5, f"{n / 5:.1f}") for n in range(6)]
    marks = [(0, "0"), *((number, str(number)) for number in looked_at if number >= capacity)]
    axes = charts.Axes(told["alerts_a_day"], told["share"], marks, shares)
    drawn = [
        charts.Line(
            told[name], [(one.alerts_a_day, value) for one in found if (value := getattr(one, name)) is not None]
        )
        for name in ("precision", "recall", "amount")
    ]
    head = [told[name] for name in ("alerts_a_day", "alerts", "hits", "precision", "recall", "amount")]
    rows = [
        (
            str(one.alerts_a_day),
            str(one.alerts),
            str(one.frauds),
            *map(_figure, (one.precision, one.recall, one.amount)),
        )
        for one in found
    ]
    chart = charts.lines(told["by_capacity"], axes, drawn, upright=capacity)
    return f"{chart}<p>{_said(told, 'capacity_note', capacity=capacity)}</p>{_table(rows, head)}"


def _threshold(held: Holdout, capacity: int, told: Mapping[str, str]) -> str:
    last = held.thresholds(capacity)
    if not last:
        return "<p>-</p>"
    figures = {"low": min(last), "middle": median(last), "high": max(last)}
    return f"<p>{_said(told, 'threshold_text', **{name: f'{value:.4f}' for name, value in figures.items()})}</p>"


def _calibration(held: Holdout, told: Mapping[str, str]) -> str:
    sigmoid, checked = held.sigmoid, held.calibrated
    if sigmoid is None:
        return f"<p>{_said(told, 'calibration_none', least=LEAST)}</p>"
    text = _said(told, "calibration_text", slope=sigmoid.slope, intercept=sigmoid.intercept, fitted=FITTED)
    if checked is None:
        return f"<p>{text}</p>"
    rows = [
        (told["brier"], f"{checked.brier:.6f}", f"{checked.brier_after:.6f}"),
        (told["error"], f"{checked.error:.6f}", f"{checked.error_after:.6f}"),
    ]
    table = _table(rows, ("", told["before"], told["after"]))
    return f"<p>{text}</p>{_reliability(held, told)}{table}"


def _reliability(held: Holdout, told: Mapping[str, str]) -> str:
    """What was said against what came, by class of probability, on scales that widen the low ones."""
    later, sigmoid = held.checked_rows, held.first_sigmoid or Sigmoid()
    fraud, odds = later["is_fraud"].to_numpy(), later["log_odds"].to_numpy()
    marks = [(_wide(value), f"{value:g}") for value in (0.0, *BORDERS[2::2], 1.0)]
    drawn = [charts.Line(told["perfect"], [(mark, mark) for mark, _ in (marks[0], marks[-1])])]
    for name, one in (("before", Sigmoid()), ("after", sigmoid)):
        points = [(_wide(group.said), _wide(group.came)) for group in reliability(one.of(odds), fraud)]
        drawn.append(charts.Line(told[name], points))
    axes = charts.Axes(told["calibration_said"], told["calibration_came"], marks, marks)
    return charts.lines(told["calibration"], axes, drawn)


def _wide(chance: float) -> float:
    return float(chance**0.5)


def _patterns(held: Holdout, capacity: int, told: Mapping[str, str]) -> str:
    rows = [
        (
            told["unnamed"] if one.name == NO_PATTERN else one.name,
            str(one.frauds),
            str(one.found),
            _figure(one.found / one.frauds),
        )
        for one in held.patterns(capacity)
    ]
    return _table(rows, [told[name] for name in ("pattern", "frauds", "found", "recall")])


def _drift(held: Holdout, told: Mapping[str, str]) -> str:
    values = [(one.feature, one.index) for one in held.drift[:SHOWN]]
    text = _said(told, "drift_text", little=LITTLE, much=MUCH, shown=len(values))
    return f"<p>{text}</p>{charts.bars(told['drift_bar'], values, (LITTLE, MUCH))}"
