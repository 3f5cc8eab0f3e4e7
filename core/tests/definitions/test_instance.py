"""Dagster's home: made once whoever comes first, with telemetry off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hansa.definitions.instance import home_of, instance_of, is_new
from hansa.errors import WorldError

OPEN = """
import sys
from pathlib import Path
from hansa.definitions.instance import instance_of
from hansa.mesh import load_mesh
from hansa.registry import Registry
sys.stdin.readline()
with instance_of(load_mesh(Path("mesh.yaml"), Registry())) as instance:
    assert instance.get_runs_count() == 0
"""


def test_telemetry_is_off_in_the_settings_and_in_the_environment(institution, monkeypatch):
    monkeypatch.delenv("DAGSTER_DISABLE_TELEMETRY", raising=False)
    assert not institution.asked(lambda instance: instance.telemetry_enabled)
    settings = yaml.safe_load((institution.mesh().dagster_home / "dagster.yaml").read_text())
    assert settings["telemetry"] == settings["nux"] == {"enabled": False}
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"


def test_a_run_that_finds_no_code_server_goes_back_into_the_queue(institution):
    queue = institution.asked(lambda instance: instance.get_concurrency_config().run_queue_config)
    assert queue.max_user_code_failure_retries > 0


def test_settings_of_the_platform_team_are_kept(institution):
    home = institution.mesh().dagster_home
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\nretention: {}\n")
    institution.asked(lambda instance: None)
    assert "retention" in (home / "dagster.yaml").read_text()


def test_one_mesh_leaves_no_trace_for_the_next_in_the_same_process(institution):
    institution.asked(lambda instance: None)
    assert "DAGSTER_HOME" not in os.environ


def test_two_processes_may_come_first(institution):
    institution.mesh()
    both = [
        subprocess.Popen([sys.executable, "-c", OPEN], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=90)[1] for process in both] == ["", ""]
    assert [process.returncode for process in both] == [0, 0]


def test_a_home_that_cannot_be_made_is_one_sentence(institution):
    mesh = institution.mesh()
    mesh.dagster_home.parent.mkdir(parents=True, exist_ok=True)
    mesh.dagster_home.write_text("a file in the way")
    with pytest.raises(WorldError, match=r"cannot be written.*--bare"), instance_of(mesh):
        pass


def test_a_home_is_new_until_it_was_opened_whoever_wrote_its_settings(institution):
    mesh = institution.mesh()
    (home_of(mesh) / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert is_new(mesh)
    with instance_of(mesh):
        assert not is_new(mesh)
    assert not is_new(mesh)


def seen(**metadata):
    import dagster as dg

    return dg.AssetMaterialization(dg.AssetKey(["a", "b"]), metadata=metadata)


def test_files_are_opened_once_and_not_for_each_event(institution, monkeypatch):
    import dagster as dg
    from dagster._core.storage.event_log.sqlite import sqlite_event_log
    from dagster._core.storage.runs.sqlite import sqlite_run_storage
    from hansa.definitions import event_log

    opened = []
    ways = ((sqlite_event_log, "create_engine"), (sqlite_run_storage, "create_engine"), (event_log, "_engine"))
    for module, name in ways:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real, **k: opened.append(a[0]) or real(*a, **k))
    with instance_of(institution.mesh()) as instance:
        instance.report_runless_asset_event(seen())
        instance.get_runs_count()
        opened.clear()
        for number in range(3):
            instance.report_runless_asset_event(seen(number=number))
            assert instance.get_runs_count() == 0
        assert len(instance.fetch_materializations(dg.AssetKey(["a", "b"]), limit=9).records) == 4
        assert opened == []


LOOKS = """
import sys
import dagster as dg
instance = dg.DagsterInstance.from_config(sys.argv[1])
print(instance.get_latest_materialization_event(dg.AssetKey(["a", "b"])) is not None)
"""


def test_what_was_written_is_read_by_another_process_while_the_files_are_open(institution):
    with instance_of(institution.mesh()) as instance:
        instance.report_runless_asset_event(seen())
        line = [sys.executable, "-c", LOOKS, str(home_of(institution.mesh()))]
        assert subprocess.run(line, capture_output=True, text=True).stdout.strip() == "True"


def test_no_file_stays_open_behind_many_runs(institution):
    import dagster as dg
    from hansa.definitions import event_log

    @dg.job
    def nothing():
        pass

    def tables() -> int:
        return len({link.resolve() for link in Path("/proc/self/fd").iterdir() if link.resolve().suffix == ".db"})

    before = tables()
    with instance_of(institution.mesh()) as instance:
        for _ in range(2 * event_log._OPEN):
            assert nothing.execute_in_process(instance=instance).success
        assert tables() - before <= event_log._OPEN
    assert tables() == before
