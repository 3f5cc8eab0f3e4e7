import polars as pl
from hansa_sandbox.logins import BIOMETRIC, PASSWORD
from hansa_sandbox.rhythm import DAY, DAYS


def test_every_day_has_log_ins_in_order_of_time(books):
    assert books.logins["at"].is_sorted()
    assert (books.logins["at"] // DAY).n_unique() == DAYS


def test_nobody_logs_in_before_joining_or_after_leaving(city):
    folk, tried = city.town.people, city.logins
    assert folk.there(tried["customer"].to_numpy(), (tried["at"] // DAY).to_numpy()).all()


def test_the_digital_log_in_more_often(city):
    count = city.logins.group_by("customer").len().sort("customer")
    digital = city.town.people.trait("digital_affinity")[count["customer"].to_numpy()]
    high, low = (count.filter(pl.Series(chosen))["len"].mean() for chosen in (digital > 0.6, digital < 0.3))
    assert high > 1.5 * low


def test_honest_people_fail_now_and_then_and_passwords_more_often_than_fingers(city):
    honest = city.logins.filter(pl.col("taker") == 0)
    failed = honest.group_by("method").agg(share=(pl.col("success") == 0).mean())
    by = dict(failed.iter_rows())
    assert 0.01 < (honest["success"] == 0).mean() < 0.15
    assert by[PASSWORD] > 2 * by[BIOMETRIC]


def test_neither_failures_nor_a_new_device_give_a_taker_away(city):
    tried, devices = city.logins, city.town.devices
    first = tried.with_columns(new=pl.col("at") == pl.col("at").min().over("customer", "device"))
    failed = first.filter(pl.col("success") == 0)
    unknown = first.filter("new")
    assert 0 < (failed["taker"] == 1).mean() < 0.2
    assert 0 < (unknown["taker"] == 1).mean() < 0.2
    assert (tried.filter(pl.col("taker") == 1)["device"] < devices.count).any()


def test_most_new_phones_are_seen_on_their_first_day(city):
    devices = city.town.devices
    renewed = [n for n in range(city.town.people.size) if devices.changed[n] < DAYS]
    first = city.logins.group_by("device").agg(day=pl.col("at").min() // DAY)
    days = dict(first.iter_rows())
    on_the_day = [days.get(int(devices.newer[n])) == int(devices.changed[n]) for n in renewed]
    assert sum(on_the_day) > 0.8 * len(renewed)


def test_log_ins_come_from_the_devices_of_payments(large):
    paid = set(large.sources["transactions"]["DEVICE_NO"].drop_nulls())
    seen = large.sources["logins"]["DEVICE_NO"]
    assert seen.is_in(list(paid)).mean() > 0.8
