"""``hansa quarantine show`` tells what may help, below the rows."""

from pathlib import Path

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date}"
STATE = "{name: state, logicalType: string, enum: [{value: open}, {value: paid}]}"


def test_allowed_words_and_formats_stand_below_the_rows(hansa, contract):
    made = contract("rows", KEY, DAY, STATE)
    Path("rows.csv").write_text("id,day,state\nA,2025-12-31,open\nB,31.12.2025,open\nC,2025-12-31,gone\n")
    hansa("publish", made, "rows.csv")
    out = hansa("quarantine", "show", "t.rows", "--contract", made).out.splitlines()
    at = out.index("2 of 2 rows of t.rows in quarantine")
    told = sorted(out[at + 1 :])
    assert told[0].startswith("  day.type: read by customProperties")
    assert told[1] == "  state.enum: allowed are open, paid"
    hints = hansa("quarantine", "show", "t.rows", "--contract", made, "--json").json["hints"]
    assert sorted(hints) == ["day.type", "state.enum"]


def test_without_a_contract_the_values_alone_tell(hansa, contract):
    made = contract("rows", KEY, DAY, STATE)
    Path("rows.csv").write_text("id,day,state\nA,2025-12-31,open\nB,31.12.2025,open\nC,2025-12-31,gone\n")
    hansa("publish", made, "rows.csv")
    assert list(hansa("quarantine", "show", "t.rows", "--json").json["hints"]) == ["day.type"]
