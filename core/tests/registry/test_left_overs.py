"""An upgrade leaves metadata behind: the plugin works, or it is told; never silence."""

import pytest

from .conftest import Site, contract_files
from .test_fifteen import GOOD, Place


@pytest.fixture
def treasury(tmp_path):
    """A mesh with the module of hansa-treasury 1.1.0, and thirty empty metadata folders of older versions."""
    site = Site(tmp_path / "site")
    contracts = contract_files("treasury.rows", "treasury.total")
    site.install("treasury", GOOD.format(name="treasury"), files=contracts, version="1.1.0")
    for number in range(30):
        (site.folder / f"hansa_treasury-0.{number}.0.dist-info").mkdir()
    (tmp_path / "rows.csv").write_text("id\na\n")
    (tmp_path / "mesh.yaml").write_text(
        "name: Harbour Bank\ntime_zone: UTC\nstart: 2026-01-01\nkeys: keys\n"
        "modules: {treasury.core: on}\nsources: {treasury.rows: {uri: rows.csv}}\n"
    )
    return Place(tmp_path, site.folder)


def test_beside_the_good_one_they_are_told_and_the_plugin_works(treasury):
    listed = treasury.run("plugins")
    assert listed.returncode == 0
    assert "treasury (in): broken installation of hansa-treasury: empty metadata folders" in listed.stdout
    assert treasury.run("run", "treasury.core", "--bare").returncode == 0


def test_alone_they_are_a_broken_installation_in_every_command(treasury):
    for file in (treasury.site / "hansa_treasury-1.1.0.dist-info").iterdir():
        file.unlink()
    told = "broken installation of hansa-treasury: empty metadata folders"
    listed, ran = treasury.run("plugins"), treasury.run("run", "treasury.core", "--bare")
    assert (listed.returncode, told in listed.stdout) == (1, True)
    assert ran.returncode != 0
    assert told in ran.stderr
