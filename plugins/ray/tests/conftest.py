"""One Ray at a time on this machine, with a home of its own and secrets in its environment that nobody may find."""

import fcntl
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from machinery import scored_bank

#: What the process of a run may know and nothing of Ray may write down.
PLANTED = {
    "AWS_SECRET_ACCESS_KEY": "planted-bucket-key-7391",
    "BANK_DATABASE": "postgresql://bank:planted-database-password-7391@db.example/lake",
    "BANK_API_TOKEN": "planted-foreign-token-7391",
}
DAYS, ROWS = 4, 3000


@pytest.fixture(scope="module")
def only_one():
    """No other worker of the tests, and no other tests of this user, run a Ray meanwhile."""
    lock = Path(tempfile.gettempdir()) / f"hansa-ray-tests-{os.getuid()}.lock"
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def own_home(tmp_path_factory):
    """One for all of this process: Ray reads its token once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def home(own_home):
    """The home of every process of Ray; their path has what the tests' own work needs. Other tests see none of it."""
    path = [str(Path(__file__).parents[3] / "core" / "tests"), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("RAY_", "HANSA_")):
                patch.delenv(name)
        patch.setenv("HOME", str(own_home))
        patch.setenv("PYTHONPATH", os.pathsep.join(part for part in path if part))
        for name, value in PLANTED.items():
            patch.setenv(name, value)
        yield own_home


@pytest.fixture(scope="module")
def local(only_one, home):
    """A Ray of this process, started by four threads at once: each thread's module, or what it raised."""
    from hansa_ray import starting

    found = []

    def begin():
        try:
            found.append(starting.start(2))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield SimpleNamespace(found=found, ray=sys.modules["ray"], folder=starting._folder, home=home)
    starting.stop()


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """A warehouse with features of some days, and the work of scoring them."""
    warehouse = scored_bank.published(tmp_path_factory.mktemp("bank"), DAYS, ROWS)
    return SimpleNamespace(warehouse=warehouse, work=scored_bank.scoring(warehouse, DAYS))


@pytest.fixture
def job(bank, request):
    """The job of a work on the features of some days, in a run that is named after the test."""

    def made(work=None, run=request.node.name, days=DAYS):
        return scored_bank.job(bank.warehouse, work or bank.work, days, run)

    return made
