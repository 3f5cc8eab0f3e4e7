"""The faulty store itself: each fault is what it says, for plain clients that know nothing of Hansa."""

from __future__ import annotations

import threading
import time

import obstore
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from machinery.faults import (
    Answer,
    CutAnswer,
    Delay,
    DropHeader,
    Hold,
    IgnoreConditions,
    LoseAnswer,
    LoseRequest,
    RefuseChecksums,
    RefuseConditions,
)
from obstore.store import S3Store

NO_RETRY = {"max_retries": 0}


@pytest.fixture
def through(bucket, faulty):
    """The bucket seen through the proxy."""
    return bucket.at(faulty.url)


@pytest.fixture
def boto(through):
    return through.client()


@pytest.fixture
def rust(through):
    """An obstore client that repeats nothing by itself."""
    settings = {name: value for name, value in through.polars.items() if name != "aws_allow_http"}
    options = {"client_options": {"allow_http": True}, "retry_config": NO_RETRY}
    return S3Store(through.name, config=settings, **options)


def put(client, bucket, name="x", body=b"one", **options):
    return client.put_object(Bucket=bucket.name, Key=name, Body=body, **options)


def code(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_without_rules_everything_passes_unchanged(bucket, faulty, boto, rust):
    content = bytes(range(256)) * 5000
    put(boto, bucket, "a b/ü+%.bin", content)
    obstore.put(rust, "other", content)
    assert obstore.get(rust, "a b/ü+%.bin").bytes().to_bytes() == content
    assert bucket.objects() == {"a b/ü+%.bin": content, "other": content}
    assert boto.head_object(Bucket=bucket.name, Key="other")["ContentLength"] == len(content)
    boto.delete_object(Bucket=bucket.name, Key="other")
    assert list(bucket.objects()) == ["a b/ü+%.bin"]
    assert {exchange.fate for exchange in faulty.exchanges} == {"answer"}


def test_a_large_object_in_parts_passes(bucket, rust):
    content = b"0123456789abcdef" * (1 << 20)
    obstore.put(rust, "large", content, use_multipart=True, chunk_size=6 << 20)
    assert bucket.objects()["large"] == content


def test_many_clients_at_once_are_each_answered(bucket, boto):
    threads = [threading.Thread(target=put, args=(boto, bucket, str(n), str(n).encode())) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.objects() == {str(n): str(n).encode() for n in range(20)}


def test_the_store_itself_honours_conditions(bucket, boto, rust):
    put(boto, bucket, IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        put(boto, bucket, body=b"two", IfNoneMatch="*")
    assert code(error) == 412
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(rust, "x", b"two", mode="create")
    assert bucket.objects() == {"x": b"one"}


def test_of_many_that_create_one_object_at_once_one_succeeds(bucket):
    client, answers = bucket.client(max_pool_connections=16), []

    def create(n):
        try:
            put(client, bucket, body=str(n).encode(), IfNoneMatch="*")
            answers.append(str(n).encode())
        except ClientError:
            pass

    threads = [threading.Thread(target=create, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bucket.objects()["x"]] == answers


def test_a_store_that_ignores_conditions_overwrites(bucket, faulty, boto, rust):
    faulty.always(IgnoreConditions())
    put(boto, bucket, IfNoneMatch="*")
    obstore.put(rust, "x", b"two", mode="create")
    assert bucket.objects() == {"x": b"two"}


def test_one_header_is_dropped(bucket, faulty, boto):
    faulty.always(DropHeader("If-None-Match"))
    put(boto, bucket, IfNoneMatch="*")
    put(boto, bucket, body=b"two", IfNoneMatch="*")
    assert [exchange.header("if-none-match") for exchange in faulty.seen("PUT")] == [None, None]


def test_a_lost_answer_leaves_the_object(bucket, faulty, boto):
    faulty.when("PUT", "/x$", LoseAnswer())
    with pytest.raises(BotoCoreError):
        put(boto, bucket)
    assert bucket.objects() == {"x": b"one"}
    assert faulty.seen("PUT")[0].status is None


def test_a_client_that_repeats_after_a_lost_answer_meets_its_own_object(bucket, faulty, through):
    faulty.when("PUT", "/x$", LoseAnswer())
    with pytest.raises(ClientError) as error:
        put(through.client(retries={"total_max_attempts": 3}), bucket, IfNoneMatch="*")
    assert code(error) == 412
    assert bucket.objects() == {"x": b"one"}


def test_a_lost_request_leaves_nothing(bucket, faulty, boto):
    faulty.when("PUT", "/x$", LoseRequest())
    with pytest.raises(BotoCoreError):
        put(boto, bucket)
    assert bucket.objects() == {}
    assert not faulty.seen("PUT")[0].forwarded


@pytest.mark.parametrize("status", [409, 412, 500, 503])
@pytest.mark.parametrize("done", [False, True])
def test_a_status_is_answered_before_or_after_the_act(bucket, faulty, boto, status, done):
    faulty.when("PUT", "/x$", Answer(status, done=done))
    with pytest.raises(ClientError) as error:
        put(boto, bucket)
    assert code(error) == status
    assert error.value.response["Error"]["Code"]
    assert ("x" in bucket.objects()) is done


def test_a_status_of_a_head_request_has_no_body(bucket, faulty, boto):
    faulty.when("HEAD", "/x$", Answer(503))
    with pytest.raises(ClientError) as error:
        boto.head_object(Bucket=bucket.name, Key="x")
    assert code(error) == 503


def test_obstore_sees_the_same_status(bucket, faulty, rust):
    faulty.when("PUT", "/x$", Answer(503), times=None)
    with pytest.raises(obstore.exceptions.BaseError, match="503"):
        obstore.put(rust, "x", b"one")
    assert bucket.objects() == {}


def test_an_answer_is_cut_in_the_middle(bucket, faulty, boto, rust):
    put(boto, bucket, body=b"z" * 100_000)
    faulty.when("GET", "/x$", CutAnswer(), times=None)
    with pytest.raises((BotoCoreError, OSError)):
        boto.get_object(Bucket=bucket.name, Key="x")["Body"].read()
    with pytest.raises(obstore.exceptions.BaseError):
        obstore.get(rust, "x").bytes()


def test_only_the_nth_request_is_hit(bucket, faulty, boto):
    faulty.when("PUT", "/x$", Answer(500), nth=2)
    put(boto, bucket)
    with pytest.raises(ClientError):
        put(boto, bucket, body=b"two")
    put(boto, bucket, body=b"three")
    assert [exchange.status for exchange in faulty.seen("PUT", "/x$")] == [200, 500, 200]
    assert bucket.objects() == {"x": b"three"}


def test_a_slow_store_answers_late(bucket, faulty, boto):
    faulty.when("PUT", "/x$", Delay(0.3))
    began = time.monotonic()
    put(boto, bucket)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("done", [False, True])
def test_a_request_is_held_until_the_test_lets_it_go(bucket, faulty, boto, done):
    hold = faulty.when("PUT", "/x$", Hold(done=done))
    thread = threading.Thread(target=put, args=(boto, bucket))
    thread.start()
    assert hold.reached.wait(10)
    assert ("x" in bucket.objects()) is done
    hold.release()
    thread.join()
    assert "x" in bucket.objects()


def test_a_store_that_knows_no_checksum_headers_refuses_todays_clients(bucket, faulty, through, monkeypatch):
    monkeypatch.delenv("AWS_REQUEST_CHECKSUM_CALCULATION", raising=False)
    faulty.always(RefuseChecksums())
    with pytest.raises(ClientError) as error:
        put(through.client(), bucket)
    assert code(error) == 501
    put(through.client(request_checksum_calculation="when_required"), bucket)
    assert bucket.objects() == {"x": b"one"}


def test_a_store_that_refuses_conditions_says_so(bucket, faulty, boto):
    faulty.always(RefuseConditions())
    with pytest.raises(ClientError) as error:
        put(boto, bucket, IfNoneMatch="*")
    assert code(error) == 501
    put(boto, bucket)
    assert bucket.objects() == {"x": b"one"}


def test_mended_it_is_a_good_store_again(bucket, faulty, boto):
    faulty.always(Answer(500))
    faulty.mend()
    put(boto, bucket)
    assert bucket.objects() == {"x": b"one"}


def test_mending_says_how_many_requests_were_taken(boto, bucket, faulty):
    faulty.when("PUT", "x", LoseAnswer(), nth=2)
    assert faulty.mend() == 0
    faulty.when("PUT", "x", IgnoreConditions(), nth=2)
    for _ in range(3):
        put(boto, bucket)
    assert faulty.mend() == 1
    assert faulty.mend() == 0
