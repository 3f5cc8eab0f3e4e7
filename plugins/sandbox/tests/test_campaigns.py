import numpy as np
import polars as pl
import pytest
from hansa_sandbox.campaigns import ARMS, CAMPAIGNS, CONVERT, SENT, uplift
from hansa_sandbox.rhythm import DAY, DAYS


def true_roi(city, number):
    """Incremental revenue by the true uplift, less cost, over cost."""
    campaign, who = CAMPAIGNS[number], city.uplift.filter((pl.col("campaign") == number) & ~pl.col("control"))
    return who["uplift"].sum() * campaign.margin / (len(who) * campaign.cost) - 1


def test_two_campaigns_pay_and_one_does_not(city):
    assert [true_roi(city, number) > 1 for number in range(3)] == [True, True, False]


@pytest.mark.parametrize("number", range(3))
def test_contact_moves_some_leaves_others_and_drives_some_away(city, number):
    gain = uplift(city.town.people, CAMPAIGNS[number])[1]
    for share in ((gain > 0.002).mean(), (abs(gain) < 1e-9).mean(), (gain < -0.002).mean()):
        assert share > 0.03


def test_the_control_is_drawn_by_lot(city):
    truth = city.uplift
    prudence = city.town.people.trait("prudence")[truth["customer"].to_numpy()]
    control = truth["control"].to_numpy()
    assert 0.25 < control.mean() < 0.35
    assert abs(prudence[control].mean() - prudence[~control].mean()) < 0.03


def test_nobody_without_consent_is_contacted(city):
    consents = city.persons["marketing"].to_numpy()
    assert consents[city.campaigns["customer"].to_numpy()].all()


def test_nothing_is_sent_to_the_control(city):
    sent = city.campaigns.filter(pl.col("kind") == SENT)
    assert set(sent["arm"]) == {ARMS.index("treatment")}


def test_the_contrast_of_the_arms_is_near_the_true_uplift(city):
    bought = city.campaigns.filter((pl.col("campaign") == 0) & (pl.col("kind") == CONVERT))
    truth = city.uplift.filter(pl.col("campaign") == 0)
    rates = [bought.filter(pl.col("arm") == arm).height / (truth["control"] == bool(arm)).sum() for arm in range(2)]
    expected = truth["uplift"].mean()
    error = 3 * np.sqrt(sum(rate * (1 - rate) / 200 for rate in rates))
    assert abs(rates[0] - rates[1] - expected) < error


def test_the_last_campaign_lasts_to_the_last_day(books):
    assert books.campaigns["at"].max() // DAY == DAYS - 1
