"""Tables written in any dialect: what a draft reads of them is what was written, or it says that it is unsure."""

import datetime as dt
from decimal import Decimal

from hansa.source_draft import draft_source
from hansa.source_draft.trial import tried
from hansa.sources import Binding, built_in_readers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ENCODINGS = {"utf-8": "Straße Öl", "cp1252": "Straße Öl", "gb18030": "水费和电费的通知", "utf-16": "水费 Öl"}
MARKS = {
    "plain": (".", ""),
    "english": (".", ","),
    "german": (",", "."),
    "swiss": (".", "'"),
    "polish": (",", "\u00a0"),
}
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d")
SEPARATORS = (";", ",", "\t", "|", "~|~")


@st.composite
def tables(draw):
    """Rows of a day, a text, an amount; and how they are written."""
    rows = draw(
        st.lists(
            st.tuples(
                st.dates(dt.date(1990, 1, 1), dt.date(2035, 12, 31)),
                st.integers(0, 99),
                st.decimals(-(10**7), 10**7, places=2, allow_nan=False),
            ),
            min_size=1,
            max_size=12,
        )
    )
    dialect = {
        "encoding": draw(st.sampled_from(sorted(ENCODINGS))),
        "separator": draw(st.sampled_from(SEPARATORS)),
        "marks": draw(st.sampled_from(sorted(MARKS))),
        "day": draw(st.sampled_from(DAYS)),
        "preamble": draw(st.lists(st.sampled_from(["Export", "", "of the month"]), max_size=3)),
        "footer": draw(st.sampled_from(["", "Total", "blank"])),
        "behind": draw(st.booleans()),
    }
    return rows, dialect


def number(value, marks, *, behind):
    decimal, grouping = MARKS[marks]
    text = f"{abs(value):,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", grouping)
    if value >= 0:
        return text
    return f"{text}-" if behind else f"-{text}"


def written(rows, dialect):
    separator = dialect["separator"]

    def cell(text):
        return f'"{text}"' if separator in text else text

    lines = [*dialect["preamble"], separator.join(("day", "memo", "amount"))]
    for day, count, amount in rows:
        text = number(amount, dialect["marks"], behind=dialect["behind"])
        cells = (day.strftime(dialect["day"]), f"{ENCODINGS[dialect['encoding']]} x{count}", text)
        lines.append(separator.join(map(cell, cells)))
    total = cell(number(sum(amount for *_, amount in rows), dialect["marks"], behind=dialect["behind"]))
    lines += {"": [], "Total": [separator.join(("Total", "", total))], "blank": ["", separator.join(("", "", total))]}[
        dialect["footer"]
    ]
    return "\r\n".join(lines) + "\r\n"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_a_draft_is_right_or_unsure(tmp_path, table):
    rows, dialect = table
    path = tmp_path / "rows.csv"
    path.write_bytes(written(rows, dialect).encode(dialect["encoding"]))
    draft = draft_source(path, built_in_readers())
    if draft.unsure:
        assert all(finding.question for finding in draft.unsure)
        return
    found = tried(path, Binding(uri=str(path), **draft.words), built_in_readers(), draft.contract())
    assert found.refusal is None
    assert found.rows == len(rows)
    assert found.sums["amount"] == sum((amount for *_, amount in rows), Decimal(0))
    assert (found.first["day"], found.last["day"]) == (rows[0][0], rows[-1][0])
    assert found.last["memo"] == f"{ENCODINGS[dialect['encoding']]} x{rows[-1][1]}"
