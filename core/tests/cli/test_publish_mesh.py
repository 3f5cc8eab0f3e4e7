"""``hansa publish`` with a mesh file, and a dry run, which makes nothing anywhere."""

import tempfile
from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
PHONE = (
    "{name: phone, logicalType: string, classification: C3, customProperties: [{property: tokenise, value: mobile}]}"
)
DAY = (
    "{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1, "
    "customProperties: [{property: businessDateOf, value: at}]}"
)
MESH = "name: Bank\ntime_zone: {zone}\nstart: 2026-01-01\n"


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path):
    """A folder of its own for what is temporary."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def bank():
    """A mesh file elsewhere, and what lies beside it."""
    folder = Path("bank")
    folder.mkdir()
    (folder / "mesh.yaml").write_text(MESH.format(zone="Asia/Shanghai"))
    return folder / "mesh.yaml"


@pytest.fixture
def phones(contract):
    made = contract("phones", KEY, PHONE)
    Path("phones.csv").write_text("id,phone\nA,13800138000\n,13800138001\n")
    return made, "phones.csv"


def everything(folder=None):
    return sorted(str(path) for path in (folder or Path()).rglob("*"))


def test_a_mesh_gives_its_warehouse_keys_and_vault(hansa, bank, phones):
    done = hansa("publish", *phones, "--mesh", bank)
    assert done.code == 0, done
    beside = [path.name for path in sorted(bank.parent.iterdir())]
    assert beside == [".hansa", "mesh.yaml", "warehouse"]
    assert {path.name for path in (bank.parent / ".hansa").iterdir()} == {"keys", "vault.db"}
    assert not Path("warehouse").exists()
    assert f"quarantine show t.phones --mesh {bank}" in done.out


def test_a_warehouse_that_is_named_wins_over_the_mesh(hansa, bank, phones):
    assert hansa("publish", *phones, "--mesh", bank, "--warehouse", "other").code == 0
    assert Path("other/t/phones").is_dir()
    assert not (bank.parent / "warehouse").exists()
    assert (bank.parent / ".hansa/keys").is_dir()


@pytest.mark.parametrize(
    ("options", "day"),
    [
        (("--mesh", "bank/mesh.yaml"), "2026-03-02"),
        (("--mesh", "bank/mesh.yaml", "--zone", "UTC"), "2026-03-01"),
        ((), "2026-03-01"),
    ],
)
def test_the_mesh_says_the_time_zone_of_the_business_day(hansa, bank, contract, options, day):
    made = contract("days", KEY, "{name: at, logicalType: timestamp}", DAY)
    Path("days.csv").write_text("id,at\nA,2026-03-01T20:00:00Z\n")
    done = hansa("publish", made, "days.csv", "--json", *options)
    assert done.code == 0, done
    assert [receipt["partition"] for receipt in done.json["receipts"]] == [day]


def test_a_dry_run_makes_neither_warehouse_nor_keys_nor_vault(hansa, bank, phones, temporary):
    before = everything()
    done = hansa("publish", *phones, "--mesh", bank, "--dry-run")
    assert (done.code, done.out.split()[:3]) == (0, ["would", "publish", "t.phones"])
    assert "none were made" in done.sentence
    assert everything() == before
    assert everything(temporary) == []


def test_a_dry_run_leaves_a_warehouse_of_other_products_as_it_is(hansa, phones, orders):
    hansa("publish", *orders)
    before = everything()
    assert hansa("publish", *phones, "--dry-run").code == 0
    assert everything() == before


def test_a_dry_run_over_rows_that_stand_changes_nothing(hansa, phones):
    hansa("publish", *phones)
    before = everything()
    Path("phones.csv").write_text("id,phone\nB,13800138002\n")
    done = hansa("publish", *phones, "--dry-run", "--merge", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["receipts"][0]["counts"]["kept"] == 1
    assert everything() == before


def test_a_dry_run_names_no_key_that_is_nowhere(hansa, phones):
    assert hansa("publish", *phones, "--dry-run", "--json").json["keys"] == ""


def test_a_dry_run_refuses_keys_that_do_not_fit_the_warehouse(hansa, phones, monkeypatch):
    hansa("publish", *phones)
    monkeypatch.setenv("HANSA_KEYS", "elsewhere")
    done = hansa("publish", *phones, "--dry-run")
    assert (done.code, "was filled with token key" in done.sentence) == (1, True)
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize(("place", "told"), [("taken/wh", "taken is no folder"), ("wh#1", "may not hold #")])
def test_a_dry_run_refuses_a_place_where_no_warehouse_can_be(hansa, phones, place, told):
    Path("taken").touch()
    done = hansa("publish", *phones, "--dry-run", "--warehouse", place)
    assert (done.code, told in done.err) == (1, True), done


def test_a_dry_run_of_a_held_publication_makes_nothing(hansa, contract):
    made = contract("few", "{name: id, logicalType: string}", quality="{name: n, metric: rowCount, mustBe: 7}")
    Path("few.csv").write_text("id\nA\n")
    before = everything()
    done = hansa("publish", made, "few.csv", "--dry-run")
    assert (done.code, done.out.split()[:2]) == (1, ["would", "hold"])
    assert everything() == before


def test_what_a_killed_dry_run_left_goes_with_the_next_one(hansa, orders, temporary):
    left = temporary / "hansa-dry-run-killed"
    (left / "warehouse").mkdir(parents=True)
    (left / ".alive").touch()
    hansa("publish", *orders, "--dry-run")
    assert not left.exists()
