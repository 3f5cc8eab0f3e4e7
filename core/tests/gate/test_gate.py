"""What ``publish`` promises: every row is published or in quarantine, and a re-run changes nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import hansa.attempt
import polars as pl
import pytest
from hansa.errors import ContractError, HansaError, WorldError
from hansa.quarantine import envelopes, shown
from hansa.store.table import ProductTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples


def rejected(bench, product="t.a"):
    """The open envelopes as pairs of the row and its rules."""
    found = envelopes(bench.book(product).latest(), bench.warehouse.table(product, 1))
    return [(shown(envelope, bench.keys), envelope["rules"]) for envelope in found.to_dicts()]


def naive(rows):
    """The daily contract in plain Python: the published rows, and how many are in quarantine, of a file of texts."""
    good = []
    for identity, day, cents in rows:
        readable = cents is None or cents.lstrip("-").isdigit()
        if identity is not None and day in DAYS and readable and (cents is None or int(cents) >= 0):
            good.append((identity, day, None if cents is None else int(cents)))
    distinct = set(good)
    rivals = Counter((identity, day) for identity, day, _ in distinct)
    alone = [row for row in distinct if rivals[row[:2]] == 1]
    first = {identity: min(day for other, day, _ in alone if other == identity) for identity, _, _ in alone}
    published = {row for row in alone if first[row[0]] == row[1]}
    return published, len(rows) - len(published)


DAY_ONE, DAY_TWO = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
DAYS = (str(DAY_ONE), str(DAY_TWO))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "D", None]),
        st.sampled_from([*DAYS, None, "2026-13-01"]),
        st.sampled_from(["0", "1", "2", "-1", "1.5", "x", None]),
    ),
    max_size=14,
)


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.sampled_from([1, 2, 3, 250_000]))
def test_every_row_is_published_or_in_quarantine_as_a_naive_model_says(new_bench, daily, rows, batch):
    bench = new_bench()
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["id", "day", "cents"], pl.String), orient="row")
    published, quarantined = naive(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hansa.attempt, "BATCH", batch)
        made = bench.publish(frame, daily)
    assert made.total("incoming") == len(rows)
    assert made.total("quarantined") == quarantined
    assert made.total("accepted") == len(published)
    # A day of which nothing is left is held, so what readers see is what the naive model publishes all the same.
    seen = bench.rows().rows() if bench.snapshots() else []
    assert {(i, str(d), c) for i, d, c in seen} == published


def test_all_broken_rules_of_a_row_are_kept(bench, contract, column, texts):
    made = contract(column("id", required=True), column("cents", "integer", minimum=5, exclusive_maximum=-5))
    bench.publish(texts("id cents", "- 0", "A 7"), made)
    ((row, rules),) = [found for found in rejected(bench) if found[0]["id"] is None]
    assert (row["cents"], sorted(rules)) == ("0", ["cents.exclusiveMaximum", "cents.minimum", "id.required"])


def test_the_payload_is_the_row_before_the_cast(bench, contract, column):
    made = contract(column("acct"), column("seq", "integer", maximum=10), column("branch", pattern="^[0-9]{3}$"))
    frame = pl.DataFrame(
        {"acct": [" 12", "1"], "seq": ["0011", "1"], "branch": ["7", "007"], "surplus": ['é"\n\x01', None]}
    )
    bench.publish(frame, made)
    assert rejected(bench) == [
        ({"acct": " 12", "seq": "0011", "branch": "7", "surplus": 'é"\n\x01'}, ["seq.maximum", "branch.pattern"])
    ]


def test_of_identical_rows_one_stays(bench, daily, texts):
    made = bench.publish(texts("id day cents", *["A 2026-03-01 1"] * 3), daily)
    assert (made.total("published"), made.total("quarantined"), made.total("identical")) == (1, 2, 2)


def test_rows_that_share_a_key_and_differ_all_go(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 1", "A 2026-03-01 2", "B 2026-03-01 1"), daily)
    assert bench.rows()["id"].to_list() == ["B"]
    assert made.receipts[0].broken == {"primaryKey": 2}


def test_keys_are_judged_over_all_batches(bench, daily, texts, monkeypatch):
    monkeypatch.setattr(hansa.attempt, "BATCH", 1)
    rows = ("A 2026-03-01 1", "B 2026-03-01 1", "A 2026-03-01 2", "C 2026-03-01 1", "B 2026-03-01 1")
    bench.publish(texts("id day cents", *rows), daily)
    assert bench.rows()["id"].to_list() == ["B", "C"]


def test_a_bad_row_does_not_take_a_good_one_with_it(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "A 2026-03-01 -1"), daily)
    assert bench.rows().rows()[0][2] == 1


def test_a_key_that_stands_in_another_partition_is_refused(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    made = bench.publish(texts("id day cents", "A 2026-03-02 1", "B 2026-03-02 1"), daily)
    assert made.receipts[0].broken == {"primaryKey": 1}
    assert bench.rows()["id"].to_list() == ["A", "B"]


def test_a_key_of_partition_scope_may_stand_in_two_partitions(bench, contract, daily, texts):
    narrow = contract(*daily.columns, key_scope="partition")
    bench.publish(texts("id day cents", "A 2026-03-01 1"), narrow)
    bench.publish(texts("id day cents", "A 2026-03-02 1"), narrow)
    assert bench.rows().height == 2


def test_a_unique_column_may_not_repeat_but_may_be_missing(bench, contract, column, texts):
    made = contract(column("id", key_position=1), column("seat", unique=True))
    bench.publish(texts("id seat", "A 1", "B 1", "C 2", "D -", "E -"), made)
    assert bench.rows()["id"].to_list() == ["C", "D", "E"]


def test_keys_are_judged_as_tokens(bench, contract, column, texts):
    made = contract(column("mobile", key_position=1, tokenise="mobile"), column("n"))
    answer = bench.publish(texts("mobile n", "19900000017 1", "199-0000-0017 2", "19900000025 3"), made)
    assert answer.receipts[0].broken == {"primaryKey": 2}


def test_rows_outside_the_runs_days_go_to_quarantine(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily, "2026-03-02")
    assert {r.partition: r.counts["published"] for r in made.receipts} == {"2026-03-01": 0, "2026-03-02": 1}
    assert [rules for _, rules in rejected(bench)] == [["window"]]


def test_a_day_of_the_window_without_rows_becomes_empty(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    bench.publish(texts("id day cents", "C 2026-03-02 1"), daily, "2026-03-01", "2026-03-02")
    assert bench.rows()["id"].to_list() == ["C"]


def test_each_day_has_a_verdict_of_its_own(bench, contract, daily, rule, texts):
    two = rule("enough", "rowCount", operator="mustBeGreaterOrEqualTo", operands=(2.0,))
    made = bench.publish(
        texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1", "C 2026-03-02 1"),
        contract(*daily.columns, rules=(two,)),
    )
    assert [r.state for r in made.receipts] == ["held", "published"]
    assert made.receipts[0].reasons == ("enough: 1 rows, the contract wants at least 2",)
    assert made.receipts[0].files == ()
    assert bench.rows()["id"].to_list() == ["B", "C"]


def test_a_held_day_keeps_what_it_published_last(bench, contract, daily, rule, texts):
    two = rule("enough", "rowCount", operator="mustBeGreaterOrEqualTo", operands=(2.0,))
    made = contract(*daily.columns, rules=(two,))
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 1"), made)
    assert bench.publish(texts("id day cents", "C 2026-03-01 1"), made).held
    assert bench.rows()["id"].to_list() == ["A", "B"]


@pytest.mark.parametrize(("share", "held"), [(0.5, False), (0.4, True), (None, False)])
def test_too_large_a_share_of_quarantine_holds(bench, contract, daily, texts, share, held):
    made = contract(*daily.columns, quarantine_share=share)
    answer = bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -1"), made)
    assert bool(answer.held) is held


def test_identical_rows_do_not_count_as_rejected_for_the_share(bench, contract, daily, texts):
    made = contract(*daily.columns, quarantine_share=0.1)
    assert not bench.publish(texts("id day cents", *["A 2026-03-01 1"] * 5), made).held


def test_all_rows_bad_is_held(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 -1"), daily)
    assert made.held[0].reasons == ("all 1 rows quarantined, none is left to publish: cents.minimum 1",)


def test_a_file_whose_days_cannot_be_read_is_held(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 01.03.2026 1", "B 01.03.2026 2"), daily)
    assert made.held[0].reasons == ("all 2 rows quarantined, none is left to publish: day.type 2",)


def test_refused_rows_do_not_empty_a_day_that_is_published(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    made = bench.publish(texts("id day cents", "A 01.03.2026 1"), daily, "2026-03-01")
    assert made.held[0].partition == "2026-03-01"
    assert bench.rows().height == 1


def test_an_empty_frame_of_a_daily_product_without_days_is_held(bench, daily, texts):
    made = bench.publish(texts("id day cents"), daily)
    assert made.held[0].reasons == ("no rows came, so there is no day to publish",)


def test_row_rules_over_no_row_are_unchecked_not_kept(bench, contract, daily, rule, texts):
    known = rule("cents.known", "invalidValues", "cents", valid_values=("1",))
    made = bench.publish(texts("id day cents"), contract(*daily.columns, rules=(known,)), "2026-03-01")
    assert {"cents.known", "cents.minimum", "id.required"} <= {*made.receipts[0].unchecked}
    assert not made.receipts[0].broken


def test_a_warning_is_counted_and_quarantines_nothing(bench, contract, daily, rule, texts):
    known = rule("cents.known", "invalidValues", "cents", valid_values=("1",), severity="warning")
    made = bench.publish(texts("id day cents", "A 2026-03-01 2"), contract(*daily.columns, rules=(known,)))
    assert (made.total("published"), made.receipts[0].broken) == (1, {"cents.known": 1})


def test_a_rule_over_a_missing_value_is_undecided_and_counted(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 -", "B 2026-03-01 1"), daily)
    assert (made.total("published"), made.receipts[0].undecided) == (2, {"cents.minimum": 1})


@pytest.mark.parametrize(
    "rows",
    [
        ("A 2026-03-01 1", "B - 1", "C 2026-13-01 1", "D 2026-03-02 -1", "E 2026-03-02 1"),
        ("A 2026-03-01 -1",),
        ("A x 1",),
        (),
    ],
)
def test_a_re_run_changes_nothing(bench, daily, texts, rows):
    first = bench.publish(texts("id day cents", *rows), daily)
    files = bench.listing()
    second = bench.publish(texts("id day cents", *rows), daily)
    assert second.unchanged
    assert second.receipts == first.receipts
    assert second.digest == first.digest
    assert [f for f in bench.listing() if f not in files] == []


def test_a_re_run_after_other_days_with_the_same_refused_rows_changes_nothing(bench, daily, texts):
    late = ("A 2026-03-01 1", "B 2026-03-02 1", "X - 1")
    for day in ("2026-03-01", "2026-03-02"):
        bench.publish(texts("id day cents", *late), daily, day)
    snapshots = bench.snapshots()
    assert bench.publish(texts("id day cents", *late), daily, "2026-03-01").unchanged
    assert bench.snapshots() == snapshots


def test_a_row_of_another_day_does_not_hide_that_days_own_quarantine(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-02 1", "B 2026-03-02 -1"), daily, "2026-03-02")
    bench.publish(texts("id day cents", "C 2026-03-01 1", "D 2026-03-02 1"), daily, "2026-03-01")
    assert [rules for _, rules in rejected(bench)] == [["cents.minimum"], ["window"]]


def test_a_row_of_no_day_that_comes_with_every_run_is_shown_once(bench, daily, texts):
    for day in ("2026-03-01", "2026-03-02"):
        bench.publish(texts("id day cents", f"A{day} {day} 1", "X - 1", "X - 1"), daily, day)
    assert [row["id"] for row, _ in rejected(bench)] == ["X", "X"]


def test_a_run_publishes_two_days_one_after_the_other_and_keeps_both_quarantines(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -1"), daily)
    bench._runs -= 1
    bench.publish(texts("id day cents", "C 2026-03-02 1", "D 2026-03-02 -1"), daily)
    assert [row["id"] for row, _ in rejected(bench)] == ["B", "D"]


def test_only_the_days_that_changed_are_published_again(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    made = bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 2"), daily)
    assert [r.partition for r in made.receipts] == ["2026-03-02"]


def test_another_contract_is_another_publication(bench, contract, daily, texts):
    rows = texts("id day cents", "A 2026-03-01 1")
    bench.publish(rows, daily)
    assert not bench.publish(rows, contract(*daily.columns, digest="d2")).unchanged
    assert len(bench.snapshots()) == 2


def test_a_dry_run_publishes_nothing(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -1"), daily, dry_run=True)
    assert (made.total("accepted"), made.total("quarantined"), made.landed) == (1, 1, None)
    assert bench.snapshots() == []
    assert not [f for f in bench.listing() if "/data/" in f or "/receipts/" in f or "/quarantine/" in f]


def test_rows_that_are_lost_while_writing_stop_the_publication(bench, daily, texts, monkeypatch):
    write = ProductTable.write
    monkeypatch.setattr(ProductTable, "write", lambda self, batches: write(self, (batch[1:] for batch in batches)))
    with pytest.raises(WorldError) as raised:
        bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 1"), daily)
    assert raised.value.code == "gate.reconcile"
    assert bench.snapshots() == []
    assert not [f for f in bench.listing() if f.endswith(".parquet")]


def test_an_error_of_the_frame_comes_out_as_it_was_raised(bench, daily, texts):
    def broken(frame: pl.DataFrame) -> pl.DataFrame:
        raise KeyError("mine")

    frame = texts("id day cents", "A 2026-03-01 1").lazy().map_batches(broken)
    with pytest.raises((KeyError, pl.exceptions.PolarsError)):
        bench.publish(frame, daily)
    assert not [f for f in bench.listing() if f.endswith(".parquet")]


def test_an_error_of_the_gate_while_writing_is_not_wrapped_by_the_engine(bench, daily, texts, monkeypatch):
    def broken(*_: object) -> None:
        raise ContractError("contract.rule", "mine")

    monkeypatch.setattr("hansa.check.RowCheck.broken", broken)
    with pytest.raises(ContractError, match="mine"):
        bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)


@pytest.mark.parametrize("options", [{"classification": "C2"}, {"tokenise": "mobile"}])
def test_a_contract_with_secrets_is_refused_without_keys(bench, contract, column, texts, options):
    with pytest.raises(WorldError) as raised:
        bench.publish(texts("id", "A"), contract(column("id", **options)), keys=None)
    assert raised.value.code == "keys.missing"
    assert not bench.warehouse.root.exists()


def test_a_partition_that_is_no_day_is_refused(bench, contract, column, texts):
    with pytest.raises(ContractError):
        bench.publish(texts("id", "A"), contract(column("id", partitioned=True)))


def test_a_required_value_that_has_no_token_is_missing(bench, contract, column, texts):
    made = contract(column("mobile", required=True, tokenise="mobile"), column("n"))
    frame = pl.DataFrame({"mobile": [" - ", "19900000017"], "n": ["1", "2"]})
    answer = bench.publish(frame, made)
    assert (answer.total("published"), answer.receipts[0].broken) == (1, {"mobile.required": 1})


def test_a_frame_with_no_column_of_the_contract_is_counted_row_by_row(bench, contract, column):
    made = bench.publish(pl.DataFrame({"other": ["x", "y"]}), contract(column("id"), column("n", "integer")))
    assert (made.total("published"), bench.rows().rows()) == (2, [(None, None), (None, None)])


def test_a_frame_without_columns_holds_or_publishes_nothing(bench, contract, column):
    assert bench.publish(pl.DataFrame(), contract(column("id")), rereadable=True).total("published") == 0


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1], [2]]),
        pl.Series([{"x": 1}, {"x": 2}]),
        pl.Series([b"\xff", b"a"]),
        pl.Series([True, False]).cast(pl.Boolean),
        pl.Series([1.5, float("nan")]),
    ],
    ids=["list", "struct", "binary", "boolean", "float"],
)
def test_values_of_any_type_that_are_no_text_go_to_quarantine_as_text(bench, contract, column, values):
    made = bench.publish(pl.DataFrame({"id": values}), contract(column("id")), rereadable=True)
    assert made.total("quarantined") == 2
    assert all(isinstance(row["id"], str) for row, _ in rejected(bench))


def test_the_answer_is_strict_json(bench, daily, texts):
    made = bench.publish(texts("id day cents", "A 2026-03-01 1", "B - x"), daily)
    answer = json.loads(json.dumps(made.reading(), allow_nan=False))
    assert (answer["incoming"], answer["published"], answer["quarantined"]) == (2, 1, 1)


def test_every_error_of_the_gate_says_what_to_do_next(bench, contract, column, texts):
    with pytest.raises(HansaError) as raised:
        bench.publish(texts("id", "A"), contract(column("id", tokenise="mobile")), keys=None)
    assert raised.value.next_step


@pytest.mark.parametrize("mode", ["merge", "add"])
def test_rows_to_add_to_a_product_without_days_that_are_all_refused_are_held(bench, contract, column, texts, mode):
    made = contract(column("id", required=True, key_position=1), column("cents", "integer", minimum=0))
    bench.publish(texts("id cents", "A 1"), made)
    answer = bench.publish(texts("id cents", "B -1"), made, mode=mode)
    assert [(r.state, r.reasons) for r in answer.receipts] == [
        ("held", ("all 1 rows quarantined, none is left to publish: cents.minimum 1",))
    ]
    assert bench.rows()["id"].to_list() == ["A"]


def test_a_dry_run_binds_no_keys_and_still_refuses_other_ones(bench, contract, column, texts, tmp_path):
    from hansa.errors import WorldError
    from hansa.secrets import load_keys

    made = contract(column("id", classification="C2"))
    bench.publish(texts("id", "A"), made, dry_run=True)
    assert bench.warehouse.bound_keys() is None
    bench.publish(texts("id", "A"), made)
    with pytest.raises(WorldError) as raised:
        bench.publish(texts("id", "A"), made, keys=load_keys(tmp_path / "other"), dry_run=True)
    assert raised.value.code == "keys.other"
