"""A cluster that was there before, through RAY_ADDRESS: the same rows, and none at all by other versions."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hansa.digest import RowDigest, row_hashes
from hansa.scorer import LocalScorer

pytestmark = pytest.mark.xdist_group("ray")

#: A run of its own: what it was asked for is told by its arguments, what became of it is JSON.
DRIVER = """
import json, sys
from hansa.digest import RowDigest, row_hashes
from hansa.errors import HansaError
from hansa.scorer import Work
from hansa.store.warehouse import Warehouse
from hansa_ray.scorer import RayScorer
from machinery import scored_bank

place, run, days, function, arguments = sys.argv[1:]
job = scored_bank.job(Warehouse(place), Work(function, json.loads(arguments)), int(days), run)
try:
    scored = RayScorer().score(job)
    print(json.dumps({"digest": RowDigest.of(row_hashes(scored.frame.collect())).text(), **scored.libraries}))
    scored.close()
except HansaError as error:
    print(json.dumps({"code": error.code, "what": error.what}))
"""
#: A plugin's package as an image has it: one constant, and a version.
PACKAGE = "import polars as pl\n\ndef f(rows, arguments, artefact, threads):\n    return rows.select('txn_id', a={})\n"


def image(folder, constant, version, **others):
    """A folder for PYTHONPATH: the package ``scorework`` and what the versions of some libraries are said to be."""
    folder.mkdir()
    (folder / "scorework.py").write_text(PACKAGE.format(f"pl.lit({constant})"))
    for name, said in {"scorework": version, **others}.items():
        info = folder / f"{name}-{said}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {said}\n")
    return str(folder)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """What the run and the workers have installed."""
    folder = tmp_path_factory.mktemp("images")
    return SimpleNamespace(run=image(folder / "run", 2, "1.0.0"), workers=image(folder / "workers", 1, "0.0.1"))


@pytest.fixture(scope="module")
def head(only_one, home, images):
    """A head of its own with a token; its address."""
    token = home / ".ray" / "auth_token"
    token.parent.mkdir(mode=0o700, exist_ok=True)
    if not token.exists():
        token.touch(mode=0o600)
        token.write_text("f" * 64)
    port, folder = free_port(), tempfile.mkdtemp(prefix="hr-", dir="/tmp")
    path = os.pathsep.join([images.workers, os.environ["PYTHONPATH"]])
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--port", str(port), "--node-ip-address", "127.0.0.1", "--num-cpus", "2", "--temp-dir", folder]
    command += ["--include-dashboard", "false", "--object-store-memory", str(100 << 20)]
    environment = {**os.environ, "PYTHONPATH": path, "RAY_AUTH_MODE": "token", "PYTHONUNBUFFERED": "1"}
    head = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    said = []
    for line in head.stdout:
        said.append(line)
        if "Ray runtime started" in line:
            break
    else:
        pytest.fail("".join(said))
    yield f"127.0.0.1:{port}"
    head.terminate()
    head.communicate()
    # Whatever its own end has left of the session that it leads.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.fixture
def driven(head, bank, images, request):
    """What a run of its own tells that scores on the cluster."""

    def run(function, arguments, **variables):
        path = os.pathsep.join([images.run, os.environ["PYTHONPATH"]])
        environment = {**os.environ, "PYTHONPATH": path, "RAY_ADDRESS": head, **variables}
        command = [sys.executable, "-c", DRIVER, bank.warehouse.place, request.node.name, "4", function]
        command.append(json.dumps(dict(arguments)))
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_the_rows_of_a_cluster_are_those_of_the_local_scorer(driven, bank, job):
    told = driven(bank.work.function, bank.work.arguments)
    here = LocalScorer().score(job()).frame.collect()
    assert told.get("digest") == RowDigest.of(row_hashes(here)).text(), told
    assert told["scorer"].startswith("ray ")


def test_workers_of_another_version_are_refused_and_both_are_named(driven, bank):
    told = driven("scorework:f", {})
    assert told.get("code") == "ray.versions", told
    assert "scorework 0.0.1 (here 1.0.0)" in told["what"]
    assert "files of scorework" in told["what"]
    assert list(bank.warehouse.objects.entries(".scratch/")) == []


def test_an_address_at_which_nobody_listens_is_one_sentence(driven, bank):
    told = driven(bank.work.function, bank.work.arguments, RAY_ADDRESS=f"127.0.0.1:{free_port()}")
    assert told.get("code") == "ray.start", told


def test_a_driver_with_another_token_is_not_let_in(driven, bank, tmp_path):
    other = tmp_path / "token"
    other.write_text("e" * 64)
    told = driven(bank.work.function, bank.work.arguments, RAY_AUTH_TOKEN_PATH=str(other))
    assert told.get("code") == "ray.start", told
