"""A Ray of the run's own: the same rows as the local scorer, whoever dies; nothing left, nothing told."""

import datetime as dt
import json
import os
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hansa.digest import RowDigest, row_hashes
from hansa.errors import DataError, PluginError, WorldError
from hansa.scorer import LocalScorer, Work
from hansa.store import files, scratch
from hansa_ray import scorer as ray_scorer
from hansa_ray import starting, worker
from hansa_ray.scorer import RayScorer
from hansa_ray.versions import other_versions

pytestmark = pytest.mark.xdist_group("ray")


def digest(frame):
    return RowDigest.of(row_hashes(frame.collect())).text()


def by_ray(job):
    scored = RayScorer().score(job)
    found = digest(scored.frame)
    scored.close()
    return found


def told_by_ray(job):
    """What it says worked; a score that nobody closes would leave its parts to whoever looks next."""
    scored = RayScorer().score(job)
    scored.close()
    return scored.libraries


def by_hand(job):
    return digest(LocalScorer().score(job).frame)


def lying(warehouse, run=""):
    return sorted(entry.name for entry in warehouse.objects.entries(f"{scratch.SCRATCH}/{run}"))


def test_threads_that_start_it_at_once_get_one_and_the_same(local):
    assert local.found == [local.ray] * 4


def test_the_rows_are_those_of_the_local_scorer(local, job):
    assert by_ray(job()) == by_hand(job())


def test_workers_that_are_killed_in_mid_run_are_replaced_and_the_rows_are_the_same(local, bank, job, tmp_path):
    killed = Work("machinery.worked:killed_once", {**bank.work.arguments, "marks": str(tmp_path)})
    assert by_ray(job(killed)) == by_hand(job())
    assert len(list(tmp_path.iterdir())) == 4


def test_a_late_attempt_that_writes_after_the_commit_is_read_by_nobody_and_goes(local, bank, job):
    asked = job()
    tasks = ray_scorer._Tasks(local.ray, asked, worker.made_here(asked.work.function))
    parts = ray_scorer.parts_of(asked)
    scored = RayScorer().score(asked)
    before = digest(scored.frame)
    # The first worker was believed dead, and writes only now.
    late = json.loads(in_a_process_of_its_own(tasks.orders(parts)[0]))["name"]
    assert late in "".join(lying(bank.warehouse, asked.run))
    assert digest(scored.frame) == before
    scored.close()
    late = json.loads(in_a_process_of_its_own(tasks.orders(parts)[0]))["name"]
    assert lying(bank.warehouse) == [f"{scratch.SCRATCH}/{asked.run}/{late}"]
    assert by_ray(job(run="next")) == before
    aged = time.time() - bank.warehouse.longest_run.total_seconds() - 60
    os.utime(bank.warehouse.root / lying(bank.warehouse)[0], (aged, aged))
    assert by_ray(job(run="another")) == before
    assert lying(bank.warehouse) == []


def in_a_process_of_its_own(order):
    """What a worker answers to an order, outside of any cluster."""
    script = "import sys; from hansa_ray import worker; print(worker.score(sys.stdin.read()))"
    done = subprocess.run([sys.executable, "-c", script], input=order, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_work_that_always_kills_its_worker_is_one_sentence_and_leaves_nothing(local, bank, job, monkeypatch):
    monkeypatch.setattr(ray_scorer, "RETRIES", 1)
    with pytest.raises(WorldError) as raised:
        RayScorer().score(job(Work("machinery.worked:dying"), days=1))
    assert raised.value.code == "ray.worker"
    assert "was lost 2 times" in raised.value.what
    assert "\n" not in raised.value.sentence()
    assert lying(bank.warehouse) == []


def test_an_error_of_the_work_keeps_its_code_and_its_words(local, bank, job):
    with pytest.raises(DataError) as raised:
        RayScorer().score(job(Work("machinery.worked:refusing"), days=1))
    error = raised.value
    assert (error.code, error.what, error.where) == ("source.missing", "what it needs is gone", "the work")
    assert lying(bank.warehouse) == []


def test_a_foreign_error_of_the_work_shows_its_type_and_place_and_no_value(local, job):
    with pytest.raises(PluginError) as raised:
        RayScorer().score(job(Work("machinery.worked:breaking"), days=1))
    assert raised.value.code == "product.failed"
    assert "ValueError at worked.py" in raised.value.what
    assert "bad row" not in raised.value.sentence()
    assert raised.value.__context__ is None or "bad row" not in str(raised.value.__context__)


def test_a_worker_has_one_thread(local, job):
    scored = RayScorer().score(job(Work("machinery.worked:threaded"), days=1))
    threads = scored.frame.collect()["amount"].unique().to_list()
    scored.close()
    assert threads == [101]


def test_what_worked_is_told_by_name_and_version(local, job):
    told = told_by_ray(job())
    assert told["scorer"] == f"ray {local.ray.__version__}"
    assert {"worker python", "worker hansa-risk", "worker catboost", "worker files of hansa_risk"} <= set(told)


def test_without_a_row_no_ray_is_asked(bank, job, monkeypatch):
    monkeypatch.setattr(ray_scorer, "start", lambda workers: pytest.fail("it was started"))
    asked = job()
    given = replace(asked.given, days=(dt.date(1999, 1, 1),) * 2, frame=asked.given.frame.clear(), pieces=None)
    empty = replace(asked, given=given)
    scored = RayScorer().score(empty)
    assert scored.frame.collect().is_empty()
    scored.close()


def test_few_rows_without_a_cluster_are_told_not_to_pay(local, job, caplog):
    by_ray(job())
    assert "only costs time" in caplog.text


def test_rows_for_a_cluster_are_not_told_so(caplog, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    ray_scorer._say_if_dear("t.a", 10)
    assert caplog.text == ""


def test_the_token_and_the_session_belong_to_this_user_alone(local):
    token = local.home / ".ray" / "auth_token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert stat.S_IMODE(local.folder.stat().st_mode) == 0o700


def test_no_secret_of_the_driver_is_written_by_ray(local, bank, job):
    """Session folder, logs and the state of the cluster, after work that succeeded and work that failed."""
    from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_list

    by_ray(job())
    for function in ("breaking", "refusing"):
        with pytest.raises((PluginError, DataError)):
            RayScorer().score(job(Work(f"machinery.worked:{function}"), days=1))
    wanted = [b"planted-", (local.home / ".ray" / "auth_token").read_bytes(), b"bad row"]
    files = [path for path in local.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 5
    assert [path for path in files if any(secret in path.read_bytes() for secret in wanted)] == []
    spaces = [None, "fun", "job", "session", "serve", "tune", "workflow", "dashboard", "healthcheck", "cluster"]
    state = [v for n in spaces for k in _internal_kv_list(b"", namespace=n) if (v := _internal_kv_get(k, namespace=n))]
    state += [json.dumps(local.ray.nodes()).encode(), repr(local.ray.get_runtime_context().runtime_env).encode()]
    assert len(state) > 3
    assert [value for value in state if any(secret in value for secret in wanted)] == []


def test_a_token_that_others_could_read_is_mended(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    token = tmp_path / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text("t")
    token.chmod(0o644)
    with starting._private():
        pass
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


def test_where_the_home_cannot_be_written_the_token_lies_in_the_folder_of_ray(monkeypatch, tmp_path):
    home = tmp_path / "file"
    home.touch()
    monkeypatch.setenv("HOME", str(home))
    # Set first, so that whatever the code sets is taken back.
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "")
    starting._give_token(tmp_path)
    token = tmp_path / "auth_token"
    assert os.environ["RAY_AUTH_TOKEN_PATH"] == str(token)
    assert (stat.S_IMODE(token.stat().st_mode), len(token.read_text())) == (0o600, 64)


def test_a_cluster_of_its_own_is_asked_for_by_address_and_never_found_by_chance(monkeypatch, tmp_path):
    monkeypatch.setattr(starting, "_folder", None)
    monkeypatch.setattr(starting, "_alive", ExitStack())
    monkeypatch.setattr(starting.tempfile, "mkdtemp", lambda **more: str(tmp_path))
    with starting._alive:
        assert starting._own(3)["address"] == "local"


def test_the_folder_of_a_process_that_was_killed_goes_and_that_of_a_living_one_stays(tmp_path):
    for name in ("dead", "living"):
        (tmp_path / f"hansa-ray-{name}").mkdir()
        (tmp_path / f"hansa-ray-{name}" / "alive").touch()
    with files.claim(tmp_path / "hansa-ray-living" / "alive"):
        starting._remove_dead(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["hansa-ray-living"]


@pytest.mark.parametrize("mode", ["disabled", "k8s", ""])
def test_authentication_cannot_be_switched_off(monkeypatch, mode):
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with pytest.raises(WorldError) as raised:
        starting.start(1)
    assert raised.value.code == "ray.auth"


def test_versions_that_differ_are_named_each():
    error = other_versions({"catboost": "1.2.10", "polars": "2.1.0"}, {"catboost": "1.2.9", "hansa": "1"}, "10.0.0.7")
    assert error.code == "ray.versions"
    assert "catboost 1.2.9 (here 1.2.10), hansa 1 (here absent), polars absent (here 2.1.0)" in error.what


def test_a_worker_of_other_versions_reads_nothing(bank):
    order = {"function": bank.work.function, "versions": {"python": "2.7"}, "share": {"files": ["/absent"]}}
    assert "versions" in json.loads(worker.score(json.dumps(order)))
