"""A mistake of a user is one sentence and an exit code, never a traceback, never a value of a sealed column."""

import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "9981776655"
MESH = "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\n"


@pytest.fixture
def refused(hansa, orders):
    """Publish a file under the contract ``t.orders``; the sentence with which it is refused."""

    def publish(file, code=1, contract=orders[0], options=()):
        done = hansa("publish", contract, file, "--warehouse", "wh", *options)
        assert done.code == code, done
        assert SECRET not in done.out + done.err
        return done.sentence

    return publish


def test_a_missing_file_is_named(refused):
    assert "there is no such file" in refused("order.csv")


def test_a_near_name_is_offered_for_a_missing_file(refused):
    assert "did you mean 'orders.csv'?" in refused("order.csv")


def test_a_directory_is_no_file(refused):
    Path("folder.csv").mkdir()
    assert "folder.csv: it is a folder" in refused("folder.csv")


def test_an_empty_file_is_refused(refused):
    Path("empty.csv").touch()
    assert "empty.csv: the file is empty" in refused("empty.csv")


def test_a_warehouse_that_is_a_file_is_told_as_one(refused):
    Path("file").touch()
    sentence = refused("orders.csv", options=("--warehouse", "file"))
    assert "file is no folder" in sentence
    assert "chmod" not in sentence


@pytest.mark.parametrize("words", [("verify", "--all"), ("quarantine", "list"), ("upkeep",)])
def test_a_named_warehouse_that_is_not_there_holds_nothing_to_look_over(hansa, words):
    done = hansa(*words, "--warehouse", "wharehouse")
    assert (done.code, done.out) == (1, "")
    assert done.sentence.startswith("hansa: wharehouse: there is no folder of a warehouse")


def test_a_major_version_that_is_not_published_is_told_with_those_that_are(hansa, orders):
    assert hansa("publish", *orders, "--warehouse", "wh").code == 0
    sentence = hansa("read", "t.orders@9", "--warehouse", "wh").sentence
    assert "no product 't.orders@9'" in sentence
    assert "published here: t.orders" in sentence


def test_a_column_whose_name_goes_over_two_lines_is_told_in_one(refused):
    Path("broken.csv").write_text('"id\n\x1b[2Jx",amount\nA,1\n')
    sentence = refused("broken.csv")
    assert "it lacks the required columns 'id'" in sentence
    assert "\x1b" not in sentence


def test_a_truncated_parquet_file_is_refused(refused):
    import polars as pl

    pl.DataFrame({"id": ["A"], "amount": [int(SECRET)]}).write_parquet("cut.parquet")
    content = Path("cut.parquet").read_bytes()
    Path("cut.parquet").write_bytes(content[: len(content) // 2])
    assert "cut.parquet: " in refused("cut.parquet")


def test_another_separator_is_named(refused):
    Path("semicolon.csv").write_text(f"id;amount\nA;{SECRET}\n")
    assert "the separator seems to be ';'" in refused("semicolon.csv")


def test_another_encoding_is_refused_with_its_line(refused):
    Path("old.csv").write_bytes(f"id,amount\nA,1\n深圳,{SECRET}\n".encode("gb18030"))
    assert "old.csv:3: byte 1 of the line is not UTF-8" in refused("old.csv")


def test_a_separator_that_is_no_character_is_refused(refused):
    assert "--separator" in refused("orders.csv", code=2, options=("--separator", "both"))


def test_an_unknown_zone_is_refused(refused):
    assert "Mars" in refused("orders.csv", code=2, options=("--zone", "Mars/Olympus"))


def test_a_value_that_cannot_be_cast_is_not_quoted(hansa, orders):
    orders[1].write_text(f"id,amount\nA,1\nB,{SECRET}x\n")
    done = hansa("publish", *orders, "--warehouse", "wh")
    assert (done.code, "amount.type: 1" in done.out) == (0, True)
    assert SECRET not in done.out + done.err


def test_a_missing_contract_is_named(refused):
    assert "none.odcs.yaml" in refused("orders.csv", contract="none.odcs.yaml")


def test_a_tab_in_a_contract_is_refused_with_its_line(refused, orders):
    text = orders[0].read_text().replace("status: active", "\tstatus: active")
    Path("tab.odcs.yaml").write_text(text)
    assert "tab.odcs.yaml:6: " in refused("orders.csv", contract="tab.odcs.yaml")


def test_a_warehouse_that_is_a_file_cannot_be_written(hansa, orders):
    Path("taken").touch()
    done = hansa("publish", *orders, "--warehouse", "taken")
    assert (done.code, "taken: the warehouse cannot be written" in done.sentence) == (1, True)


def test_a_warehouse_whose_catalog_is_no_catalog_is_one_sentence(hansa, orders):
    hansa("publish", *orders, "--warehouse", "wh")
    Path("wh/t/orders/metadata/v1.metadata.json").write_text(SECRET * 100)
    done = hansa("read", "t.orders", "--warehouse", "wh")
    assert (done.code, "this is no metadata of an Iceberg table" in done.sentence) == (1, True)


def test_a_warehouse_elsewhere_than_in_a_folder_or_bucket_is_refused(hansa, orders):
    done = hansa("publish", *orders, "--warehouse", "gs://lake/wh")
    assert (done.code, "not in gs://" in done.sentence) == (2, True)


@pytest.mark.parametrize("mesh", [False, True], ids=["no mesh", "a mesh"])
def test_an_empty_warehouse_is_refused_and_not_taken_for_the_default(hansa, orders, mesh):
    if mesh:
        Path("mesh.yaml").write_text(MESH)
    done = hansa("publish", *orders, "--warehouse", "")
    assert (done.code, "--warehouse is empty" in done.sentence) == (2, True)
    assert not Path("warehouse").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("bogus",), "No such command 'bogus'; see: hansa --help"),
        (("read", "--bogus"), "No such option: --bogus; see: hansa read --help"),
        (("publish", "only.odcs.yaml"), "Missing argument 'file'; see: hansa publish --help"),
        (("read", "t.orders", "--limit", "-1"), "see: hansa read --help"),
        (("demo", "--customers", "many"), "see: hansa demo --help"),
        (("verify",), "which product?"),
        (("read", "orders"), "'orders' is no product"),
        (("read", "t.orders@new"), "'t.orders@new' is no product"),
        (("read", "t.orders", "--at", "yesterday"), "'yesterday' is no snapshot and no time"),
        (("run",), "mesh.yaml: there is no mesh file"),
        (("run", "--mesh", "none.yaml"), "none.yaml: there is no mesh file"),
        (("run", "--mesh", "."), "it is a folder, not a mesh file"),
        (("scorecard",), "mesh.yaml: there is no mesh file"),
        (("check",), "mesh.yaml: there is no mesh file"),
    ],
)
def test_a_wrong_word_is_one_sentence_and_exit_code_2(hansa, words, told):
    done = hansa(*words)
    assert (done.code, told in done.sentence) == (2, True), done


def test_an_unknown_product_is_answered_with_those_that_are_there(hansa, orders):
    hansa("publish", *orders, "--warehouse", "wh")
    done = hansa("read", "t.order", "--warehouse", "wh")
    assert (done.code, "no product 't.order'" in done.sentence, "t.orders" in done.sentence) == (1, True, True)


@pytest.mark.parametrize("command", ["read", "history", "verify"])
def test_a_warehouse_that_is_not_there_holds_no_product_and_is_not_made(hansa, command):
    done = hansa(command, "t.orders", "--warehouse", "wh")
    assert (done.code, "no product 't.orders'" in done.sentence) == (1, True)
    assert not Path("wh").exists()


@pytest.mark.parametrize(
    ("name", "told"), [("o.xlsx", "'.xlsx' is no known ending"), ("none/o.csv", "there is no folder none")]
)
def test_an_output_that_cannot_be_written_is_refused(hansa, orders, name, told):
    hansa("publish", *orders, "--warehouse", "wh")
    done = hansa("read", "t.orders", "--warehouse", "wh", "-o", name)
    assert (done.code in (1, 2), told in done.sentence) == (True, True), done


def test_a_mesh_file_that_is_no_mapping_is_refused(hansa):
    Path("mesh.yaml").write_text("just words\n")
    done = hansa("run")
    assert (done.code, "mesh.yaml:1: the file is no mapping" in done.sentence) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("no.module",), "no enabled module and no product is named 'no.module'"),
        (("--from", "soon"), "--from 'soon' is no day"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "--to 2026-03-01 is before --from 2026-03-02"),
        (("--from", "2026-02-28"), "2026-02-28 is before the mesh's start 2026-03-01"),
    ],
)
def test_a_run_that_cannot_be_meant_is_refused(hansa, words, told):
    Path("mesh.yaml").write_text(MESH)
    done = hansa("run", "--bare", *words)
    assert (done.code, told in done.sentence) == (2, True), done


def test_a_reader_that_leaves_early_is_no_error(hansa, orders):
    orders[1].write_text("id,amount\n" + "".join(f"row-{n:06},{n}\n" for n in range(60_000)))
    hansa("publish", *orders, "--warehouse", "wh")
    command = f"{sys.executable} -c 'from hansa.cli import main; main()' read t.orders --warehouse wh | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("id,amount\n", "")


def test_a_fault_of_our_own_is_told_by_its_place_and_not_by_its_text(hansa, orders, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(f"row {SECRET}")

    monkeypatch.setattr("hansa.contract.read_contract", broken)
    done = hansa("publish", *orders, "--warehouse", "wh")
    assert (done.code, "RuntimeError at " in done.sentence, SECRET in done.sentence) == (70, True, False)
