"""Lines and bars as SVG text: what a report needs of plots, the same bytes wherever they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

WIDTH, HEIGHT = 460, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 28, 44
#: Width that the name of a line has above the chart.
NAME = 130
#: Strokes that differ without colour too, for a black-and-white print.
COLOURS = ("#1f4e79", "#b4532a", "#4f7d3a")
DASHES = ("", "6 3", "2 3")


@dataclass(frozen=True)
class Line:
    """A line with its name in the legend; points that are not finite are left out."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axes:
    """Names and ends of both axes, and the marks on each with what stands beside them."""

    x: str
    y: str
    x_marks: Sequence[tuple[float, str]]
    y_marks: Sequence[tuple[float, str]]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The point in the picture; the first and last marks are the ends of an axis."""
        return (
            LEFT + _part(x, self.x_marks) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - _part(y, self.y_marks) * (HEIGHT - TOP - BOTTOM),
        )


def _part(value: float, marks: Sequence[tuple[float, str]]) -> float:
    first, last = marks[0][0], marks[-1][0]
    return min(max((value - first) / (last - first), 0.0), 1.0) if last > first else 0.5


def lines(title: str, axes: Axes, drawn: Sequence[Line], upright: float | None = None) -> str:
    """A chart of lines; ``upright`` marks a place on the x axis."""
    parts = [*_frame(axes)]
    if upright is not None:
        x, bottom = axes.place(upright, axes.y_marks[0][0])
        parts.append(f'<path d="M{x:.1f} {bottom:.1f}V{TOP}" class="mark"/>')
    for number, line in enumerate(drawn):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        points = [axes.place(x, y) for x, y in line.points if isfinite(x) and isfinite(y)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-dasharray="{dash}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
        parts.append(_text(LEFT + NAME * number, TOP - 12, line.name, "start", colour))
    return _drawing(title, HEIGHT, parts)


def bars(title: str, values: Sequence[tuple[str, float]], marks: Sequence[float]) -> str:
    """Bars that lie, each with its name before it and its value behind it; ``marks`` are upright lines."""
    most = max([*(value for _, value in values), *marks, 0.0]) or 1.0
    wide, left, row = WIDTH - 190 - 60, 190, 18
    parts = []
    for number, (name, value) in enumerate(values):
        y, length = 6 + row * number, max(value, 0.0) / most * wide
        parts.append(_text(left - 6, y + 11, name, "end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="12" fill="{COLOURS[0]}"/>')
        parts.append(_text(left + length + 5, y + 11, f"{value:.3f}", "start"))
    height = 10 + row * len(values)
    parts += [f'<path d="M{left + mark / most * wide:.1f} 2V{height - 4}" class="mark"/>' for mark in marks]
    return _drawing(title, height, parts)


def _frame(axes: Axes) -> list[str]:
    """Both axes with their names and marks."""
    left, bottom = axes.place(axes.x_marks[0][0], axes.y_marks[0][0])
    right, top = axes.place(axes.x_marks[-1][0], axes.y_marks[-1][0])
    parts = [f'<path d="M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}" class="axis"/>']
    for value, name in axes.x_marks:
        parts.append(_text(axes.place(value, 0)[0], bottom + 15, name, "middle"))
    for value, name in axes.y_marks:
        y = axes.place(0, value)[1]
        parts.append(f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" class="grid"/>')
        parts.append(_text(left - 6, y + 4, name, "end"))
    parts.append(_text((left + right) / 2, HEIGHT - 8, axes.x, "middle"))
    parts.append(f'<text transform="translate(13 {(top + bottom) / 2:.1f}) rotate(-90)" text-anchor="middle">')
    parts.append(f"{escape(axes.y)}</text>")
    return parts


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _drawing(title: str, height: int, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
    return f'{head} aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
