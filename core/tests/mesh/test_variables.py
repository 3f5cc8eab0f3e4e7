"""Settings of the store and of the catalog by variables: read as the mesh file's, and told by the variable's name."""

import datetime as dt

import pytest
from hansa.errors import MeshError
from hansa.mesh.read import read_mesh_file, read_variables

SECRET = "s3cr3t"


@pytest.fixture(params=["with a mesh file", "without one"])
def read(request, write):
    """The settings of store and catalog, as both kinds of commands read them."""

    def settings():
        if request.param == "without one":
            return read_variables()
        file = read_mesh_file(write(""))
        return file.store, file.catalog

    return settings


@pytest.fixture
def refused(read, monkeypatch):
    def sentence(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(MeshError) as caught:
            read()
        assert SECRET not in str(caught.value)
        return str(caught.value)

    return sentence


@pytest.mark.parametrize(
    ("variable", "near", "known"),
    [
        ("HANSA_STORE__ENDPONT", "did you mean HANSA_STORE__ENDPOINT?", "endpoint, region, path_style"),
        ("HANSA_STORE__REGON", "did you mean HANSA_STORE__REGION?", "endpoint, region, path_style"),
        ("HANSA_CATALOG__TPYE", "did you mean HANSA_CATALOG__TYPE?", "type, uri, properties"),
    ],
)
def test_a_variable_with_a_typing_error_is_named_with_the_near_one_and_all_fields(refused, variable, near, known):
    sentence = refused(**{variable: SECRET})
    assert sentence.startswith(f"{variable}: there is no field")
    assert f"{near} known are {known}" in sentence


def test_a_variable_like_no_field_is_answered_with_the_known_fields(refused):
    sentence = refused(HANSA_STORE__XYZ=SECRET)
    assert (sentence.startswith("HANSA_STORE__XYZ: "), "did you mean" in sentence) == (True, False)
    assert "known are endpoint, region" in sentence


@pytest.mark.parametrize(
    ("variable", "value", "mend"),
    [
        ("HANSA_STORE__ENDPOINT", SECRET, "write it as https://host or http://host:port"),
        ("HANSA_STORE__RETRIES", f"{SECRET}", "how often one request is repeated"),
        ("HANSA_CATALOG__TYPE", "sqll", "did you mean 'sql'?"),
        ("HANSA_CATALOG__TYPE", "sql", "a sql catalog needs a uri; write sqlite:////folder/catalog.db"),
        ("HANSA_STORE", SECRET, "HANSA_STORE__"),
        ("HANSA_STORE", '{"endpont": "x"}', "did you mean 'endpoint'?"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable_and_the_mend_and_is_not_shown(refused, variable, value, mend):
    sentence = refused(**{variable: value})
    assert sentence.startswith(f"{variable}: ")
    assert mend in sentence


def test_seconds_are_a_number_in_a_variable_as_in_the_file(read, monkeypatch):
    monkeypatch.setenv("HANSA_STORE__PATIENCE", "10")
    monkeypatch.setenv("HANSA_STORE__CONNECT_TIMEOUT", "PT3S")
    monkeypatch.setenv("HANSA_STORE__REGION", "123")
    store, _ = read()
    assert (store.patience, store.connect_timeout) == (dt.timedelta(seconds=10), dt.timedelta(seconds=3))
    assert store.region == "123"


def test_properties_of_a_catalog_can_be_variables(read, monkeypatch):
    monkeypatch.setenv("HANSA_CATALOG__TYPE", "rest")
    monkeypatch.setenv("HANSA_CATALOG__URI", "https://catalog.example")
    monkeypatch.setenv("HANSA_CATALOG__PROPERTIES__token", SECRET)
    assert read()[1].properties == {"token": SECRET}


def test_a_typing_error_in_the_file_is_told_by_its_line_and_the_fields_of_its_own_section(write):
    with pytest.raises(MeshError) as caught:
        read_mesh_file(write("store:\n  endpont: http://h\n"))
    sentence = str(caught.value)
    assert "mesh.yaml:5: there is no field 'store.endpont'; did you mean 'endpoint'? known are endpoint" in sentence
