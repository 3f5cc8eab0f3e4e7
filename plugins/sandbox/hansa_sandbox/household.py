"""Money that moves without a card: salaries, rent and mortgages, bills, friends, cash, the credit card's bill."""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox.accounts import NONE, networks
from hansa_sandbox.chance import Floats, Integers, cents, stream
from hansa_sandbox.movements import CASH, DIRECT_DEBIT, TRANSFER, column, movements, own_account
from hansa_sandbox.purchases import Town
from hansa_sandbox.rhythm import DAY, EVE, FESTIVAL, draw_days, draw_seconds, month_days

PAY_DAYS = (5, 8, 10, 15, 25, 28)

#: Ranges of counterparty numbers: from each on stand accounts of one kind, all at other banks.
EMPLOYERS, LANDLORDS, UTILITIES, FRIENDS = 0, 1_000_000, 2_000_000, 3_000_000
ELSEWHERE, STRANGERS, SELLERS = 5_000_000, 6_000_000, 7_000_000


def household_movements(town: Town, seed: int) -> pl.DataFrame:
    """All of the household's movements on accounts."""
    return pl.concat([part(town, seed) for part in (_salaries, _dwellings, _bills, _friends, _cash, _savings)])


def _monthly(
    rng: np.random.Generator, customer: Integers, monthday: Integers, hours: str
) -> tuple[Integers, Integers, Integers]:
    """Positions in ``customer``, months and seconds of a movement in each month on each one's own day of the month."""
    position, month, at = [], [], []
    for chosen in np.unique(monthday):
        mine = np.flatnonzero(monthday == chosen)
        for number, day in enumerate(month_days(int(chosen))):
            position.append(mine)
            month.append(np.full(len(mine), number))
            at.append(day * DAY + draw_seconds(rng, hours, len(mine)))
    return np.concatenate(position), np.concatenate(month), np.concatenate(at)


def _salaries(town: Town, seed: int) -> pl.DataFrame:
    """Salaries and pensions on the employer's day; a bonus in February, nothing after the job is lost."""
    rng = stream(seed, "salaries")
    people = town.people
    customer = np.flatnonzero(people.employer >= 0)
    employer = people.employer[customer]
    pension = people.status[customer] == 2
    payday = np.where(pension, 15, np.array(PAY_DAYS)[employer % len(PAY_DAYS)])
    position, month, at = _monthly(rng, customer, payday, "office")
    yuan = people.income[customer][position] * np.exp(rng.normal(0, 0.05, len(position)))
    bonus = (month == 1) & ~pension[position]
    yuan = np.where(bonus, yuan * (1 + rng.gamma(1.5, 0.5, len(position))), yuan)
    paid = (at // DAY < town.life.job_loss[customer[position]]) | pension[position]
    return _on_current(
        town, customer[position], at, yuan, credit=1, counterparty=EMPLOYERS + employer[position]
    ).filter(pl.Series(paid))


def _dwellings(town: Town, seed: int) -> pl.DataFrame:
    """Rent by transfer for four in ten, a mortgage by direct debit for three in ten."""
    rng = stream(seed, "dwellings")
    size = town.people.size
    draw = rng.random(size) + 0.004 * (town.people.age - 40)
    customer = np.flatnonzero(draw < 0.7)
    rents = (draw < 0.4)[customer]
    monthly = 0.26 * town.people.income[customer] * np.exp(rng.normal(0, 0.25, len(customer)))
    position, _, at = _monthly(rng, customer, rng.integers(1, 29, len(customer)), "office")
    yuan = np.ceil(monthly[position] / 50) * 50
    channel = np.where(rents, TRANSFER, DIRECT_DEBIT)[position]
    landlord = LANDLORDS + np.where(rents, customer, customer % 7)[position]
    return _on_current(town, customer[position], at, yuan, channel=channel, counterparty=landlord)


def _bills(town: Town, seed: int) -> pl.DataFrame:
    """Power and telephone: some by direct debit, the others by transfer, on each one's own day."""
    rng = stream(seed, "bills")
    parts = []
    for number, (share, median) in enumerate(((0.75, 190.0), (0.85, 78.0))):
        customer = np.flatnonzero(rng.random(town.people.size) < share)
        position, month, at = _monthly(rng, customer, rng.integers(3, 29, len(customer)), "office")
        season = np.where((month < 2) & (number == 0), 1.35, 1.0)
        yuan = (
            median * season * np.exp(rng.normal(0, 0.3, len(customer))[position] + rng.normal(0, 0.12, len(position)))
        )
        debited = rng.random(len(customer)) < 0.35 + 0.4 * town.people.trait("prudence")[customer]
        channel = np.where(debited, DIRECT_DEBIT, TRANSFER)[position]
        payee = UTILITIES + 100 * number + town.people.city[customer[position]]
        parts.append(_on_current(town, customer[position], at, yuan, channel=channel, counterparty=payee))
    return pl.concat(parts)


def _friends(town: Town, seed: int) -> pl.DataFrame:
    """Transfers between persons both ways, many and round ones in the days of the spring festival."""
    rng = stream(seed, "friends")
    parts = []
    for rate, credit in ((4.0, 0), (3.2, 1)):
        customer = np.repeat(np.arange(town.people.size), rng.poisson(rate, town.people.size))
        day = draw_days(rng, "flat", len(customer))
        packet = rng.random(len(customer)) < 0.3
        day = np.where(packet, rng.choice(np.flatnonzero(FESTIVAL | EVE), len(customer)), day)
        at = day * DAY + draw_seconds(rng, "evening", len(customer))
        lucky = np.array([66.0, 88.0, 168.0, 200.0, 666.0, 888.0])[rng.integers(0, 6, len(customer))]
        yuan = np.where(packet, lucky, 350 * np.exp(rng.normal(0, 1.1, len(customer))))
        friend = FRIENDS + customer * 8 + rng.integers(0, 8, len(customer))
        parts.append(_on_current(town, customer, at, yuan, credit=credit, counterparty=friend))
    return pl.concat(parts)


def _cash(town: Town, seed: int) -> pl.DataFrame:
    """Cash from machines in round amounts, more of it the less digital a customer is; some pay in."""
    rng = stream(seed, "cash")
    rate = 5.5 * (1.2 - town.people.trait("digital_affinity"))
    customer = np.repeat(np.arange(town.people.size), rng.poisson(rate))
    at = draw_days(rng, "work", len(customer)) * DAY + draw_seconds(rng, "shop", len(customer))
    yuan = np.array([200.0, 500.0, 1_000.0, 2_000.0])[rng.integers(0, 4, len(customer))]
    deposits = (rng.random(len(customer)) < 0.12).astype(np.int64)
    return _on_current(town, customer, at, yuan, channel=CASH, credit=deposits)


def _savings(town: Town, seed: int) -> pl.DataFrame:
    """What a prudent customer puts aside each month, and takes back now and then."""
    rng = stream(seed, "savings")
    people, holdings = town.people, town.holdings
    customer = np.flatnonzero(holdings.savings != NONE)
    position, _, at = _monthly(rng, customer, rng.integers(1, 29, len(customer)), "evening")
    saver, draw = customer[position], rng.random(len(position))
    share = 0.03 + 0.25 * people.trait("prudence")[saver] * np.exp(rng.normal(0, 0.3, len(position)))
    yuan = np.maximum(100.0, np.round(share * people.income[saver] / 100) * 100)
    back = (draw > 0.94 - 0.1 * (1 - people.trait("prudence")[saver])).astype(np.int64)
    account = holdings.savings[saver]
    done = holdings.open_on(account, at // DAY) & (draw > 0.15)
    saver, account, back = saver[done], account[done], back[done]
    common = {"customer": saver, "at": at[done], "cents": cents(yuan[done]), "channel": TRANSFER}
    current = holdings.current[saver]
    out = movements(account=current, counterparty=own_account(account), credit=back, **common)
    return pl.concat([out, movements(account=account, counterparty=own_account(current), credit=1 - back, **common)])


def ordered_by_app(town: Town, where: Integers, moves: pl.DataFrame, seed: int) -> pl.DataFrame:
    """``moves`` with a device and a network for the transfers that a customer orders at a telephone or computer."""
    rng = stream(seed, "orders by app")
    customer, day = column(moves, "customer"), column(moves, "at") // DAY
    able = (column(moves, "channel") == TRANSFER) & (column(moves, "credit") == 0) & (column(moves, "device") == NONE)
    inclined = 0.45 + 0.55 * town.people.trait("digital_affinity")[customer]
    ordered = able & (rng.random(len(moves)) < inclined)
    who, when = customer[ordered], day[ordered]
    device, network = column(moves, "device").copy(), column(moves, "network").copy()
    device[ordered] = town.devices.of(rng, who, when)
    network[ordered] = networks(rng, town.network(who, when), where[who, when])
    return moves.with_columns(device=pl.Series(device), network=pl.Series(network))


def _on_current(
    town: Town,
    customer: Integers,
    at: Integers,
    yuan: Floats,
    *,
    credit: Integers | int = 0,
    channel: Integers | int = TRANSFER,
    counterparty: Integers | int = NONE,
) -> pl.DataFrame:
    """Movements on the current accounts of these customers."""
    return movements(
        customer=customer,
        account=town.holdings.current[customer],
        counterparty=counterparty,
        at=at,
        cents=cents(yuan),
        credit=credit,
        channel=channel,
    )


def card_bills(town: Town, spent: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The credit card's bill of each month, paid on a day of the next from the current account to the card's."""
    rng = stream(seed, "card bills")
    account, month = column(spent, "account"), column(spent, "at") // (30 * DAY)
    owed = np.zeros((len(town.holdings.customer), 6), dtype=np.int64)
    by_credit = town.holdings.kind[account] == 2
    np.add.at(owed, (account[by_credit], month[by_credit]), column(spent, "cents")[by_credit])
    billed, number = np.nonzero(owed[:, :5])
    customer = town.holdings.customer[billed]
    monthday = 3 + customer * 7 % 20
    at = ((number + 1) * 30 + monthday) * DAY + draw_seconds(rng, "office", len(billed))
    full = rng.random(len(billed)) < 0.75 + 0.2 * town.people.trait("prudence")[customer]
    amount = np.maximum(100, np.where(full, owed[billed, number], owed[billed, number] // 10))
    common = {"customer": customer, "at": at, "cents": amount, "channel": TRANSFER}
    current = town.holdings.current[customer]
    out = movements(account=current, counterparty=own_account(billed), **common)
    return pl.concat([out, movements(account=billed, counterparty=own_account(current), credit=1, **common)])
