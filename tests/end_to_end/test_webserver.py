"""``hansa ui`` on a small demo: what Dagster's real webserver answers, what its pages show, how it starts and ends."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hansa.definitions.instance import instance_of
from hansa.mesh import load_mesh
from hansa.receipt import book_of
from machinery.pages import HANSA, Pages, alive, environment, free_port, install, open_pages, until

#: The demo publishes transactions up to the 14th; its sources go on.
NEXT_DAY = "2026-06-15"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def two_days(demo, home: Path) -> Path:
    """The mesh file of a copy of the demo's bank whose last two days have run."""
    copy = demo.copy(home)
    done = copy.run("--from", demo.days[-2], "--to", demo.days[-1])
    assert (done.code, done.err) == (0, "")
    return copy.mesh


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, kind)
        yield


@pytest.fixture(scope="session")
def pages(tmp_path_factory, demo):
    """The pages of a small bank: opened by the worker that comes first, closed by it when the others have done.

    Who comes after that opens them once more.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    state, opened = root / "pages.json", None
    with ExitStack() as in_use:
        with locked(root / "pages.lock", fcntl.LOCK_EX):
            if not state.exists():
                opened = open_pages(two_days(demo, tmp_path_factory.mktemp("pages")))
                nodes = opened.nodes = opened.ask(NODES)["assetNodes"]
                state.write_text(json.dumps({"port": opened.port, "mesh": str(opened.mesh.path), "nodes": nodes}))
            known = json.loads(state.read_text())
            in_use.enter_context(locked(root / "pages.use", fcntl.LOCK_SH))
        yield opened or Pages(None, known["port"], load_mesh(Path(known["mesh"])), known["nodes"])
    if opened is not None:
        with locked(root / "pages.lock", fcntl.LOCK_EX):
            state.unlink()
        with locked(root / "pages.use", fcntl.LOCK_EX):
            assert opened.stop(signal.SIGINT) == 0


@pytest.fixture
def empty(tmp_path):
    """The mesh file of an institution that has nothing yet."""
    path = tmp_path / "mesh.yaml"
    path.write_text("name: empty\ntime_zone: UTC\nstart: 2026-01-01\n")
    return path


# --- what the webserver answers -------------------------------------------------------------------------------------

NODES = """{assetNodes{assetKey{path} groupName kinds isMaterializable dependencyKeys{path} opVersion
  owners{__typename ... on UserAssetOwner{email} ... on TeamAssetOwner{team}}
  metadataEntries{... on TableSchemaMetadataEntry{schema{columns{name type constraints{nullable other}}}}
    ... on TableColumnLineageMetadataEntry{lineage{columnName columnDeps{assetKey{path} columnName}}}}
  assetChecksOrError{... on AssetChecks{checks{name blocking
    executionForLatestMaterialization{status evaluation{success severity}}}}}
  assetMaterializations(limit:1){runId partition metadataEntries{label
    ... on IntMetadataEntry{intValue} ... on TextMetadataEntry{text}}}}}"""


@pytest.fixture(scope="session")
def nodes(pages):
    """What the webserver said of each product before any test started a run."""
    return {".".join(node["assetKey"]["path"]): node for node in pages.nodes}


def test_the_mesh_loads_as_one_location_with_every_product(pages, nodes):
    query = "{workspaceOrError{... on Workspace{locationEntries{name loadStatus locationOrLoadError{__typename}}}}}"
    (location,) = pages.ask(query)["workspaceOrError"]["locationEntries"]
    assert (location["name"], location["loadStatus"]) == ("mesh", "LOADED")
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation"
    assert set(nodes) == set(pages.mesh.products)


def test_each_product_has_the_owner_of_its_contract(pages, nodes):
    shown = {id: [owner.get("email") or owner.get("team") for owner in node["owners"]] for id, node in nodes.items()}
    assert shown == {id: [kept.contract.owner] for id, kept in pages.mesh.products.items()}


def test_each_product_has_the_columns_of_its_contract(pages, nodes):
    shown = {}
    for id, node in nodes.items():
        (schema,) = [entry["schema"] for entry in node["metadataEntries"] if "schema" in entry]
        shown[id] = [column["name"] for column in schema["columns"]]
    assert shown == {id: [c.name for c in kept.contract.columns] for id, kept in pages.mesh.products.items()}


def test_each_product_has_the_lineage_of_its_inputs(pages, nodes):
    shown = {id: {".".join(key["path"]) for key in node["dependencyKeys"]} for id, node in nodes.items()}
    assert shown == {id: set(kept.requires) for id, kept in pages.mesh.products.items()}


def test_a_product_has_the_lineage_of_columns_that_it_declares(pages, nodes):
    shown = {}
    for id, node in nodes.items():
        for entry in (entry for entry in node["metadataEntries"] if "lineage" in entry):
            shown[id] = {
                (one["columnName"], ".".join(dep["assetKey"]["path"]), dep["columnName"])
                for one in entry["lineage"]
                for dep in one["columnDeps"]
            }
    declared = {id: set(kept.product.origins) for id, kept in pages.mesh.products.items() if kept.product.lineage}
    assert shown == declared
    assert ("score", "risk.fraud_scores", "score") in shown["risk.fraud_alerts"]


def test_each_product_has_blocking_checks_that_ran(nodes):
    for id, node in nodes.items():
        checks = {check["name"]: check for check in node["assetChecksOrError"]["checks"]}
        assert {"cast", "quarantine"} <= set(checks), id
        assert checks["quarantine"]["blocking"]
        assert checks["quarantine"]["executionForLatestMaterialization"]["status"] == "SUCCEEDED", id


def test_each_target_is_a_check_of_the_product_that_measures_it(pages, nodes):
    checks = {check["name"] for check in nodes["risk.fraud_kpis"]["assetChecksOrError"]["checks"]}
    assert {kpi.id for kpi in pages.mesh.kpis} <= checks


def test_each_materialisation_has_the_row_count_of_its_receipt(pages, nodes):
    for id, node in nodes.items():
        (latest,) = node["assetMaterializations"]
        facts = {entry["label"]: entry.get("intValue", entry.get("text")) for entry in latest["metadataEntries"]}
        book = book_of(pages.mesh.warehouse, id, pages.mesh.products[id].contract.major)
        receipts = {(publication.digest, r.partition): r for publication in book.all() for r in publication.receipts}
        receipt = receipts[facts["hansa/receipt"], latest["partition"]]
        assert facts["dagster/row_count"] == receipt.published, id


# --- a run that is started in the pages -------------------------------------------------------------------------------

LAUNCH = """mutation($p:ExecutionParams!){launchPipelineExecution(executionParams:$p){__typename
  ... on LaunchRunSuccess{run{runId}} ... on PythonError{message}}}"""
MATERIALISED = """query($key:AssetKeyInput!){assetNodeOrError(assetKey:$key){... on AssetNode{
  assetMaterializations(limit:5){runId partition}}}}"""


def start(pages, product, day=None):
    """Start a product as the button of its page does; the id of the run."""
    selector = {"repositoryLocationName": "mesh", "repositoryName": "__repository__", "pipelineName": "__ASSET_JOB"}
    selector |= {"assetSelection": [{"path": product.split(".")}]}
    tags = [{"key": "dagster/partition", "value": day}] if day else []
    asked = {"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}}
    answer = pages.ask(LAUNCH, p=asked)["launchPipelineExecution"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return answer["run"]["runId"]


def made(pages, product, run):
    """The partition that a run has materialised, once it has."""

    def asked():
        node = pages.ask(MATERIALISED, key={"path": product.split(".")})["assetNodeOrError"]
        return [found["partition"] for found in node["assetMaterializations"] if found["runId"] == run]

    return until(asked, told=pages.log)


@pytest.fixture(scope="session")
def started(pages):
    """A day and a whole product, started one after the other; after ``nodes``, which shows the demo as it ran."""
    products = {"governance.transactions": NEXT_DAY, "governance.merchants": None}
    return {product: start(pages, product, day) for product, day in products.items()}


def test_a_day_that_is_started_in_the_pages_is_published(pages, started):
    product = "governance.transactions"
    assert made(pages, product, started[product]) == [NEXT_DAY]
    assert book_of(pages.mesh.warehouse, product).current()[NEXT_DAY][0].published > 0


def test_a_whole_product_that_is_started_in_the_pages_is_materialised(pages, started):
    assert made(pages, "governance.merchants", started["governance.merchants"]) == [None]


AGAIN = """mutation($p:ReexecutionParams!){launchRunReexecution(reexecutionParams:$p){__typename
  ... on LaunchRunSuccess{run{runId}} ... on PythonError{message}}}"""
RUNS = """{runsOrError(filter:{tags:[{key:"hansa/run",value:"cli"}]},limit:1){... on Runs{results{id canTerminate
  repositoryOrigin{repositoryName repositoryLocationName} assetSelection{path} tags{key value}}}}}"""


def test_a_run_of_the_command_line_belongs_to_the_location_and_can_be_run_again(pages, started):
    (run,) = pages.ask(RUNS)["runsOrError"]["results"]
    assert run["repositoryOrigin"] == {"repositoryName": "__repository__", "repositoryLocationName": "mesh"}
    again = pages.ask(AGAIN, p={"parentRunId": run["id"], "strategy": "ALL_STEPS"})["launchRunReexecution"]
    assert again["__typename"] == "LaunchRunSuccess", again
    product = ".".join(run["assetSelection"][0]["path"])
    assert made(pages, product, again["run"]["runId"])


# --- how it starts and ends -------------------------------------------------------------------------------------------


def refused(*arguments, command=HANSA, code=1):
    """The one sentence with which it refuses."""
    done = subprocess.run([*command, "ui", *arguments], env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    return done.stderr


def test_an_interrupt_stops_it_cleanly_even_if_a_background_shell_ignored_it(empty):
    opened = open_pages(empty, ignoring=(signal.SIGINT,))
    children = opened.children()
    assert len(children) == 3
    assert opened.stop(signal.SIGINT) == 0
    assert not any(map(alive, children))


#: Its code server is up later than all else.
PLUGIN = """
import sys, time
from pathlib import Path
from hansa.hooks import hookimpl
from hansa.products import Module, product

if "--socket" in sys.argv:
    time.sleep(4)

@product("slow.things")
def things():
    time.sleep(600)

@hookimpl
def hansa_contracts(): return [Path(__file__).parent]

@hookimpl
def hansa_modules(): return [Module("slow.core", (things,))]
"""
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: slow.things
version: 1.0.0
status: active
schema:
  - name: things
    properties: [{name: a, logicalType: string}]
"""


@pytest.fixture
def slow(tmp_path):
    """The mesh file and the folder of packages of a product that takes ten minutes."""
    packages = install(tmp_path / "packages", "slow", PLUGIN, {"things": CONTRACT})
    path = tmp_path / "mesh.yaml"
    path.write_text("name: slow\ntime_zone: UTC\nstart: 2026-01-01\nmodules: {slow.core: on}\n")
    return path, packages


def test_a_run_that_is_under_way_when_it_is_stopped_is_written_down_as_failed(slow):
    path, packages = slow
    opened = open_pages(path, PYTHONPATH=str(packages))
    start(opened, "slow.things")
    steps = "{runsOrError{... on Runs{results{stepStats{status}}}}}"

    def begun():
        (run,) = opened.ask(steps)["runsOrError"]["results"]
        return [step for step in run["stepStats"] if step["status"]]

    until(begun, told=opened.log)
    assert opened.stop(signal.SIGTERM) == 0
    with instance_of(opened.mesh) as instance:
        assert [run.status.value for run in instance.get_runs()] == ["FAILURE"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_its_processes_end_even_if_it_is_killed(empty):
    opened = open_pages(empty)
    children = opened.children()
    opened.stop(signal.SIGKILL)
    until(lambda: not any(map(alive, children)), seconds=30)
    assert children


def test_a_taken_port_is_one_sentence(empty):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert refused("--mesh", str(empty), "--port", port).startswith(f"hansa: port {port} of 127.0.0.1 is taken;")


def test_a_second_one_on_the_same_mesh_is_told_where_the_first_is(empty):
    home = empty.parent / ".hansa" / "dagster"
    home.mkdir(parents=True)
    with (home / "ui.url").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("http://127.0.0.1:3999\n")
        held.flush()
        assert "http://127.0.0.1:3999" in refused("--mesh", str(empty), "--port", str(free_port()))


def test_without_the_webserver_it_names_the_package_to_install(empty):
    hide = "import sys; sys.modules['dagster_webserver'] = None; from hansa.cli import main; main()"
    assert "pip install 'hansa[ui]'" in refused("--mesh", str(empty), command=[sys.executable, "-c", hide])


def test_a_mesh_file_that_does_not_exist_is_one_sentence(tmp_path):
    assert "none.yaml" in refused("--mesh", str(tmp_path / "none.yaml"), code=2)


# --- what the pages show ----------------------------------------------------------------------------------------------

drawn = pytest.mark.skipif(CHROMIUM is None, reason="no chromium binary is on the PATH")


def page(pages, place, profile):
    """The page as a headless browser has drawn it."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]
    flags += ["--window-size=1600,1000", "--virtual-time-budget=25000", "--dump-dom"]
    command = [CHROMIUM, *flags, f"http://127.0.0.1:{pages.port}{place}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


@drawn
@pytest.mark.browser
def test_the_lineage_page_of_the_group_draws_its_products(pages, tmp_path):
    document = page(pages, "/asset-groups~group%3A%22risk%2Ffraud%22/risk%2Ffraud_scores", tmp_path)
    names = [id.split(".")[1] for id, kept in pages.mesh.products.items() if kept.module == "risk.fraud"]
    assert [name for name in names if name not in document] == []


@drawn
@pytest.mark.browser
def test_the_page_of_a_product_lists_its_checks(pages, nodes, tmp_path):
    document = page(pages, "/assets/risk/fraud_kpis?view=checks", tmp_path)
    checks = [check["name"] for check in nodes["risk.fraud_kpis"]["assetChecksOrError"]["checks"]]
    assert [name for name in checks if name not in document] == []
