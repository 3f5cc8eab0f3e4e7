"""What tests of buckets share: settings that lose patience soon, and what a refusal must look like."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hansa.errors import WorldError
from hansa.store.settings import StoreSettings

from machinery.object_store import Bucket

XML = ("<", ">", "Debug", "testing-secret", "\n")


def give_credentials(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the keys of the bucket in the environment: where it lies is said by settings."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, bucket.environment[name])


def kind(fault: Any) -> str:
    """A name for a fault as a parameter."""
    return type(fault).__name__


def settings(endpoint: str, **more: Any) -> StoreSettings:
    """Settings of little patience."""
    quick = {"request_timeout": dt.timedelta(seconds=2), "patience": dt.timedelta(seconds=10), "retries": 4}
    return StoreSettings.of(endpoint=endpoint, **(quick | more))


def refused(act: Any, kind: Any = WorldError) -> Any:
    """The error that ``act`` raises: one sentence without what a client dumps."""
    with pytest.raises(kind) as caught:
        act()
    sentence = str(caught.value)
    assert not [mark for mark in XML if mark in sentence]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value
