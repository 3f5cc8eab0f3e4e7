import datetime as dt

import pytest
from hansa.errors import MeshError
from hansa.mesh.file import MeshFile
from hansa.mesh.place import find_mesh_file
from hansa.mesh.read import read_mesh_file


def test_a_mesh_file_is_read_with_its_defaults(write):
    file = read_mesh_file(write("modules:\n  risk.fraud: on\n  risk.credit: off\n"))
    assert (file.name, file.time_zone, file.start) == ("Harbour Bank", "Asia/Shanghai", dt.date(2026, 1, 1))
    assert file.modules == {"risk.fraud": "on", "risk.credit": "off"}
    assert (file.warehouse, file.keys, file.dagster_home, file.threads) == (
        "warehouse",
        ".hansa/keys",
        ".hansa/dagster",
        2,
    )


def test_a_source_is_bound_by_its_uri(write):
    file = read_mesh_file(write("sources:\n  a.rows: {uri: data/rows.csv}\n"))
    assert file.sources["a.rows"].uri == "data/rows.csv"


def test_settings_keep_their_types(write):
    text = "settings:\n  risk.fraud: {capacity: 50, share: 0.5, strict: true, note: 'on'}\n"
    given = read_mesh_file(write(text)).settings["risk.fraud"]
    assert [type(value) for value in given.values()] == [int, float, bool, str]


def test_every_field_says_what_it_means():
    assert all(field.description for field in MeshFile.model_fields.values())


def test_the_environment_overrides_the_file(write, monkeypatch):
    monkeypatch.setenv("HANSA_THREADS", "1")
    monkeypatch.setenv("HANSA_WAREHOUSE", "elsewhere")
    file = read_mesh_file(write("threads: 4\n"))
    assert (file.threads, file.warehouse) == (1, "elsewhere")


def test_the_environment_reaches_one_level_down_and_leaves_the_rest(write, monkeypatch):
    monkeypatch.setenv("HANSA_MODULES__risk.fraud", "off")
    monkeypatch.setenv("HANSA_SETTINGS__risk.fraud__capacity", "7")
    file = read_mesh_file(
        write("modules: {risk.fraud: on, a.b: on}\nsettings:\n  risk.fraud: {capacity: 5, share: 1}\n")
    )
    assert file.modules == {"risk.fraud": "off", "a.b": "on"}
    assert file.settings == {"risk.fraud": {"capacity": 7, "share": 1}}


def test_a_day_may_come_from_the_environment(write, monkeypatch):
    monkeypatch.setenv("HANSA_START", "2026-03-01")
    assert read_mesh_file(write("")).start == dt.date(2026, 3, 1)


def test_an_empty_variable_overrides_nothing(write, monkeypatch):
    monkeypatch.setenv("HANSA_WAREHOUSE", "")
    assert read_mesh_file(write("")).warehouse == "warehouse"


MISTAKES = {
    "unknown_field": ("modulez: {}\n", ":4: there is no field 'modulez'; did you mean 'modules'?"),
    "field_with_underscore": ("_env_file: x\n", ":4: there is no field '_env_file'"),
    "yes_for_on": ("modules:\n  a.b: yes\n", ":5: modules.a.b is 'yes'; write 'on', 'off' or 'shadow'"),
    "misspelled_state": ("modules:\n  a.b: onn\n", ":5: modules.a.b is 'onn'; did you mean 'on'?"),
    "modules_as_list": ("modules:\n  - a.b\n", "modules is a list: no mapping; write it as 'name: value', one a line"),
    "bucket_that_is_none": ("warehouse: s3://A/b\n", "no address of a bucket; write s3://bucket/prefix"),
    "time_that_is_none": (
        "store: {patience: soon}\n",
        ":4: store.patience is wrong: no duration; write seconds, or a duration such as PT30S",
    ),
    "catalog_without_address": (
        "catalog: {type: sql}\n",
        ":4: catalog is wrong: a sql catalog needs a uri; write sqlite:////folder/catalog.db or postgresql://user@host",
    ),
    "object_store": ("warehouse: gs://lake/wh\n", ":4: warehouse is 'gs://...': no folder; write the path of a folder"),
    "no_warehouse": ("warehouse: ''\n", ":4: warehouse is '': empty; write the path of a folder"),
    "no_threads": ("threads: 0\n", ":4: threads is '0'"),
    "truth_as_number": ("threads: true\n", ":4: threads is 'True': no number"),
    "text_as_number": ("seed: many\n", ":4: seed is 'many': no whole number; the seed of everything"),
    "list_as_setting": ("settings:\n  a.b:\n    c: [1]\n", ":6: settings.a.b.c is a list: no single value"),
    "source_without_uri": ("sources:\n  a.rows: {}\n", "sources.a.rows.uri is missing; write uri"),
    "unknown_word_of_a_source": (
        "sources:\n  a.rows:\n    url: x.csv\n",
        "there is no field 'sources.a.rows.url'; did you",
    ),
    "unknown_word_of_a_mapping": (
        "sources:\n  a.rows:\n    uri: x\n    mapping: {renam: {}}\n",
        ":7: there is no field 'sources.a.rows.mapping.renam'; did you mean 'rename'?",
    ),
    "delay_that_is_none": (
        "sources:\n  a.rows:\n    uri: x\n    mapping:\n      offset:\n        known_at: {column: at, by: soon}\n",
        ":9: sources.a.rows.mapping.offset.known_at.by is 'soon': no delay; write it as 7 days",
    ),
    "format_that_is_none": (
        "sources:\n  a.rows:\n    uri: x\n    mapping:\n      formats:\n        day: ['%q.%m.%Y']\n",
        ":9: sources.a.rows.mapping.formats.day.0 is '%q.%m.%Y': no format: it does not tell the day, month and year; "
        "write it as %d.%m.%Y or %Y-%m-%d %H:%M:%S",
    ),
    "constant_that_is_a_list": (
        "sources:\n  a.rows:\n    uri: x\n    mapping: {constant: {branch: [1]}}\n",
        ":7: sources.a.rows.mapping.constant.branch is a list",
    ),
    "source_that_is_empty": ("sources:\n  a.rows:\n", ":5: sources.a.rows is empty"),
    "tab": ("modules:\n\ta.b: on\n", ":5: "),
    "unclosed": ("modules: {a.b: on\n", "mesh.yaml:"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_file_is_one_sentence_with_its_place(write, mistake):
    text, told = MISTAKES[mistake]
    with pytest.raises(MeshError) as caught:
        read_mesh_file(write(text))
    sentence = caught.value.sentence()
    assert told in sentence
    assert "\n" not in sentence
    assert caught.value.exit_code == 2


HEADS = {
    "no_name": ("time_zone: UTC\nstart: 2026-01-01\n", "name is missing; write name: the institution's name"),
    "unknown_zone": (
        "name: x\ntime_zone: Asia/Shanghay\nstart: 2026-01-01\n",
        ":2: time_zone is 'Asia/Shanghay': no known",
    ),
    "folder_as_zone": ("name: x\ntime_zone: Asia\nstart: 2026-01-01\n", ":2: time_zone is 'Asia': no known time zone"),
    "escaping_zone": ("name: x\ntime_zone: ../../etc/passwd\nstart: 2026-01-01\n", "no known time zone"),
    "number_as_day": ("name: x\ntime_zone: UTC\nstart: 20260101\n", ":3: start is '20260101': no date"),
    "day_that_is_none": (
        "name: x\ntime_zone: UTC\nstart: 2026-02-30\n",
        ":3: start is '2026-02-30': no day of the calendar; write it as 2026-03-01",
    ),
    "short_month": (
        "name: x\ntime_zone: UTC\nstart: 2026-3-1\n",
        ":3: start is '2026-3-1': no date; write it as 2026-03-01",
    ),
    "text_as_day": ("name: x\ntime_zone: UTC\nstart: soon\n", ":3: start is 'soon': no date; write it as 2026-03-01"),
    "list": ("- a\n- b\n", "mapping"),
    "text": ("just a text\n", "mapping"),
    "nothing": ("", "mesh.yaml"),
    "one_key_twice": ("name: x\nname: y\ntime_zone: UTC\nstart: 2026-01-01\n", ":2"),
}


@pytest.mark.parametrize("mistake", HEADS)
def test_a_mistake_in_the_head_is_one_sentence_with_its_place(write, mistake):
    head, told = HEADS[mistake]
    with pytest.raises(MeshError, match=r"mesh.yaml") as caught:
        read_mesh_file(write("", head=head))
    assert told in caught.value.sentence()
    assert "\n" not in caught.value.sentence()


def test_several_mistakes_tell_the_first_and_how_many_follow(write):
    with pytest.raises(MeshError, match=r":4: threads.*1 more to mend"):
        read_mesh_file(write("threads: 0\nseed: many\n"))


def test_a_password_in_an_address_is_never_shown(write):
    with pytest.raises(MeshError) as caught:
        read_mesh_file(write("warehouse: s3://user:geheim@lake/wh?key=geheim\n"))
    assert "geheim" not in caught.value.sentence()


def test_a_mistake_in_the_environment_names_the_variable(write, monkeypatch):
    monkeypatch.setenv("HANSA_THREADS", "many")
    with pytest.raises(MeshError, match=r"^HANSA_THREADS: threads is 'many'"):
        read_mesh_file(write("threads: 2\n"))


def test_a_variable_that_holds_no_json_is_named(write, monkeypatch):
    monkeypatch.setenv("HANSA_MODULES", "{a.b: on")
    with pytest.raises(MeshError, match=r"^HANSA_MODULES: it holds no JSON"):
        read_mesh_file(write(""))


def test_the_path_given_goes_before_the_variable_and_the_folder(write, tmp_path, monkeypatch):
    here = write("")
    other = tmp_path / "other.yaml"
    other.write_text("")
    monkeypatch.setenv("HANSA_MESH", str(other))
    assert find_mesh_file(here) == here.resolve()
    assert find_mesh_file() == other.resolve()
    monkeypatch.delenv("HANSA_MESH")
    assert find_mesh_file() == here.resolve()


def test_a_missing_mesh_file_says_how_to_get_one():
    with pytest.raises(MeshError, match=r"mesh\.yaml: there is no mesh file; hansa demo makes one, or --mesh PATH"):
        find_mesh_file()


def test_a_folder_is_no_mesh_file(tmp_path):
    with pytest.raises(MeshError, match="it is a folder, not a mesh file"):
        find_mesh_file(tmp_path)


def test_a_mesh_file_of_a_near_name_is_offered(tmp_path):
    (tmp_path / "mesh.yml").touch()
    with pytest.raises(MeshError, match=r"there is no mesh file; did you mean 'mesh.yml'\?"):
        find_mesh_file()


def test_a_mesh_file_that_the_environment_names_is_told_so(monkeypatch):
    monkeypatch.setenv("HANSA_MESH", "elsewhere.yaml")
    with pytest.raises(MeshError, match=r"elsewhere\.yaml: there is no mesh file, and HANSA_MESH names it"):
        find_mesh_file()
