"""What the README shows is run as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
HANSA = [sys.executable, "-c", "from hansa.cli import main; main()"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def hansa(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HANSA_", "DAGSTER_"))}
    return subprocess.run(
        [*HANSA, *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


def test_the_first_publication_prints_what_the_readme_prints(tmp_path):
    (tmp_path / "orders.odcs.yaml").write_text(blocks("yaml")[0])
    session = next(block for block in blocks("console") if block.startswith("$ printf"))
    data, publish, *printed = session.splitlines()
    subprocess.run(data.removeprefix("$ "), shell=True, cwd=tmp_path, check=True)
    answer = hansa(publish.removeprefix("$ uv run hansa ").split(), tmp_path, UV_RUN_RECURSION_DEPTH="1")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == printed


@pytest.fixture
def treasury(tmp_path):
    """The README's plugin as an installed package: its code, its contract, its entry point."""
    package = tmp_path / "site" / "hansa_treasury"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(blocks("python")[0])
    shutil.copy(Path(__file__).parent / "turnover.odcs.yaml", package)
    metadata = tmp_path / "site" / "hansa_treasury-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hansa-treasury\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[hansa]\ntreasury = hansa_treasury.plugin\n")
    return tmp_path / "site"


def test_the_plugin_of_ten_lines_is_found_and_publishes(treasury, tmp_path):
    transactions = (
        "txn_id,account_token,booked_at,known_at,amount,currency,direction,channel\n"
        "T1,A,2026-03-01T10:00:00Z,2026-03-01T10:00:00Z,12.50,EUR,debit,transfer\n"
        "T2,A,2026-03-01T11:00:00Z,2026-03-01T11:00:00Z,7.50,EUR,debit,transfer\n"
    )
    (tmp_path / "transactions.csv").write_text(transactions)
    (tmp_path / "mesh.yaml").write_text(
        "name: reader\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {treasury.core: on}\n"
        "sources: {governance.transactions: {uri: transactions.csv}}\n"
    )
    listed = json.loads(hansa(["plugins", "--json"], tmp_path, PYTHONPATH=str(treasury)).stdout)
    assert "treasury" in str(listed)
    ran = hansa(["run", "treasury.core", "--bare"], tmp_path, PYTHONPATH=str(treasury))
    assert ran.returncode == 0, ran.stderr
    rows = hansa(["read", "treasury.turnover"], tmp_path).stdout.splitlines()
    assert rows[1:] == ["2026-03-01,EUR,20.00,2"]


def test_the_plugin_of_ten_lines_has_ten_lines():
    lines = [line for line in blocks("python")[0].splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 10
