"""Settings of a store and of a catalog: one spelling for each client, and never a credential."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.errors import HansaError, MeshError
from hansa.store.bucket import Bucket
from hansa.store.settings import CatalogSettings, StoreSettings, without_password
from hypothesis import given
from hypothesis import strategies as st
from machinery.faults import RefuseChecksums
from pyiceberg.io import load_file_io

SECRET = "s3cr3t"
NAMES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")


def test_nothing_given_is_aws():
    assert (StoreSettings.of().endpoint, StoreSettings.of().region) == (None, "us-east-1")
    assert "s3.endpoint" not in StoreSettings.of().for_pyiceberg()


@pytest.mark.parametrize(
    ("variables", "endpoint", "region"),
    [
        ({"AWS_ENDPOINT_URL": "http://a:1"}, "http://a:1", "us-east-1"),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2/"}, "http://b:2", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "cn-north-1"}, None, "cn-north-1"),
        ({"AWS_ENDPOINT_URL": "", "AWS_REGION": ""}, None, "us-east-1"),
    ],
    ids=["endpoint", "endpoint of S3 first", "default region", "region first", "empty"],
)
def test_the_standard_variables_fill_in_what_is_not_given(monkeypatch, variables, endpoint, region):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = StoreSettings.of()
    assert (found.endpoint, found.region) == (endpoint, region)
    given = StoreSettings.of(endpoint="https://own", region="x")
    assert (given.endpoint, given.region) == ("https://own", "x")


def test_only_an_endpoint_without_tls_allows_http():
    assert StoreSettings.of(endpoint="http://h").allow_http
    assert not StoreSettings.of(endpoint="https://h").allow_http
    assert not StoreSettings.of().allow_http


@pytest.mark.parametrize(
    "endpoint",
    [f"http://user:{SECRET}@h", f"http://h:{SECRET}", f"ftp://{SECRET}", SECRET, f"http://h/{SECRET}", "http://", ""],
)
def test_an_endpoint_that_is_none_is_one_sentence_that_does_not_show_it(endpoint):
    with pytest.raises(MeshError) as caught:
        StoreSettings.of(endpoint=endpoint)
    assert "endpoint" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
@pytest.mark.parametrize("make", [StoreSettings, StoreSettings.of, lambda: StoreSettings(region="x")])
def test_a_standard_variable_that_is_no_address_is_named_and_not_shown(monkeypatch, name, make):
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(MeshError) as caught:
        make()
    assert str(caught.value).startswith(f"{name}: no address of an object store; write it as https://host")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", [{"retries": -1}, {"checksums": "never"}, {"key": SECRET}, {"patience": 0}])
def test_a_setting_that_is_none_is_refused(given):
    with pytest.raises(MeshError) as caught:
        StoreSettings.of(**given)
    assert next(iter(given)) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_bucket_in_the_hosts_name_is_spelled_for_each_client():
    virtual = StoreSettings.of(endpoint="https://store:9", path_style=False)
    assert virtual.for_obstore("lake")["endpoint"] == "https://lake.store:9"
    assert virtual.for_polars("lake")["aws_endpoint_url"] == "https://lake.store:9"
    properties = virtual.for_pyiceberg()
    assert (properties["s3.endpoint"], properties["s3.force-virtual-addressing"]) == ("https://store:9", "true")
    assert StoreSettings.of(endpoint="https://store:9").for_obstore("lake")["endpoint"] == "https://store:9"


def test_no_client_is_given_a_credential():
    store = StoreSettings.of(endpoint="http://h")
    assert "testing" not in repr((store, store.for_obstore("b"), store.for_polars("b"), store.for_pyiceberg()))


@pytest.mark.parametrize("prefix", ["", "/wh", "/wäre haus/a+b=c"])
def test_three_clients_reach_one_object_past_what_the_environment_says(bucket, monkeypatch, prefix):
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    objects = Bucket(f"{bucket.uri}{prefix}", StoreSettings.of(endpoint=bucket.endpoint))
    location = objects.location("a/rows.parquet")
    pl.LazyFrame({"a": [1, 2]}).sink_parquet(location, storage_options=dict(objects.storage_options))
    with load_file_io(dict(objects.properties), location).new_input(location).open() as stream:
        assert stream.read() == objects.read("a/rows.parquet")
    assert pl.scan_parquet(location, storage_options=dict(objects.storage_options)).collect()["a"].to_list() == [1, 2]


def test_without_a_need_the_metadata_writer_sends_no_checksum(bucket, faulty):
    faulty.always(RefuseChecksums())
    objects = Bucket(bucket.uri, StoreSettings.of(endpoint=faulty.url))
    location = objects.location("a")
    with load_file_io(dict(objects.properties), location).new_output(location).create(overwrite=True) as stream:
        stream.write(b"1")
    assert objects.read("a") == b"1"


def test_checksums_can_be_wanted(bucket, faulty):
    objects = Bucket(bucket.uri, StoreSettings.of(endpoint=faulty.url, checksums="always"))
    objects.create("a", b"1")
    assert faulty.seen("PUT")[0].header("x-amz-checksum-sha256")


def test_durations_are_taken_as_mesh_files_write_them():
    assert StoreSettings.of(longest_run="PT6H").longest_run == dt.timedelta(hours=6)


# Catalogs


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "warehouse"),
        ({"type": "glue"}, "glue"),
        ({"type": "sql", "uri": "sqlite:////a b/c@d.db?timeout=1"}, "sql sqlite:////a b/c@d.db"),
        ({"type": "sql", "uri": f"postgresql://u:{SECRET}@h:5432/db?x={SECRET}"}, "sql postgresql://h:5432/db"),
        (
            {"type": "sql", "uri": f"postgresql+psycopg://u:{SECRET}%40@[::1]:5/db"},
            "sql postgresql+psycopg://[::1]:5/db",
        ),
        ({"type": "sql", "uri": "postgresql:///db"}, "sql postgresql:///db"),
        ({"type": "rest", "uri": f"https://u:{SECRET}@h/x"}, "rest https://h/x"),
    ],
)
def test_a_catalog_is_shown_without_its_password(given, shown):
    settings = CatalogSettings.of(**given, **({"properties": {"token": SECRET}} if given else {}))
    assert settings.shown == shown
    assert SECRET not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "sql", "uri": f"postgresql://u:{SECRET}@x@h/db"},
        {"type": "sql", "uri": f"postgresql://u:{SECRET}/x@h/db"},
        {"type": "sql", "uri": f"postgresql://u:a@h:{SECRET}/db"},
        {"type": "sql", "uri": f"mysql://u:{SECRET}@h/db"},
        {"type": "sql", "uri": SECRET},
        {"type": "rest", "uri": f"https://h:{SECRET}/x"},
        {"type": "sql"},
        {"type": "rest"},
        {"type": "glue", "uri": SECRET},
        {"uri": SECRET},
        {"type": "hive"},
        {"properties": {"token": SECRET}},
    ],
)
def test_a_catalog_that_is_none_is_one_sentence_without_the_password(given):
    with pytest.raises(HansaError) as caught:
        CatalogSettings.of(**given)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None


@given(password=st.text(min_size=3).filter(lambda text: text not in "://host/database"))
def test_whatever_a_password_is_made_of_it_is_not_shown(password):
    assert without_password(f"postgresql://user:{password}@host/database") == "postgresql://host/database"
