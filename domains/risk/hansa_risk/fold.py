"""The features of a transaction, event by event: the other reading of ``feature_list.py``.

Events are told as they become known, a question is answered from what was told. What stands at the instant of a
question or later counts for nothing, so an event may be told before or after its own question.
"""

from __future__ import annotations

import datetime as dt
from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from hansa_risk import feature_list as listed
from hansa_risk.features import oldest_event
from hansa_risk.movements import MOST_MINOR
from hansa_risk.places import ELAPSED, KM, Whereabouts, distance
from hansa_risk.windows import Timeline, Window, microseconds

Row = Mapping[str, Any]
#: A place's number and its point on the unit sphere.
Place = tuple[int, tuple[float, float, float]]


@dataclass
class Fold:
    """What is known of keys at this moment.

    ``holders`` gives the customer of an account, ``places`` a merchant's place; without them nothing is known of
    either. ``with_logins`` says that the institution has logins: none told is then none, and not unknown.
    """

    zone: str
    history_days: int
    holders: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    with_logins: bool = False
    _lines: dict[tuple[str, Any], Timeline] = field(default_factory=lambda: defaultdict(Timeline))
    _cards: dict[str, Whereabouts] = field(default_factory=lambda: defaultdict(Whereabouts))
    _known: dict[str, Row] = field(default_factory=dict)
    _said: dict[str, list[tuple[dt.datetime, bool]]] = field(default_factory=lambda: defaultdict(list))
    _points: dict[int, tuple[float, float, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._points = dict(self.places.values())

    def transaction(self, row: Row) -> None:
        """Take in a transaction with the columns of ``governance.transactions``, and what was said of it already."""
        made = self._read(row)
        self._known[row["txn_id"]] = made
        told = max(row["booked_at"], row["known_at"])
        if self._in_time(made, told):
            self._add(made, told, {name: value.of_row(made) for name, value in listed.VALUES.items()})
            if made["place"] is not None:
                self._cards[made[listed.CARD]].add(told, made["place"][0])
        self._tell(made, [], self._said[row["txn_id"]])

    def label(self, txn_id: str, known_at: dt.datetime, is_fraud: bool) -> None:
        """Take in a label; one of a transaction that is not known yet waits for it."""
        said = self._said[txn_id]
        before = list(said)
        insort(said, (known_at, is_fraud))
        if txn_id in self._known:
            self._tell(self._known[txn_id], before, said)

    def login(self, row: Row) -> None:
        """Take in an attempt to log in, with the columns of ``governance.logins``."""
        flagged = {"failed": not row["success"]}
        keys = {listed.CUSTOMER: row["customer_token"], listed.DEVICE: row["device_token"]}
        values = {name: value.of_row(flagged) for name, value in listed.LOGIN_VALUES.items()}
        self._add(keys, row["at"], values)

    def features(self, row: Row) -> dict[str, Any]:
        """The columns of ``risk.fraud_features`` for a transaction that asks at its ``booked_at``."""
        made = self._read(row)
        answer = {**made, "payer_token": made[listed.CARD]}
        for window in listed.WINDOWS:
            answer[window.name] = self._total(window, made)
        line = self._line(listed.SINCE.key, made)
        answer[listed.SINCE.name] = None if line is None else line.seconds_since(row["booked_at"], listed.SINCE)
        answer |= self._way(made)
        answer |= {ratio.name: ratio.of_row(answer) for ratio in listed.RATIOS}
        answer |= {flag.name: flag.of_row(answer) for flag in listed.FLAGS}
        return {name: answer[name] for name in listed.COLUMNS}

    def _total(self, window: Window, made: Row) -> int | None:
        """What a window gives; a count of frauds is never below nought, though more may have been taken back."""
        line = self._line(window.key, made)
        if line is None or (window.value in listed.LOGIN_VALUES and not self.with_logins):
            return None
        total = line.total(made["booked_at"], window)
        return max(total, 0) if window.value == listed.FRAUD else total

    def _read(self, row: Row) -> dict[str, Any]:
        """The row with its parts of keys, its minor units, its place, and its local clock."""
        local = row["booked_at"].astimezone(ZoneInfo(self.zone))
        minor = max(min(int(row["amount"] * 100), MOST_MINOR), -MOST_MINOR)
        account = row["account_token"]
        there = self.places.get(row["merchant_id"]) if row["channel"] in listed.PRESENT else None
        return {
            **row,
            listed.CARD: row["card_token"] if row["card_token"] is not None else account,
            listed.ACCOUNT: account,
            listed.CUSTOMER: self.holders.get(account),
            listed.MERCHANT: row["merchant_id"],
            listed.DEVICE: row["device_token"],
            listed.COUNTERPARTY: row["counterparty_token"],
            listed.COUNTRY: row["country"],
            listed.MINOR: minor,
            listed.ASKED: minor,
            "credit": row["direction"] == "credit",
            "debit": row["direction"] == "debit",
            "hour": local.hour,
            "night": local.hour < listed.NIGHT_ENDS,
            "weekend": local.isoweekday() > 5,
            "place": there,
        }

    def _line(self, key: str, made: Row) -> Timeline | None:
        """The timeline of a key as this row has it; None where one of its parts is missing."""
        value = tuple(made.get(part) for part in listed.KEYS[key])
        return None if None in value else self._lines[key, value]

    def _add(self, made: Row, clock: dt.datetime, values: Mapping[str, int]) -> None:
        some = {name: value for name, value in values.items() if value}
        for key in listed.KEYS:
            line = self._line(key, made)
            if line is not None:
                line.add(clock, some)

    def _in_time(self, made: Row, clock: dt.datetime) -> bool:
        age: dt.timedelta = clock - made["booked_at"]
        return age < dt.timedelta(seconds=oldest_event(self.history_days))

    def _tell(self, made: Row, before: list[tuple[dt.datetime, bool]], now: list[tuple[dt.datetime, bool]]) -> None:
        """Put the changes that the labels ``now`` make in place of those that ``before`` made."""
        for labels, sign in ((before, -1), (now, 1)):
            word = False
            for said_at, is_fraud in labels:
                clock = max(said_at, made["known_at"], made["booked_at"])
                if is_fraud != word and self._in_time(made, clock):
                    self._add(made, clock, {listed.FRAUD: sign * (is_fraud - word)})
                word = is_fraud

    def _way(self, made: Row) -> dict[str, Any]:
        """Kilometres and microseconds from the card's last place to this one."""
        here = made["place"]
        seen = None if here is None else self._cards[made[listed.CARD]].last(made["booked_at"], listed.REACH)
        if here is None or seen is None:
            return {KM: None, ELAPSED: None}
        return {KM: distance(here[1], self._points[seen[1]]), ELAPSED: microseconds(made["booked_at"]) - seen[0]}
