"""What ``hansa new plugin`` writes is a plugin that works at once."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from hansa.contract import read_contract
from hansa.contract.lint import lint
from hansa.errors import WorldError
from hansa.scaffold import new_plugin, writing
from machinery.environments import HANSA, Environment, clean_variables

from .conftest import commit

FILES = {
    ".copier-answers.yml",
    ".github/workflows/ci.yml",
    ".gitignore",
    "README.md",
    "example/transactions.csv",
    "hansa_trade_finance/__init__.py",
    "hansa_trade_finance/contracts/turnover.odcs.yaml",
    "hansa_trade_finance/plugin.py",
    "hansa_trade_finance/turnover.py",
    "mesh.yaml",
    "pyproject.toml",
    "tests/test_conformance.py",
    "tests/test_turnover.py",
}
#: A network that ends the process which touches it.
NO_NETWORK = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"network: {event} {arguments}")
sys.addaudithook(watch)
"""


@pytest.fixture
def finance(tmp_path):
    return new_plugin("trade_finance", tmp_path, owner="desk@bank.example")


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())


def test_the_package_is_complete(finance):
    assert finance.name == "hansa-trade-finance"
    assert {path.relative_to(finance).as_posix() for path in finance.rglob("*") if path.is_file()} == FILES


def test_the_package_announces_its_plugin(finance):
    assert project(finance)["project"]["name"] == "hansa-trade-finance"
    assert project(finance)["project"]["entry-points"] == {"hansa": {"trade_finance": "hansa_trade_finance.plugin"}}


@pytest.mark.parametrize("owner", ['Wei 魏, "desk"', "{{ 7 * 7 }}", "o'neill <o@x.example>"])
def test_the_owner_stands_in_the_contract_as_given(tmp_path, owner):
    folder = new_plugin("treasury", tmp_path, owner=owner)
    assert read_contract(folder / "hansa_treasury/contracts/turnover.odcs.yaml").owner == owner


def test_no_word_of_the_template_is_left(finance):
    texts = [path.read_text() for path in finance.rglob("*") if path.is_file()]
    assert [text for text in texts if "{{" in text or "{%" in text] == []


def test_its_contract_has_nothing_to_mend_and_names_the_owner(finance):
    path = finance / "hansa_trade_finance" / "contracts" / "turnover.odcs.yaml"
    assert [remark for remark in lint([path]) if remark.severity != "note"] == []
    assert (read_contract(path).id, read_contract(path).owner) == ("trade_finance.turnover", "desk@bank.example")


def test_its_code_is_clean_and_formatted(finance):
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run([ruff, *words, "--no-cache", "."], cwd=finance, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_its_conformance_test_is_three_lines(finance):
    lines = [line for line in (finance / "tests/test_conformance.py").read_text().splitlines() if line]
    assert lines[:2] == [
        "from hansa.testing import Conformance",
        'class TestTradeFinance(Conformance, plugin="trade_finance"):',
    ]
    assert len(lines) == 3


def test_hansa_of_this_machine_is_named_as_it_was_installed(finance):
    """A checkout is on no package index, so ``uv run`` must be told where it lies."""
    sources = project(finance)["tool"]["uv"]["sources"]
    assert {name: Path(source["path"]).name for name, source in sources.items()} == {
        "hansa": "core",
        "hansa-contracts": "contracts",
    }


def test_a_hansa_from_an_index_is_named_nowhere(tmp_path, monkeypatch):
    real = metadata.distribution

    class FromIndex(metadata.PathDistribution):
        def read_text(self, filename):
            return None if filename == "direct_url.json" else super().read_text(filename)

    monkeypatch.setattr(writing, "distribution", lambda name: FromIndex(real(name)._path))
    assert "uv" not in project(new_plugin("treasury", tmp_path))["tool"]


def test_a_workspace_that_takes_it_in_knows_hansa_itself(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["domains/*"]\n')
    knows = {}
    for name in ("domains", "elsewhere"):
        (tmp_path / name).mkdir()
        knows[name] = "uv" not in project(new_plugin("treasury", tmp_path / name))["tool"]
    assert knows == {"domains": True, "elsewhere": False}


def test_the_network_is_not_touched(tmp_path, cache):
    code = NO_NETWORK + HANSA
    done = subprocess.run(
        [sys.executable, "-c", code, "new", "plugin", "treasury"],
        cwd=tmp_path,
        env=clean_variables() | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "made  hansa-treasury"


def test_without_the_template_engine_one_line_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['copier'] = None\n" + HANSA
    done = subprocess.run(
        [sys.executable, "-c", code, "new", "plugin", "treasury"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    mend = "uv pip install 'hansa[new]'"
    assert done.stderr == f"hansa: the template engine copier is not installed; {mend} [new.missing]\n"
    assert list(tmp_path.glob("hansa-*")) == []


def test_without_git_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorldError, match="Git is not installed"):
        new_plugin("treasury", tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(WorldError, match="the user's cache cannot be written"):
        new_plugin("treasury", tmp_path)
    assert not (tmp_path / "hansa-treasury").exists()


def test_a_template_of_ones_own_is_taken_from_its_repository(tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    (house / "README.md.jinja").write_text("The house of {{ domain }}\n")
    commit(house)
    folder = new_plugin("treasury", tmp_path, template=str(house))
    assert (folder / "README.md").read_text() == "The house of treasury\n"


@pytest.mark.parametrize(
    "content",
    [
        {"copier.yml": "a: ["},
        {"README.md.jinja": "{{ domain"},
        {"README.md.jinja": "{{ domain.nothing.more }}"},
        {"copier.yml": "_tasks: [touch done]\n", "README.md": "x"},
        {"copier.yml": "city: {type: str}\n", "README.md": "x"},
    ],
    ids=["no YAML", "no end", "unknown word", "wants to run commands", "asks what nobody answers"],
)
def test_a_template_that_cannot_be_used_is_one_line_and_leaves_nothing(tmp_path, content):
    house = tmp_path / "house"
    house.mkdir()
    for name, text in content.items():
        (house / name).write_text(text)
    commit(house)
    with pytest.raises(WorldError) as refused:
        new_plugin("treasury", tmp_path, template=str(house))
    assert refused.value.code == "new.template"
    assert len(refused.value.sentence().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir() if "hansa-treasury" in path.name] == []


def test_a_template_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(WorldError) as refused:
        new_plugin("treasury", tmp_path, template=str(tmp_path / "nowhere"))
    assert len(refused.value.sentence().splitlines()) == 1


def test_installed_its_tests_are_green_and_its_mesh_publishes(treasury, tmp_path):
    environment = Environment(tmp_path / "environment")
    environment.install("-e", treasury)
    tested = environment.run(["pytest", "-p", "no:cacheprovider"], treasury)
    assert tested.returncode == 0, tested.stdout
    # The test of the science is one of them; the others come from the three lines of the conformance test.
    assert int(re.search(r"(\d+) passed", tested.stdout)[1]) > 10
    modules = environment.hansa("modules", folder=treasury)
    assert "treasury.core" in modules.stdout, modules.stderr
    days = ["--from", "2026-03-02", "--to", "2026-03-03"]
    ran = environment.hansa("run", *days, "--bare", folder=treasury)
    assert ran.returncode == 0, ran.stderr
    rows = environment.hansa("read", "treasury.turnover", folder=treasury).stdout.splitlines()
    assert sorted(rows[1:]) == ["2026-03-02,EUR,200.50,2", "2026-03-02,USD,35.00,1", "2026-03-03,EUR,9.99,1"]


def test_its_workflow_is_yaml_and_runs_the_tests(finance):
    (job,) = yaml.safe_load((finance / ".github/workflows/ci.yml").read_text())["jobs"].values()
    assert job["steps"][-1] == {"run": "uv run pytest"}
