"""Reasons: against normal transactions, in two languages, at least one for each alert."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hansa_risk import reasons
from hansa_risk.feature_list import CHANNELS, MODEL_FEATURES
from hansa_risk.reasons import ANY, QUEUED, Normal, Reason, against, chosen, normal_keys, normal_of, sum_by_reason, told
from hansa_risk.rules import RULES

EVERY = [
    *told().features,
    *told().rules,
    *told().lists,
    told().together,
    *told().channels.values(),
]


def test_each_feature_of_the_model_has_exactly_one_reason():
    named = [feature for reason in told().features for feature in reason.features]
    assert sorted(named) == sorted(MODEL_FEATURES)


def test_each_rule_has_a_text_about_a_reason_of_the_model():
    assert [reason.code for reason in told().rules] == [f"rule.{rule.name}" for rule in RULES]
    assert {reason.about for reason in told().rules} <= {reason.code for reason in told().features}


def test_each_channel_has_a_text():
    assert set(told().channels) == set(CHANNELS)


@pytest.mark.parametrize("reason", EVERY, ids=lambda reason: reason.code)
def test_each_text_is_there_in_both_languages(reason):
    assert reason.en.isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.zh)


def test_no_code_or_text_stands_twice():
    for part in ("code", "en", "zh"):
        texts = [getattr(reason, part) for reason in EVERY]
        assert len(texts) == len(set(texts))


def test_a_reason_weighs_the_sum_of_its_features():
    known = [Reason("r", "", "", ("x", "z")), Reason("s", "", "", ("y", "absent"))]
    assert sum_by_reason([[1.0, 2.0, 4.0]], ("x", "y", "z"), known) == [[5.0, 2.0]]


# Who is normal


def day(size: int, channel: str = "transfer", first: int = 0, queued: bool = False) -> pl.DataFrame:
    numbers = range(first, first + size)
    return pl.DataFrame(
        {
            "txn_id": [f"t{n:05d}" for n in numbers],
            "channel": [channel] * size,
            "score": [((n * 7919) % 1000) / 1000 for n in numbers],
            "queued": [queued] * size,
        }
    )


def test_normal_are_those_of_the_same_channel_whose_score_is_not_above_the_median():
    rows = pl.concat([day(40), day(60, "cash", 40)])
    keys = normal_keys(rows).filter(pl.col("against") == "cash")
    cash = rows.filter(pl.col("channel") == "cash")
    assert set(keys["txn_id"]) == set(cash.filter(pl.col("score") <= pl.col("score").median())["txn_id"])


def test_a_channel_with_too_few_is_measured_against_the_normal_ones_of_all_channels():
    keys = normal_keys(pl.concat([day(100), day(3, "cash", 100)]))
    assert set(keys["against"]) == {ANY, "transfer"}
    assert Normal({ANY: np.zeros(1), "transfer": np.zeros(1)}, {}).of("cash") == ANY


def test_the_normal_ones_are_so_many_however_large_the_day_and_spread_over_it():
    keys = normal_keys(day(5000)).filter(pl.col("against") == "transfer")
    assert len(keys) == reasons.NORMAL_ROWS
    assert keys["txn_id"].n_unique() == reasons.NORMAL_ROWS
    assert (keys["txn_id"] < "t02500").sum() == pytest.approx(reasons.NORMAL_ROWS / 2, abs=10)


def test_the_order_of_rows_changes_nothing_of_who_is_normal():
    rows = pl.concat([day(300), day(300, "cash", 300)])
    shuffled = normal_keys(rows.sample(fraction=1, shuffle=True, seed=3))
    assert shuffled.sort("against", "txn_id").equals(normal_keys(rows).sort("against", "txn_id"))


def test_no_alert_is_a_normal_one_not_even_where_it_is_alone_in_its_channel():
    rows = pl.concat([day(100), day(1, "cash", 100, queued=True)])
    assert "t00100" not in normal_keys(rows)["txn_id"].to_list()


def test_where_the_desk_reviews_most_of_a_channel_its_lower_alerts_are_no_normal_ones():
    rows = pl.concat([day(100), day(90, "cash", 100, queued=True), day(10, "cash", 190)])
    keys = normal_keys(rows)
    assert set(keys["against"]) == {ANY, "transfer"}
    assert set(keys["txn_id"]).isdisjoint(rows.filter("queued")["txn_id"])


def test_where_everything_is_queued_those_with_the_lower_scores_are_the_measure_and_not_called_normal():
    keys = normal_keys(day(40, queued=True))
    assert (set(keys["against"]), len(keys)) == ({QUEUED}, 20)
    normal = Normal({QUEUED: np.zeros(1)}, {QUEUED: 20})
    assert against("transfer", normal) == (
        "the 20 transactions of the day with the lower scores, queued as well",
        "当日评分较低的 20 笔交易（同样已列入复核）",
    )


def test_a_day_without_transactions_has_no_normal_ones():
    assert normal_keys(day(1).clear()).is_empty()


# What speaks


NAMES = ("amount", "amount_to_mean_30d", "new_device", "hour", "customers_segment")


def choose(
    values: dict[str, float], mean: dict[str, float] | None = None, list_: str | None = None, broken: str = ""
) -> list[str]:
    """Codes of the reasons of a row whose contributions, and whose normal ones' mean, are given by feature."""
    row = pl.DataFrame(
        {"channel": ["cash"], "list": [list_], "rules_broken": [broken or None]},
        schema=dict.fromkeys(("channel", "list", "rules_broken"), pl.String),
    )
    own, usual = (np.array([given.get(name, 0.0) for name in NAMES]) for given in (values, mean or {}))
    (found,) = chosen(row, own[np.newaxis], NAMES, Normal({"cash": usual}, {"cash": 30}))
    return [reason.code for reason in found]


def test_what_raises_the_score_above_that_of_normal_ones_is_told_the_weightiest_first():
    assert choose({"amount": 0.5, "new_device": 2.0, "hour": -1.0}) == ["device.new", "amount.high"]


def test_what_only_seems_to_speak_for_it_against_the_average_of_all_is_not_told():
    """A night is told apart from the average payment, not from the payments that are normal in this channel."""
    assert choose({"hour": 0.4, "amount": 0.3}, mean={"hour": 0.4}) == ["amount.high"]


def test_what_speaks_against_it_by_the_average_can_speak_for_it_against_the_normal_ones():
    assert choose({"amount": -0.3}, mean={"amount": -2.0}) == ["amount.high"]


def test_a_broken_rule_says_it_in_its_own_words():
    assert choose({"amount_to_mean_30d": 1.0}, broken="times_own_mean") == ["rule.times_own_mean"]


def test_a_broken_rule_of_which_the_model_says_nothing_stands_behind():
    assert choose({"amount": 1.0}, broken="new_country") == ["amount.high", "rule.new_country"]


def test_a_hit_on_a_list_comes_first():
    assert choose({"amount": 1.0}, list_="black") == ["list.black", "amount.high"]


def test_no_more_than_three_are_told():
    values = {"amount": 4.0, "amount_to_mean_30d": 3.0, "new_device": 2.0, "hour": 1.0}
    told_ = choose(values, list_="grey", broken="new_country")
    assert told_ == ["list.grey", "amount.high", "amount.against_habit"]


def test_where_nothing_speaks_alone_all_together_is_told():
    assert choose({"amount": -1.0}) == ["score.together"]


def test_the_text_says_against_whom_in_both_languages():
    normal = Normal({"cash": np.zeros(1), ANY: np.zeros(1)}, {"cash": 30, ANY: 99})
    assert against("cash", normal) == ("30 normal transactions of the day, in cash", "当日 30 笔现金正常交易")
    assert against("transfer", normal) == ("99 normal transactions of the day", "当日 99 笔正常交易")


def test_a_feature_of_the_institution_s_own_has_a_reason_that_names_it():
    assert choose({"customers_segment": 1.0}) == ["own.customers_segment"]


# A lender's case, with its numbers


def test_against_the_approved_the_refused_applicant_has_the_reason_that_holds_and_no_other():
    """One in ten defaults and only three in a hundred are approved, so that whoever is refused is better than average.

    Against all, neither use of credit nor income speaks against them; against the approved, use of credit does.
    """
    random = np.random.default_rng(7)
    size = 6000
    use, income = random.choice([10, 40, 80], size, p=[0.2, 0.2, 0.6]), random.choice([1, 2, 3], size)
    chance = np.array(
        [{10: 0.01, 40: 0.06, 80: 0.25}[u] * {1: 1.4, 2: 1.0, 3: 0.8}[i] for u, i in zip(use, income, strict=True)]
    )
    from catboost import CatBoostClassifier, Pool

    defaulted = (random.random(size) < chance).astype(int)
    learner = CatBoostClassifier(iterations=200, depth=4, random_seed=1, verbose=0, allow_writing_files=False)
    learner.fit(Pool(np.column_stack([use, income]).astype(np.float32), defaulted))

    def shap(rows: np.ndarray) -> np.ndarray:
        return learner.get_feature_importance(Pool(rows.astype(np.float32)), type="ShapValues")[:, :-1]

    everybody = np.column_stack([use, income])
    approved = everybody[learner.predict_proba(everybody.astype(np.float32))[:, 1] <= 0.03]
    applicant = shap(np.array([[40, 3]]))[0]
    names, known = ("use", "income"), [Reason("use", "", "", ("use",)), Reason("income", "", "", ("income",))]
    against_all = sum_by_reason([applicant.tolist()], names, known)[0]
    against_approved = sum_by_reason([(applicant - shap(approved).mean(axis=0)).tolist()], names, known)[0]
    assert max(against_all) < 0
    assert against_approved[0] > 1
    assert against_approved[1] < 0


def test_the_mean_of_the_normal_ones_is_that_of_their_own_contributions():
    values = np.array([[1.0], [2.0], [4.0]])
    keys = pl.DataFrame({"txn_id": ["a", "b", "c"], "against": ["cash", "cash", ANY]})
    normal = normal_of(keys, pl.Series(["a", "b", "c"]), values)
    assert {name: mean.tolist() for name, mean in normal.means.items()} == {"cash": [1.5], ANY: [4.0]}
    assert normal.counts == {"cash": 2, ANY: 1}
