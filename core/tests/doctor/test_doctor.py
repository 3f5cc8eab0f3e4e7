"""The doctor says of each thing that a mesh needs how it is, with the mend; one failure hides nothing else."""

import importlib.metadata
import json
import sys
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from hansa.doctor import examine, house, machine
from hansa.doctor.check import guarded, ok
from hansa.errors import DataError
from hansa.registry import PluginReport
from hansa.store.clock import store_time
from hansa.store.settings import StoreSettings

EVERYTHING = {
    "python",
    "packages",
    "ray",
    "mesh",
    "plugins",
    "scorer",
    "warehouse",
    "catalog",
    "vault",
    "keys",
    "tables",
    "dagster",
    "clock",
    "zone",
    "disk",
}


def test_a_fresh_mesh_is_well(practice):
    found = practice.found()
    assert set(found) == EVERYTHING
    assert [check.line() for check in found.values() if check.state == "fail"] == []
    assert found["keys"].state == found["tables"].state == found["dagster"].state == "skipped"


def test_a_published_mesh_is_well(practice):
    practice.publish()
    found = practice.found()
    assert (found["keys"].state, found["tables"].state, found["clock"].state) == ("ok", "ok", "ok")
    assert "the warehouse's own" in found["keys"].what


def test_looking_makes_nothing(practice):
    practice.found()
    assert {path.name for path in practice.folder.iterdir()} == {"mesh.yaml", "rows.csv", "rows.odcs.yaml"}


def test_keys_that_others_may_read_fail_with_the_mend(practice):
    practice.publish()
    for file in (practice.folder / ".hansa/keys").iterdir():
        file.chmod(0o644)
    check = practice.found()["keys"]
    assert (check.state, check.mend.split()[0]) == ("fail", "chmod")


def test_lost_keys_fail(practice):
    practice.publish()
    (practice.folder / ".hansa/keys").rename(practice.folder / "elsewhere")
    assert practice.found()["keys"].state == "fail"


def test_keys_of_another_warehouse_fail(practice):
    practice.publish()
    (practice.folder / "warehouse/.keys-fingerprint").write_text("0" * 16)
    assert practice.found()["keys"].state == "fail"


def test_a_contract_that_the_table_cannot_follow_fails(practice):
    practice.columns = ["{name: id, logicalType: string}"]
    practice.publish()
    practice.columns = ["{name: id, logicalType: integer}"]
    check = practice.found()["tables"]
    assert (check.state, "column 'id'" in check.what) == ("fail", True)


def test_a_column_that_will_be_added_is_told(practice):
    practice.publish()
    practice.columns.append("{name: note, logicalType: string}")
    told = [check.what for check in house.tables(practice.mesh())]
    assert told[0] == "desk.rows: the next publication adds note"


def test_a_plugin_that_is_left_out_fails_with_its_reason(practice):
    practice.plugins.append(PluginReport("bad", "hansa-bad", "1.0.0", "left out", reason="it does not load"))
    assert practice.found()["plugins"].what == "bad is left out: it does not load"


def test_a_warehouse_that_cannot_be_made_fails(practice):
    (practice.folder / "warehouse").write_text("a file")
    found = practice.found()
    assert found["warehouse"].state == "fail"
    assert found["zone"].state == "ok"


def test_a_store_that_is_away_fails_and_hides_nothing(practice):
    practice.words = "warehouse: s3://lake/mesh\nstore: {endpoint: 'http://127.0.0.1:9', retries: 0, patience: 1}"
    found = practice.found()
    assert (found["warehouse"].state, found["clock"].state, found["disk"].state) == ("fail", "skipped", "ok")
    assert set(found) == EVERYTHING, found["warehouse"]


def test_a_look_that_breaks_off_says_what_it_did_not_see(practice, monkeypatch):
    def broken(mesh):
        raise RuntimeError

    monkeypatch.setattr("hansa.mesh.surroundings.surroundings", broken)
    found = practice.found()
    assert [found[name].state for name in ("warehouse", "catalog", "vault")] == ["fail", "skipped", "skipped"]


def test_a_bucket_is_well_and_proves_conditional_puts(practice, bucket, monkeypatch):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    practice.words = f"warehouse: {bucket.uri}/mesh\nstore: {{endpoint: '{bucket.endpoint}'}}"
    found = practice.found()
    assert "conditional puts are honoured" in found["warehouse"].what
    assert (found["warehouse"].state, found["clock"].state) == ("ok", "ok")


def test_an_instance_without_a_daemon_is_told(practice):
    home = practice.folder / ".hansa/dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert "no daemon runs" in practice.found()["dagster"].what
    practice.words = "dagster: {schedules: 'on'}"
    check = practice.found()["dagster"]
    assert (check.state, "no daemon is alive" in check.what) == ("warn", True)


def test_a_home_of_dagster_that_is_a_file_fails(practice):
    (practice.folder / ".hansa").mkdir()
    (practice.folder / ".hansa/dagster").write_text("a file")
    assert practice.found()["dagster"].state == "fail"


def test_a_mesh_file_that_cannot_be_read_fails_and_the_machine_is_still_looked_at(practice):
    practice.words = "colour: blue"
    found = practice.found()
    assert (found["mesh"].state, found["python"].state, found["keys"].state) == ("fail", "ok", "skipped")


def test_the_zone_tells_its_odd_days(practice):
    what = practice.found()["zone"].what
    assert ("23 hours" in what, "25 hours" in what) == (True, True)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("polars>=1", None),
        ("polars>=99", "fail"),
        ("polars<1", "warn"),
        ("no-such-package>=1", "fail"),
        ("no-such-package>=1; extra == 'x'", None),
        ("no-such-package; python_version < '3'", None),
    ],
)
def test_a_package_is_held_against_its_bounds(line, state):
    found = machine._requirement("hansa", line)
    assert (found.state if found else None) == state


def test_a_python_that_is_too_old_fails(monkeypatch):
    monkeypatch.setattr(machine.platform, "python_version", lambda: "3.10.2")
    assert [check.state for check in machine.python()] == ["fail"]


def test_ray_is_told_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.55.0")
    assert next(machine.ray()).what.startswith("2.55.0")


@pytest.mark.parametrize(("seconds", "state"), [(0.0, "ok"), (-4.0, "ok"), (60.0, "warn"), (-3600.0, "fail")])
def test_a_clock_that_is_wrong_is_told(seconds, state):
    assert machine._skew(seconds, "the store's").state == state


def test_the_stores_time_is_read_from_a_refusal_too():
    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response_only(403)
            self.send_header("Date", format_datetime(machine.dt.datetime(2026, 3, 1, tzinfo=machine.dt.UTC)))
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.handle_request, daemon=True).start()
        found = store_time(StoreSettings.of(endpoint=f"http://127.0.0.1:{server.server_port}"))
    assert found == machine.dt.datetime(2026, 3, 1, tzinfo=machine.dt.UTC)


def test_a_disk_without_room_fails(practice, monkeypatch):
    monkeypatch.setattr(machine, "ROOM_FAIL", 1 << 60)
    monkeypatch.setattr(machine, "ROOM_WARN", 1 << 61)
    assert practice.found()["disk"].state == "fail"


def test_a_look_that_fails_is_a_result_without_its_text():
    def broken():
        yield ok("first", "well")
        raise KeyError("6222021234567890")

    first, last = guarded("first", broken)
    assert (first.state, last.state) == ("ok", "fail")
    assert "KeyError" in last.what and "6222" not in last.what


def test_a_look_that_is_refused_has_the_mend_of_the_refusal():
    def refused():
        raise DataError("source.missing", "it is gone", where="a.csv", next_step="bring it")
        yield

    (check,) = guarded("source", refused)
    assert (check.what, check.mend) == ("a.csv: it is gone", "bring it")


def test_the_command_prints_a_line_for_each_and_ends_with_one_where_one_fails(practice, capsys, monkeypatch):
    from hansa.cli import main

    practice.write()
    monkeypatch.setattr(sys, "argv", ["hansa", "doctor", "--mesh", str(practice.folder / "mesh.yaml")])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == EVERYTHING
    (practice.folder / "warehouse").write_text("a file")
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    told = json.loads(capsys.readouterr().out)
    assert (left.value.code, told["ok"]) == (1, False)
    assert {check["name"] for check in told["checks"]} == EVERYTHING


def test_without_a_mesh_file_the_machine_alone_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HANSA_MESH", raising=False)
    states = {check.name: check.state for check in examine()}
    assert set(states) == EVERYTHING
    assert {name for name, state in states.items() if state == "skipped"} >= EVERYTHING - {"python", "packages", "ray"}
