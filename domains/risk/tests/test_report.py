from __future__ import annotations

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hansa_risk import charts, model, registered, report

DAY = dt.date(2026, 2, 28)
AS_OF = dt.datetime(2026, 2, 27, 16, tzinfo=dt.UTC)
RECIPE = model.Recipe(
    label_wait=6, negative_share=0.5, trees=25, depth=4, learning_rate=0.1, least_frauds=10, seed=5, threads=2
)


def start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo("Asia/Shanghai")).astimezone(dt.UTC)


class Tags(HTMLParser):
    """The tags of a page, what they point to, and whether each that was opened is closed."""

    VOID = frozenset({"meta", "br", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src", "srcset", "data"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def subject(features, labels, recipe=RECIPE, **more):
    trained, held = registered.learned(features.lazy(), labels.lazy(), DAY, start_of, recipe)
    about = {"version": f"{DAY}-abc", "digest": "0" * 64, "libraries": registered.libraries()} | more
    return report.Subject(as_of=AS_OF, recipe=recipe, trained=trained, capacity=5, **about), held


@pytest.fixture(scope="module")
def told(bank, features):
    named = bank.labels.with_columns(scenario=pl.when("is_fraud").then(pl.lit("<b>stolen & sold</b>")))
    return subject(features, named)


@pytest.fixture(scope="module")
def page(told) -> str:
    return report.html(*told).decode()


def test_every_tag_is_closed(page):
    assert Tags(page).open == []


def test_it_needs_nothing_beside_it_and_runs_nothing(page):
    tags = Tags(page)
    assert set(tags.links) == {"#en", "#zh"}
    assert not {"script", "link", "iframe", "object", "img"} & set(tags.seen)
    assert "url(" not in page
    assert "@import" not in page


def test_both_languages_say_the_same_things(page):
    english, chinese = page.split('<section lang="zh"')
    for mark in ("<svg", "<table", "<h2", "<h3", "<tr", "circle"):
        assert english.count(mark) == chinese.count(mark) > 0
    assert "Precision and recall against capacity" in english
    assert "精确率与召回率随处理能力的变化" in chinese


def test_both_languages_have_the_same_words_to_fill():
    words = report._words()
    assert set(words["en"]) == set(words["zh"])
    for word, text in words["en"].items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", words["zh"][word])), word


def test_text_from_outside_is_escaped(page):
    assert "&lt;b&gt;stolen &amp; sold&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_hostile_version_is_escaped(told):
    hostile = dataclasses.replace(told[0], version="<script>alert(1)</script>")
    assert "<script" not in report.html(hostile, told[1]).decode()


def test_it_says_window_features_libraries_digest_and_when_it_was_known(told, page):
    about, _ = told
    wanted = [str(about.trained.first), str(about.trained.last), "0" * 64, "catboost 1.", "2026-02-27 16:00 (UTC)"]
    assert [text for text in (*wanted, ", ".join(RECIPE.names)) if text not in page] == []


def test_the_same_training_gives_the_same_bytes(bank, features, told):
    named = bank.shuffled().labels.with_columns(scenario=pl.when("is_fraud").then(pl.lit("<b>stolen & sold</b>")))
    again = subject(features.sample(fraction=1, shuffle=True, seed=3), named)
    assert report.html(*again) == report.html(*told)


def test_without_a_holdout_nothing_is_claimed(told):
    page = report.html(told[0], None).decode()
    assert "nothing is claimed of this model" in page
    assert "不对该模型作任何效果声明" in page
    assert "<svg" not in page


@pytest.mark.parametrize("capacity", [0, 1, 100_000])
def test_any_capacity_gives_a_page(told, capacity):
    assert Tags(report.html(dataclasses.replace(told[0], capacity=capacity), told[1]).decode()).open == []


def test_the_receipt_is_put_in_its_place_in_both_languages_and_escaped(page):
    filled = report.with_receipt(page.encode(), [("run", "r1"), ("owner", "a<b@c")]).decode()
    assert filled.count("a&lt;b@c") == 2
    assert report.RECEIPT not in filled
    assert Tags(filled).open == []


def test_every_drawing_is_xml_with_a_title(page):
    drawings = re.findall(r"<svg.*?</svg>", page)
    assert len(drawings) >= 4
    assert all(ElementTree.fromstring(one).find("title").text for one in drawings)


def test_points_that_are_no_numbers_are_left_out_of_a_chart():
    axes = charts.Axes("x", "y", [(0, "0"), (1, "1")], [(0, "0"), (1, "1")])
    drawn = charts.lines("t", axes, [charts.Line("a", [(0, float("nan")), (0.5, 0.5), (float("inf"), 1)])])
    assert drawn.count("<circle") == 1
    assert "nan" not in drawn


def test_bars_without_values_are_an_empty_drawing():
    assert "<rect" not in charts.bars("t", [], (0.1,))


def test_points_outside_the_axes_stand_at_their_ends():
    axes = charts.Axes("x", "y", [(0, "0"), (1, "1")], [(0, "0"), (1, "1")])
    assert axes.place(5, -5) == axes.place(1, 0)


def test_the_labels_of_chinese_plots_are_text_that_the_reader_s_own_fonts_draw(page):
    """Nothing here is drawn by a font of this machine, so no glyph can be missing whatever fonts it has."""
    chinese = page.split('<section lang="zh"')[1]
    said = [
        [text.text or "" for text in ElementTree.fromstring(one).iter("text")]
        for one in re.findall(r"<svg.*?</svg>", chinese)
    ]
    lines = [labels for labels in said if any("\u4e00" <= letter <= "\u9fff" for letter in "".join(labels))]
    assert {"精确率", "召回率", "每日预警数", "比例"} <= {label for labels in lines for label in labels}
    assert all(labels for labels in said)
    assert '<meta charset="utf-8">' in page
    assert set(re.findall(r"font:[\d.]+px\S* ([^;}]+)", page)) == {"sans-serif"}
    assert "@font-face" not in page and "font-family" not in page


def test_the_report_names_what_is_watched_from_day_to_day_in_both_languages(told):
    watched = report.html(dataclasses.replace(told[0], watched=("amount", "hour")), told[1]).decode()
    english, chinese = watched.split('<section lang="zh"')
    assert "amount, hour" in english and "amount, hour" in chinese
