"""Each word of a source and of a mapping stands on a page, and the pages name no other."""

import re
from pathlib import Path

import pytest
import yaml
from hansa.sources import Binding, MappingWords
from hansa.sources.database_words import DatabaseWords

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "sources.md").read_text("utf-8")
DATABASES = (DOCS / "databases.md").read_text("utf-8")
ROWS = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
NAMED = {word for row in ROWS for word in re.findall(r"`([a-z_]+)[`:]", row)}
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LAYOUTS = [text for text in EXAMPLES if not text.startswith(("sources:", "properties:"))]


@pytest.mark.parametrize("word", sorted(set(Binding.model_fields) - set(DatabaseWords.model_fields)))
def test_each_word_of_a_source_has_its_row(word):
    assert word in NAMED


@pytest.mark.parametrize("word", sorted(DatabaseWords.model_fields))
def test_each_word_of_a_database_stands_on_its_page(word):
    assert f"`{word}`" in DATABASES


@pytest.mark.parametrize("word", sorted(MappingWords.model_fields))
def test_each_word_of_a_mapping_has_its_row(word):
    assert word in NAMED


@pytest.mark.parametrize("text", LAYOUTS)
def test_each_example_of_a_layout_is_one(text):
    words = yaml.safe_load(text)
    assert set(words) <= Binding(uri="rows.csv", **words).model_fields_set
