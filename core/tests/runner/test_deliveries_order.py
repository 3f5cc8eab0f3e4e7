"""The order in which deliveries arrive changes nothing: whatever it is, the same rows stand in the end."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.mailroom import DATED, Mailroom

KEYS = st.sampled_from(["t1", "t2", "t3", "t4"])


def day_of(key):
    """A key lies in one day: t1 and t2 in the first, t3 and t4 in the second."""
    return 1 if key in ("t1", "t2") else 2


@st.composite
def files(draw):
    """Up to four files of different dates, each with some of the keys; some of their rows are refused by the gate."""
    dates = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4, unique=True))
    # The date is in each amount, so that no two files are equal; every fifth row is one that its rule refuses.
    made = {}
    for date in dates:
        keys = draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
        made[f"s_2026030{date}.csv"] = [
            (day_of(key), key, (10 * date + at) * (-1 if draw(st.integers(0, 4)) == 0 else 1))
            for at, key in enumerate(keys)
        ]
    return made


#: Few runs, each of many publications.
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def arrived(folder, words, batches):
    """What stands after files arrived in batches, each with a run of its own."""
    folder.mkdir(parents=True)
    room = Mailroom(folder)
    room.words = words
    for batch in batches:
        for name, rows in batch:
            room.send(name, rows)
        outcomes = room.run(last=9)
        assert {outcome.state for outcome in outcomes} <= {"published", "unchanged", "held"}, outcomes
    return room.published() if room.publications() and room.standing().current("a.rows") else []


@pytest.mark.parametrize("words", [DATED, "newest_by: amount", f"{DATED}, brings: days"])
@FEW
@given(delivered=files(), data=st.data())
def test_any_order_of_arrival_ends_in_the_same_rows(tmp_path_factory, words, delivered, data):
    folder = tmp_path_factory.mktemp("order")
    every = sorted(delivered.items())
    order = data.draw(st.permutations(every))
    at_once, one_by_one = arrived(folder / "a", words, [every]), arrived(folder / "b", words, [[one] for one in order])
    assert one_by_one == at_once


@FEW
@given(delivered=files(), data=st.data())
def test_any_part_of_the_files_may_come_first(tmp_path_factory, delivered, data):
    folder = tmp_path_factory.mktemp("part")
    order = data.draw(st.permutations(sorted(delivered.items())))
    cut = data.draw(st.integers(1, len(order)))
    batches = [batch for batch in (order[:cut], order[cut:]) if batch]
    assert arrived(folder / "a", DATED, batches) == arrived(folder / "b", DATED, [order])
