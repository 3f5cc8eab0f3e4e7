"""What README promises of the features stands beside those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from hansa_risk.feature_list import MODEL_FEATURES

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def named() -> set[str]:
    """The features of the table; ``_7d`` after ``card_count_1d`` stands for ``card_count_7d``."""
    table = README.split("## The features")[1].split("\n## ")[0]
    found: set[str] = set()
    for line in table.splitlines():
        if not line.startswith("| `"):
            continue
        stem = ""
        for word in re.findall(r"`([^`]+)`", line.split("|")[1]):
            if word.startswith("_"):
                found.add(stem + word)
            else:
                found.add(word)
                stem = re.sub(r"_\d+[hd]$", "", word)
    return found


def test_the_table_of_features_names_each_that_a_model_reads_and_no_other():
    listed = {name for name in MODEL_FEATURES if not name.startswith("channel_")} | {"channel_..."}
    assert named() == listed


def test_a_day_without_a_label_on_its_last_day_is_said_not_to_be_due():
    told = " ".join(README.split())
    assert "a day on which the label book has no row is not seen as delivered" in told
