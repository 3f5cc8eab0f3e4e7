"""hansa init: a mesh file to begin with, in which every setting is told and a default is a default."""

import re

import pytest
from hansa.cli import app
from hansa.contract import read_contract
from hansa.errors import MeshError
from hansa.mesh import load_mesh
from hansa.mesh.file import MeshFile
from hansa.mesh.profiles import modules_of
from hansa.mesh.read import read_mesh_file
from hansa.mesh.written import allowed, mesh_text, rest_text, scalar
from hansa.mesh.written_short import short_text
from hansa.products import Setting, source_product
from hansa.registry import Registry
from hansa.sources import binding
from hansa.sources.binding import Binding, MappingWords
from hansa.standing import source_findings
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from typer.testing import CliRunner

HEAD = {"name": "harbour", "time_zone": "UTC", "start": "2026-01-01"}


@pytest.fixture
def registry(make):
    """a.one (a source), b.two that reads it, c.three that reads nothing, and marketing.core."""
    settings = {
        "limit": Setting(5, "how many"),
        "share": Setting(0.5, "how much"),
        "word": Setting("yes: #1", "which word"),
        "loud": Setting(True, "whether it is loud"),
    }
    modules = [
        make.module("a.one", source_product("a.rows"), title="Rows"),
        make.module("b.two", make.computed("b.sums", "a.rows@1"), settings=settings),
        make.module("c.three", make.computed("c.view")),
        make.module("marketing.core", make.computed("marketing.x")),
    ]
    contracts = [make.contract(id) for id in ("a.rows", "b.sums", "c.view", "marketing.x")]
    return Registry(
        modules={module.name: module for module in modules},
        contracts={(contract.id, contract.major): contract for contract in contracts},
    )


@pytest.fixture
def text(registry):
    return mesh_text(HEAD, ["a.one", "b.two"], registry)


def settings_of(path):
    return read_mesh_file(path).model_dump()


def test_the_file_is_a_mesh_with_the_modules_on(write, text):
    file = read_mesh_file(write(text, head=""))
    assert (file.name, str(file.start), file.modules) == (
        "harbour",
        "2026-01-01",
        {"a.one": "on", "b.two": "on", "c.three": "off", "marketing.core": "off"},
    )


def test_every_setting_is_told_with_what_it_means(text):
    flat = " ".join(line.removeprefix("#").strip(" #") for line in text.splitlines())
    for model in [MeshFile, MappingWords, *(one.annotation for one in MeshFile.model_fields.values())]:
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                assert re.search(rf"^#?( *| - ){name}:", text, re.MULTILINE), name
                assert field.description in flat, name


def closed_lists():
    """Every setting with a closed list of words, with the words."""
    for model in [MeshFile, Binding, MappingWords, *(one.annotation for one in MeshFile.model_fields.values())]:
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                if words := allowed(field.annotation):
                    yield name, words


def test_the_words_of_each_closed_list_stand_in_the_comment_of_its_setting(text):
    lists = dict(closed_lists())
    assert {"modules", "checksums", "type", "schedules", "automation", "weekends", "path_style"} <= {*lists}
    lines = text.splitlines()
    for name, words in lists.items():
        at = next(n for n, line in enumerate(lines) if re.match(rf"#? *(- )?{name}:|# - {name}:", line))
        above = at
        while re.match(r"#? *# |# \w", lines[above - 1]):
            above -= 1
        told = " ".join(lines[above : at + 1])
        assert all(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", told) for word in words), (name, told)


def test_words_that_a_description_has_already_are_not_told_twice(text):
    assert text.count("warehouse (no service at all), sql (SQLite, PostgreSQL), glue or rest") == 1
    assert "or rest; one of" not in text
    assert "; one of on, off" in text


def test_a_setting_that_takes_anything_has_no_list(text):
    assert "where the file has no such column\n" in text


def test_a_setting_of_a_module_that_is_true_or_false_says_so(text):
    assert "#    # whether it is loud; true or false\n#    loud: true\n" in text


def test_the_signs_of_numbers_are_all_told(text):
    for name in ("decimal", "grouping"):
        line = next(line for line in text.splitlines() if line.startswith(f"# - {name}:"))
        known = binding.DECIMALS if name == "decimal" else binding.GROUPINGS
        assert all(sign in line for sign in known), line


def test_the_words_of_a_column_stand_beside_it(write, registry, tmp_path):
    path = tmp_path / "a.rows.odcs.yaml"
    listed = "{name: s, metric: invalidValues, arguments: {validValues: [open, paid]}, mustBe: 0}"
    path.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: a.rows\nversion: 1.0.0\nstatus: active\nschema:\n- name: rows\n"
        "  properties:\n"
        "  - {name: side, logicalType: string, required: true, enum: [{value: debit}, {value: credit}]}\n"
        f"  - {{name: state, logicalType: string, required: true, quality: [{listed}]}}\n"
    )
    registry.contracts["a.rows", 1] = read_contract(path)
    for text in (mesh_text(HEAD, ["a.one"], registry), short_text(HEAD, ["b.two"], registry)):
        assert "side: side  # string, required, one of debit, credit\n" in text
        assert "state: state  # string, required, one of open, paid\n" in text


def documented(text):
    """Each line that is a setting with its default, with the lines that it belongs to."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = re.fullmatch(r"#((?:  )*)([\w.]+):( .*)", line)
        if found:
            yield number, len(found[1]), found[2]


def parents(lines, number, depth):
    for above in range(number - 1, -1, -1):
        found = re.fullmatch(r"#( *)[\w.]+:", lines[above])
        if found and len(found[1]) < depth:
            depth = len(found[1])
            yield above
            if not depth:
                return


def test_a_line_with_its_sign_taken_away_changes_nothing(write, text):
    """All lines but the stubs of sources, which bind a file."""
    before = settings_of(write(text, head=""))
    lines, names = text.splitlines(), []
    end = lines.index("#sources:")
    for number, depth, name in documented(text):
        if end <= number <= end + 6:
            continue
        taken = {number, *parents(lines, number, depth)}
        changed = [line[1:] if place in taken else line for place, line in enumerate(lines)]
        after = settings_of(write("\n".join(changed) + "\n", head=""))
        if name in ("limit", "share", "word", "loud"):
            module = after.pop("settings")["b.two"]
            assert module == {name: {"limit": 5, "share": 0.5, "word": "yes: #1", "loud": True}[name]}
            after["settings"] = {}
        assert after == before, name
        names.append(name)
    assert {"warehouse", "longest_run", "uri", "seed", "cron", "limit", "word", "overlays", "shadow"} <= set(names)


def test_the_stub_of_a_source_binds_it_to_columns_of_the_same_names(write, text):
    begin, end = text.index("#sources:"), text.index("\n\n", text.index("#sources:"))
    stub = "\n".join(line[1:] for line in text[begin:end].splitlines())
    source = read_mesh_file(write(text[:begin] + stub + text[end:], head="")).sources["a.rows"]
    assert (source.uri, source.mapping.rename) == ("rows.csv", {"business_date": "business_date"})


def test_a_profile_brings_what_computes_the_inputs_of_its_modules_and_no_module_of_sources(registry, make):
    installed = {**registry.modules, "risk.fraud": make.module("risk.fraud", make.computed("risk.x", "b.sums@1"))}
    assert modules_of("small", installed) == ["b.two", "marketing.core", "risk.fraud"]
    assert modules_of("full", registry.modules) == ["a.one", "b.two", "c.three", "marketing.core"]


def test_a_profile_of_which_nothing_is_installed_is_refused(registry):
    with pytest.raises(MeshError) as nothing:
        modules_of("small", {"c.three": registry.modules["c.three"]})
    with pytest.raises(MeshError) as slip:
        modules_of("smal", registry.modules)
    assert nothing.value.what == "no installed plugin brings risk.fraud or marketing.*"
    assert slip.value.next_step == "did you mean 'small'?"


def test_a_short_file_tells_each_setting_that_it_has_and_names_all_others(registry):
    text = short_text(HEAD, ["b.two", "c.three"], registry)
    flat = " ".join(line.removeprefix("#").strip() for line in text.splitlines())
    for name, field in MeshFile.model_fields.items():
        if re.search(rf"^{name}:", text, re.MULTILINE):
            assert field.description.split(": ")[0][:40] in flat, name
        else:
            assert re.search(rf"has a default: .*\b{name}\b", flat), name


def test_a_short_file_is_a_mesh_whose_modules_lack_nothing(write, registry):
    path = write(short_text(HEAD, ["b.two"], registry), head="")
    file = read_mesh_file(path)
    assert (file.modules, file.sources["a.rows"].uri) == ({"b.two": "on"}, "rows.csv")
    assert load_mesh(path, registry).findings == ()


def test_a_short_file_of_nothing_is_a_mesh(write):
    file = read_mesh_file(write(short_text(HEAD, [], Registry()), head=""))
    assert (file.modules, file.sources) == ({}, {})


def test_columns_that_may_be_missing_are_named_and_not_asked_for(write, registry, tmp_path):
    path = tmp_path / "a.rows.odcs.yaml"
    columns = ["{name: id, logicalType: string, required: true, primaryKey: true}", "{name: note, logicalType: string}"]
    path.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: a.rows\nversion: 1.0.0\nstatus: active\nschema:\n- name: rows\n"
        "  properties:\n" + "".join(f"  - {one}\n" for one in columns)
    )
    registry.contracts["a.rows", 1] = read_contract(path)
    text = short_text(HEAD, ["b.two"], registry)
    assert read_mesh_file(write(text, head="")).sources["a.rows"].mapping.rename == {"id": "id"}
    assert "    # it takes these too, and they may be missing: note\n" in text


TEXT = st.text(st.characters(exclude_categories=("Cs",)))


@given(st.one_of(TEXT, st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.none()))
def test_a_value_is_read_as_it_was_written(tmp_path_factory, value):
    from hansa.contract.yaml_text import load

    path = tmp_path_factory.mktemp("value") / "v.yaml"
    path.write_bytes(f"v: {scalar(value)}  # about it\n".encode())
    assert load(path)[0] == {"v": value}


# --- the command ------------------------------------------------------------------------------------------------------


def init(*words):
    return CliRunner().invoke(app, ["init", *words], catch_exceptions=False)


@pytest.mark.parametrize("profile", ["small", "full"])
def test_check_says_exactly_what_is_left_to_bind(tmp_path, profile):
    answer = init("--profile", profile, "--into", str(tmp_path / "bank"))
    mesh = load_mesh(tmp_path / "bank" / "mesh.yaml")
    told = {line.split("sources.")[1] for line in answer.output.splitlines() if "left to bind" in line}
    found = [*mesh.findings, *source_findings(mesh)]
    assert {f.product for f in found if f.severity == "error"} == told
    assert "governance.transactions" in told


def test_the_small_profile_has_only_the_sources_of_what_it_computes(tmp_path):
    init("--into", str(tmp_path / "bank"))
    mesh = load_mesh(tmp_path / "bank" / "mesh.yaml")
    read = {given for product in mesh.products.values() for given in product.requires}
    assert set(mesh.file.sources) == read - {id for id, one in mesh.products.items() if one.binding is None}
    assert [name for name, state in mesh.file.modules.items() if state != "on"] == []
    assert not mesh.left_out


def test_the_small_profile_is_a_page_and_the_full_one_has_all(tmp_path):
    for profile in ("small", "full"):
        init("--profile", profile, "--into", str(tmp_path / profile))
    small, full = ((tmp_path / name / "mesh.yaml").read_text() for name in ("small", "full"))
    assert len(small.splitlines()) < 80 < len(full.splitlines())
    assert not re.search(r"^#\w+:", small, re.MULTILINE)


def test_a_file_that_is_there_is_never_written_over(tmp_path, write):
    path = write("", head="mine\n")
    with pytest.raises(MeshError, match="it is there already; nothing was written"):
        init("--into", str(tmp_path))
    assert path.read_text() == "mine\n"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "mesh.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(MeshError, match="it is there already"):
        init("--into", str(tmp_path))
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MeshError, match="it cannot be written"):
        init("--profile", "full", "--into", str(tmp_path / "file" / "bank"))


def test_an_odd_name_of_a_folder_is_a_name(tmp_path):
    init("--profile", "full", "--into", str(tmp_path / "Банк: #1 'x'"))
    assert read_mesh_file(tmp_path / "Банк: #1 'x'" / "mesh.yaml").name == "Банк: #1 'x'"


PROFILE = """# a small lender
modules: {governance.core: on}  # no fraud yet
seed: 7
sources:
  governance.merchants: {uri: data/merchants.csv}
  governance.accounts:
    uri: not/there.csv
"""


@pytest.fixture
def lender(tmp_path):
    (tmp_path / "profiles" / "data").mkdir(parents=True)
    (tmp_path / "profiles" / "data" / "merchants.csv").write_text("merchant_id\nm1\n")
    profile = tmp_path / "profiles" / "lender.yaml"
    profile.write_text(PROFILE)
    return profile


def test_a_profile_file_keeps_its_words_and_what_it_leaves_open_is_told(lender, tmp_path):
    init("--profile", str(lender), "--into", str(tmp_path / "bank"))
    path = tmp_path / "bank" / "mesh.yaml"
    text, file = path.read_text(), read_mesh_file(path)
    assert "modules: {governance.core: on}  # no fraud yet\nseed: 7\n" in text
    assert (file.name, file.time_zone, file.seed) == ("bank", "UTC", 7)
    assert "#threads: 2\n" in text
    assert "#seed:" not in text
    assert "#  governance.customers:\n" in text
    assert "#  governance.merchants:\n" not in text


def test_a_file_beside_the_profile_is_found_from_the_new_folder(lender, tmp_path):
    init("--profile", str(lender), "--into", str(tmp_path / "bank"))
    sources = read_mesh_file(tmp_path / "bank" / "mesh.yaml").sources
    assert sources["governance.merchants"].uri == "../profiles/data/merchants.csv"
    assert sources["governance.accounts"].uri == "not/there.csv"


def test_a_mistake_in_a_profile_is_told_with_its_line_and_nothing_is_written(lender, tmp_path):
    lender.write_text(PROFILE.replace("seed: 7", "sead: 7"))
    with pytest.raises(MeshError) as caught:
        init("--profile", str(lender), "--into", str(tmp_path / "bank"))
    assert caught.value.sentence().startswith(f"{lender}:3: there is no field 'sead'; did you mean 'seed'?")
    assert not (tmp_path / "bank").exists()


def test_what_a_profile_says_is_not_said_again(registry):
    text = rest_text({"name", "seed"}, ["a.one"], registry, bound=["a.rows"])
    assert "#seed" not in text
    assert "a.rows" not in text
    assert "#warehouse: warehouse\n" in text
