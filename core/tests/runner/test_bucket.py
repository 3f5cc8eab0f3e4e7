"""A mesh whose warehouse lies in a bucket: the same plan, the same rows, the same answers."""

import pytest
from hansa.store.door import Door
from hansa.verify import verify
from machinery.small_house import outcomes_of


@pytest.fixture
def lake(house, bucket, monkeypatch):
    """A source and what is made of it, with the warehouse in a bucket of its own."""
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    house.source("a.rows", [(n, n) for n in range(1, 8)])
    house.computed("a.sums", "a.rows@1")
    text = f"warehouse: {bucket.uri}/mesh\nstore: {{endpoint: {bucket.endpoint}}}"
    return lambda: house.mesh(text)


def done(mesh, first, last):
    return [outcome.state for outcome in outcomes_of(mesh, {"a.sums"}, first, last)]


def test_a_plan_is_carried_out_and_then_there_is_nothing_to_do(lake, march):
    assert set(done(lake(), march(3), march(4))) == {"published"}
    assert done(lake(), march(3), march(4)) == []


def test_what_was_published_is_read_through_the_one_door_and_verifies(lake, march):
    done(lake(), march(3), march(4))
    warehouse = lake().warehouse
    rows = Door(warehouse).open("a.sums").frame.collect().sort("business_date")
    assert rows["amount"].to_list() == [3, 4]
    assert verify(warehouse, "a.rows").faults == verify(warehouse, "a.sums").faults == ()


def test_nothing_of_the_warehouse_lies_in_a_folder(lake, march, folder):
    done(lake(), march(3), march(4))
    assert not (folder / "warehouse").exists()
    assert list(folder.rglob("*.parquet")) == []
