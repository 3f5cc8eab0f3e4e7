"""``hansa check`` reaches the warehouse, the catalog and the vault, makes as little as proves them, and says what is
wrong in one line."""

import json
from pathlib import Path

import pytest
from hansa import registry as registry_room
from hansa.cli import plugins as commands
from hansa.mesh.surroundings import surroundings
from hansa.vault import Vault, place_of
from machinery.buckets import give_credentials
from machinery.faults import Answer, IgnoreConditions

SECRET = "s3cr3t"


@pytest.fixture
def places(mesh):
    """The places of a mesh with this text: state by what they are."""

    def look(text=""):
        found = surroundings(mesh(text))
        return {place.what: place for place in found}

    return look


def states(found):
    return [found[what].state for what in ("warehouse", "catalog", "vault")]


def told(place):
    assert place.state == "unusable"
    sentence = place.finding.sentence()
    assert "\n" not in sentence
    assert SECRET not in sentence + place.line()
    return sentence


def test_what_is_not_there_yet_is_told_and_not_made(places, tmp_path):
    assert states(places()) == ["new", "new", "new"]
    assert [path.name for path in tmp_path.iterdir()] == ["mesh.yaml"]


def test_a_folder_is_proved_by_a_file_that_goes_again(places, tmp_path):
    (tmp_path / "warehouse").mkdir()
    found = places("vault: none\n")
    assert states(found) == ["ready", "ready", "none"]
    assert str(tmp_path / "warehouse") in found["warehouse"].line()
    assert list((tmp_path / "warehouse").iterdir()) == []


@pytest.mark.parametrize(
    ("warehouse", "problem"),
    [("taken", "cannot be written"), ("taken/below", "taken is no folder"), ("w[1]", "may not hold [ ]")],
)
def test_a_folder_that_cannot_be_is_told_with_the_mend(places, tmp_path, warehouse, problem):
    (tmp_path / "taken").touch()
    sentence = told(places(f"warehouse: '{warehouse}'\n")["warehouse"])
    assert problem in sentence
    assert "choose another folder" in sentence


@pytest.mark.parametrize(("text", "what"), [("keys: warehouse/k\n", "warehouse"), ("vault: warehouse/v\n", "vault")])
def test_secrets_in_the_warehouse_are_told(places, text, what):
    assert "lies in the warehouse" in told(places(text)[what]).replace("the folder of the keys ", "it ")


@pytest.fixture
def lake(bucket, monkeypatch):
    give_credentials(bucket, monkeypatch)
    return lambda endpoint, more="": (
        f"warehouse: {bucket.uri}/wh\nstore: {{endpoint: '{endpoint}'}}\nvault: none\n{more}"
    )


def test_a_bucket_is_reached_and_proved(places, lake, bucket):
    assert states(places(lake(bucket.endpoint))) == ["ready", "ready", "none"]
    assert [name.partition("proved")[0] for name in bucket.objects()] == ["wh/.conditional-put-"]


def test_a_bucket_that_was_proved_is_written_again(places, lake, bucket, faulty):
    places(lake(faulty.url))
    faulty.when("PUT", "", Answer(403, code="AccessDenied"), times=None)
    assert "access is denied" in told(places(lake(faulty.url))["warehouse"])


def test_a_store_that_overwrites_is_told(places, lake, faulty):
    faulty.always(IgnoreConditions())
    found = places(lake(faulty.url))
    assert "does not honour If-None-Match" in told(found["warehouse"])
    assert found["catalog"].state == "unusable"


def test_a_bucket_that_is_not_there_is_told(places, lake, bucket):
    text = lake(bucket.endpoint).replace(bucket.uri, "s3://no-such-bucket")
    assert "no such bucket" in told(places(text)["warehouse"])


def test_a_catalog_of_its_own_is_reached(places, tmp_path):
    (tmp_path / "warehouse").mkdir()
    text = f"catalog: {{type: sql, uri: 'sqlite:///{tmp_path}/catalog.db'}}\n"
    assert places(text)["catalog"].state == "new"
    assert not (tmp_path / "catalog.db").exists()
    (tmp_path / "catalog.db").touch()
    assert places(text)["catalog"].state == "ready"


@pytest.mark.parametrize(
    "catalog",
    [
        "{type: sql, uri: 'sqlite:////none/catalog.db'}",
        f"{{type: sql, uri: 'postgresql://u:{SECRET}@127.0.0.1:1/db'}}",
        f"{{type: rest, uri: 'http://u:{SECRET}@127.0.0.1:1/x'}}",
    ],
    ids=["sqlite", "postgresql", "rest"],
)
def test_a_catalog_that_does_not_answer_is_told_without_its_password(places, catalog):
    sentence = told(places(f"catalog: {catalog}\n")["catalog"])
    assert "address" in sentence.rpartition(";")[2]


def test_a_vault_is_reached(places, tmp_path):
    from hansa.secrets import load_keys

    with Vault(place_of(".hansa/vault.db", tmp_path), load_keys(tmp_path / ".hansa/keys")):
        pass
    assert places()["vault"].state == "ready"


def test_a_vault_that_is_no_database_is_told(places, tmp_path):
    (tmp_path / ".hansa").mkdir()
    file = tmp_path / ".hansa/vault.db"
    file.write_text("no database " * 100)
    file.chmod(0o600)
    assert "the vault cannot be used" in told(places()["vault"])


def test_a_vault_that_does_not_answer_is_told_without_its_password(places):
    sentence = told(places(f"vault: postgresql://u:{SECRET}@127.0.0.1:1/db\n")["vault"])
    assert "vault postgresql://127.0.0.1:1/db: the vault cannot be used" in sentence


@pytest.fixture
def check(monkeypatch, write, capsys):
    """``hansa check`` over an empty registry: exit code and output."""
    import typer
    from hansa.registry import Registry

    monkeypatch.setattr(registry_room, "load", lambda *given, **more: Registry())

    def call(text, as_json=False):
        try:
            commands.check(as_json, write(text))
            code = 0
        except typer.Exit as left:
            code = left.exit_code
        return code, capsys.readouterr().out

    return call


def test_check_names_the_places(check, tmp_path):
    code, out = check("")
    assert code == 0
    assert f"warehouse {tmp_path}/warehouse: not there yet; the first publication makes it" in out
    assert "catalog   the warehouse itself" in out
    assert f"vault     {tmp_path}/.hansa/vault.db: not there yet" in out


def test_check_ends_with_1_and_the_mend_if_a_place_cannot_be_used(check, tmp_path):
    Path("taken").touch()
    code, out = check("warehouse: taken\n")
    assert code == 1
    assert f"error    mesh: warehouse {tmp_path}/taken: the warehouse cannot be written" in out


def test_check_prints_the_places_as_json(check, tmp_path):
    code, out = check("vault: none\n", as_json=True)
    result = json.loads(out)
    assert (code, result["ok"]) == (0, True)
    assert result["warehouse"] == {"place": f"{tmp_path}/warehouse", "state": "new"}
    assert (result["catalog"]["state"], result["vault"]) == ("new", {"place": "", "state": "none"})
