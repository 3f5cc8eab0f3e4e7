"""The alerts of a day from scores to rows: within capacity, with reasons, lists and snoozes, and the day's counts."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl
import pytest
from hansa.errors import DataError
from hansa.run import Before, Run
from hansa_risk import model, plugin, watch
from hansa_risk.alerts import Books, fraud_alerts
from hansa_risk.costs import Desk

DAY = dt.date(2026, 2, 21)
INSTANT = pl.Datetime("us", "UTC")
ENTRY = {
    "entry_id": pl.String,
    "kind": pl.String,
    "token": pl.String,
    "merchant_id": pl.String,
    "list": pl.String,
    "reason": pl.String,
    "source": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "known_at": INSTANT,
}
SNOOZE = {
    "snooze_id": pl.String,
    "kind": pl.String,
    "token": pl.String,
    "until": pl.Date,
    "by_token": pl.String,
    "why": pl.String,
    "made_at": INSTANT,
    "lifted_at": INSTANT,
}


@pytest.fixture(scope="module")
def desk(bank, features):
    """Alerts and counts of one day on the synthetic bank, with what the desk was told."""
    held: dict[str, bytes] = {}
    small = {"trees": 25, "training_days": 40, "history_days": 40, "least_frauds": 10, "capacity": 5}
    defaults = {name: setting.default for name, setting in plugin.SETTINGS.items()}

    class Store:
        def put(self, content: bytes) -> str:
            digest = hashlib.sha256(content).hexdigest()
            held[digest] = content
            return digest

        def get(self, digest: str) -> bytes:
            return held[digest]

    def run_of(day: dt.date, before=lambda day: None, **settings) -> Run:
        told = defaults | small | settings
        return Run("r", "Asia/Shanghai", day, day, settings=told, artefacts=Store(), before=before)

    before = features.filter(pl.col("business_date") < DAY).lazy()
    models = plugin.fraud_models.function(before, bank.labels.lazy(), run_of(DAY)).collect()
    day = features.filter(pl.col("business_date") == DAY)
    scores = plugin.fraud_scores.function(day.lazy(), models.lazy(), run_of(DAY)).collect()
    accounts = bank.transactions.select("account_token").unique()
    accounts = accounts.with_columns(customer_token="C" + pl.col("account_token"))

    class Told:
        def __init__(self) -> None:
            self.scored, self.rows, self.models = scores, day, models

        def alerts(self, entries=(), snoozes=(), shuffled=False, scored=None, rows=None, models=models, **settings):
            order = {"fraction": 1, "shuffle": True, "seed": 5}
            given = [scores if scored is None else scored, day if rows is None else rows]
            given = [frame.sample(**order) if shuffled else frame for frame in given]
            frames = (*(frame.lazy() for frame in given), models.lazy(), run_of(DAY, **settings))
            return plugin.fraud_alerts.function(*frames, **self.books(entries, snoozes)).collect()

        def counts(self, entries=(), snoozes=(), **settings):
            books = self.books(entries, snoozes)
            made = plugin.fraud_desk.function(scores.lazy(), day.lazy(), run_of(DAY, **settings), **books)
            return made.collect().row(0, named=True)

        def kpis(self, entries=(), snoozes=()):
            """The KPIs of the day by name, with the lists and snoozes bound beside the alerts of a day without them."""
            books = self.books(entries, snoozes) | {"transactions": bank.transactions.lazy()}
            frames = (scores.lazy(), self.alerts().lazy(), day.lazy(), pl.LazyFrame(schema=watch.SCHEMA))
            given = {"fraud_labels": bank.labels.lazy(), "run": run_of(DAY, label_wait=0), **books}
            made = plugin.fraud_kpis.function(*frames, **given).collect()
            return {row["kpi"].removeprefix("risk.fraud."): row for row in made.to_dicts()}

        def accounts(self) -> list[str]:
            return bank.transactions["account_token"].unique().sort().to_list()

        def books(self, entries, snoozes):
            if not entries and not snoozes:
                return {}
            return {
                "watchlist": pl.LazyFrame(list(entries), schema=ENTRY) if entries else None,
                "fraud_snoozes": pl.LazyFrame(list(snoozes), schema=SNOOZE) if snoozes else None,
                "transactions": bank.transactions.lazy(),
                "accounts": accounts.lazy(),
            }

        def account_of(self, txn: str) -> str:
            return bank.transactions.filter(pl.col("txn_id") == txn)["account_token"].item()

        def last(self) -> str:
            """The transaction with the lowest score of the day whose account has no better one."""
            joined = scores.join(bank.transactions.select("txn_id", "account_token"), on="txn_id")
            best = joined.group_by("account_token").agg(pl.all().sort_by("score").last()).sort("score", "txn_id")
            return best["txn_id"][0]

    return Told()


def entry(token: str, list: str = "black", **said) -> dict:
    ordinary = {"entry_id": "W1", "kind": "account", "source": "police", "reason": "named in a case"}
    return {**ordinary, "token": token, "list": list, "valid_from": dt.date(2026, 1, 1), **said}


def snooze(token: str, **said) -> dict:
    made = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    ordinary = {"snooze_id": "S1", "kind": "customer", "until": DAY + dt.timedelta(days=3), "by_token": "r", "why": "x"}
    return {**ordinary, "token": token, "made_at": made, **said}


def test_alerts_are_within_capacity_and_each_has_a_reason_in_both_languages(desk):
    alerts = desk.alerts()
    assert alerts["rank"].to_list() == [1, 2, 3, 4, 5]
    texts = ("reason_1_code", "reason_1_en", "reason_1_zh", "reasons_against_en", "reasons_against_zh")
    assert alerts.select(pl.col(texts).null_count().name.keep()).row(0) == (0,) * len(texts)


def test_rows_in_another_order_give_the_same_alerts_and_reasons(desk):
    assert desk.alerts(shuffled=True).equals(desk.alerts())


def test_ten_equal_transactions_and_three_places_give_the_same_three_alerts_again_and_in_another_order(desk):
    """Equal in every feature and amount, with the highest score of the day."""
    first = desk.alerts(capacity=1)["txn_id"].item()
    twins = pl.DataFrame({"twin": [f"P{n:02d}" for n in range(1, 11)]})

    def with_twins(frame):
        one = frame.filter(pl.col("txn_id") == first).join(twins, how="cross")
        return pl.concat([frame, one.with_columns(txn_id="twin").drop("twin")])

    given = {"scored": with_twins(desk.scored), "rows": with_twins(desk.rows), "capacity": 3}
    made = desk.alerts(**given)
    assert made["txn_id"].to_list() == ["P01", "P02", "P03"]
    assert desk.alerts(shuffled=True, **given).equals(made)


def test_an_institution_without_lists_snoozes_and_costs_has_none_of_them_in_its_alerts(desk):
    empty = ("list", "list_source", "list_reason", "list_entry_id", "list_subject", "snoozed_until", "saving")
    assert desk.alerts().select(empty).null_count().row(0) == (5,) * len(empty)


def test_a_hit_on_the_black_list_is_the_first_alert_with_source_reason_and_its_own_text(desk):
    txn = desk.last()
    first = desk.alerts([entry(desk.account_of(txn))], capacity=200).row(0, named=True)
    assert (first["list"], first["list_source"], first["list_reason"]) == ("black", "police", "named in a case")
    assert (first["list_entry_id"], first["list_subject"], first["reason_1_code"]) == ("W1", "account", "list.black")


def test_no_text_of_a_reason_holds_what_the_entry_says_of_a_person(desk):
    alerts = desk.alerts([entry(desk.account_of(desk.last()))])
    texts = alerts.select(pl.selectors.starts_with("reason")).rows()
    assert not any("named in a case" in (text or "") for row in texts for text in row)


def test_an_expired_entry_changes_nothing(desk):
    over = entry(desk.account_of(desk.last()), valid_to=DAY)
    assert desk.alerts([over]).equals(desk.alerts())


def test_a_snoozed_customer_is_not_queued_and_is_counted(desk):
    first = desk.alerts().row(0, named=True)["txn_id"]
    rest = snooze("C" + desk.account_of(first))
    assert first not in desk.alerts(snoozes=[rest])["txn_id"].to_list()
    counts = desk.counts(snoozes=[rest])
    assert (counts["queued"], counts["snoozed"] > 0, counts["snoozes_overridden"]) == (5, True, 0)


def test_the_black_list_overrides_a_snooze_and_the_alert_says_so(desk):
    account = desk.account_of(desk.alerts().row(0, named=True)["txn_id"])
    rest = snooze("C" + account)
    first = desk.alerts([entry(account)], [rest]).row(0, named=True)
    assert (first["list"], first["snoozed_until"]) == ("black", rest["until"])
    assert desk.counts([entry(account)], [rest])["snoozes_overridden"] > 0


def test_the_counts_of_a_day_add_up(desk):
    entries = [entry(desk.account_of(desk.last())), entry("a7", "white", entry_id="W2")]
    counts = desk.counts(entries, capacity=9)
    assert counts["queued"] == 9 == counts["capacity"]
    assert counts["wanted"] == counts["transactions"] == len(desk.scored)
    assert counts["queued_black"] > 0


def test_by_costs_each_alert_is_worth_its_review_and_says_how_much(desk):
    alerts = desk.alerts(threshold="costs", review_cost=3.0, capacity=100)
    assert 0 < len(alerts) < 100
    assert alerts["saving"].min() > 0
    assert alerts["saving"].is_sorted(descending=True)


def test_on_a_day_on_which_nothing_is_worth_a_review_there_is_no_alert_and_the_counts_say_so(desk):
    assert desk.alerts(threshold="costs", review_cost=1e9).is_empty()
    assert desk.counts(threshold="costs", review_cost=1e9)["queued"] == 0


def test_the_rules_alert_nobody_whom_the_white_list_or_a_snooze_keeps_out(desk):
    whites = [entry(account, "white", entry_id=account) for account in desk.accounts()]
    rests = [snooze("C" + account, snooze_id=account) for account in desk.accounts()]
    assert desk.kpis()["precision"]["baseline"] is not None
    assert desk.kpis(whites)["precision"]["baseline"] is None
    assert desk.kpis(snoozes=rests)["precision"]["baseline"] is None
    assert desk.kpis(whites)["precision"]["value"] == desk.kpis()["precision"]["value"]


def test_the_black_list_overrides_a_snooze_for_the_rules_too(desk):
    rests = [snooze("C" + account, snooze_id=account) for account in desk.accounts()]
    blacks = [entry(account, entry_id=account) for account in desk.accounts()]
    assert desk.kpis(blacks, rests)["precision"]["baseline"] == desk.kpis()["precision"]["baseline"]


def test_a_late_transaction_takes_its_place_in_the_queue_of_its_day_beside_the_others(desk):
    """It comes with the whole day, and whoever had a place by the rule keeps it as far as there are places."""
    before = desk.alerts()
    on_time = desk.scored.filter(pl.col("txn_id") != before["txn_id"][2])
    short = desk.alerts(scored=on_time)["txn_id"].to_list()
    assert before["txn_id"].to_list() == [*short[:2], before["txn_id"][2], *short[2:4]]


def test_alerts_with_a_gap_or_a_new_word_in_a_text_of_the_institution_have_reasons_all_the_same(bank, features):
    """A text that was never missing while the model learned; on the day one is, and two are words nobody has seen."""
    words = pl.col("channel").replace_strict({"card_online": "app", "transfer": "web"}, default="branch")
    known = features.filter(pl.col("business_date") < DAY).with_columns(customers_way=words)
    recipe = model.Recipe(7, 0.5, 20, 4, 0.1, 5, seed=1, threads=1, texts=("customers_way",))
    learned = model.train(known.lazy(), bank.labels.lazy(), dt.datetime(2026, 2, 20, 16, tzinfo=dt.UTC), recipe)
    odd = pl.Series("customers_way", ["app", None, "atm", "None", ""])
    day = features.filter(pl.col("business_date") == DAY).sort("txn_id").head(5).with_columns(odd)
    scores = day.select("txn_id", "business_date", "payer_token", score=pl.lit(0.5), model_version=pl.lit("v"))
    row = {"business_date": DAY, "model_version": "v", "artefact": "x", "features": ",".join(recipe.names)}
    frames = (scores.lazy(), day.lazy(), pl.LazyFrame([row]))
    alerts = fraud_alerts(*frames, [DAY], {"x": learned.artefact}.__getitem__, Desk(9), Books(), 1).collect()
    assert len(alerts) == 5
    assert alerts["reason_1_zh"].null_count() == 0


def test_a_day_is_explained_by_the_model_that_scored_it_though_a_newer_one_was_trained_since(desk):
    name = desk.models["model_version"].item()
    newer = desk.models.with_columns(model_version=pl.lit("newer"), artefact=pl.lit("0" * 64))
    alerts = desk.alerts(models=pl.concat([desk.models, newer]))
    assert alerts["model_version"].unique().to_list() == [name]
    assert alerts.equals(desk.alerts())


def replaced_by_a_newer(models):
    """The models after a training that left no row of the one that scored the day."""
    return models.with_columns(model_version=pl.lit("newer"), artefact=pl.lit("0" * 64))


def test_a_day_whose_model_has_no_row_any_more_is_refused_and_not_explained_by_another(desk):
    name = desk.models["model_version"].item()
    with pytest.raises(DataError, match=f"{DAY} was scored by model {name}, of which no row") as refused:
        desk.alerts(models=replaced_by_a_newer(desk.models))
    assert refused.value.code == "model.gone"


def test_a_day_that_had_alerts_before_is_explained_by_the_row_that_its_receipt_names(desk):
    before = Before(desk.alerts().lazy(), {"risk.fraud_models": desk.models.lazy()}.get)
    again = desk.alerts(models=replaced_by_a_newer(desk.models), before={DAY: before}.get)
    assert again.equals(desk.alerts())


def test_where_everything_is_queued_no_alert_is_said_to_be_measured_against_normal_ones(desk):
    texts = desk.alerts(capacity=10**6).select("reasons_against_en", "reasons_against_zh").unique().rows()
    assert not any("normal" in en or "\u6b63\u5e38" in zh for en, zh in texts)


def test_columns_and_types_are_the_contract_s_with_and_without_alerts(desk, promised):
    assert dict(desk.alerts().schema) == promised("fraud_alerts")
    assert dict(desk.alerts(capacity=0).schema) == promised("fraud_alerts")
