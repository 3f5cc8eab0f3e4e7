"""A bucket whose store misbehaves: lost answers, refusals, slowness, and stores that do not keep what they promise."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from hansa.errors import HansaError
from hansa.store.bucket import Bucket
from hansa.store.outage import Answer as Told
from hansa.store.outage import answer_of, told
from hansa.store.settings import StoreSettings
from machinery.buckets import kind, refused, settings
from machinery.faults import (
    Answer,
    CutAnswer,
    DropHeader,
    Hold,
    IgnoreConditions,
    LoseAnswer,
    LoseRequest,
    RefuseChecksums,
    RefuseConditions,
)
from machinery.object_store import ObjectStore

pytestmark = pytest.mark.usefixtures("only_bucket_keys")


# After an unclear answer


@pytest.mark.parametrize("fault", [LoseAnswer(), Answer(500, done=True), Answer(503, done=True), CutAnswer()], ids=kind)
def test_a_put_whose_answer_is_lost_is_known_to_be_ours(through, faulty, bucket, fault):
    faulty.when("PUT", "wh/a", fault)
    assert through.create("a", b"ours")
    assert bucket.objects() == {"wh/a": b"ours"}


def test_a_refusal_of_the_repeated_put_is_known_to_be_of_our_own_object(through, faulty):
    # The first put lands late: the look after it finds nothing, and the second put is refused.
    faulty.when("PUT", "wh/a", LoseAnswer(), nth=1)
    faulty.when("GET", "wh/a", Answer(404), nth=1)
    assert through.create("a", b"ours")
    assert len(faulty.seen("PUT", "wh/a")) == 2


def test_a_lost_put_after_another_writer_is_not_ours(through, direct, faulty):
    direct.create("a", b"theirs")
    faulty.when("PUT", "wh/a", LoseAnswer())
    assert not through.create("a", b"ours")


@pytest.mark.parametrize("fault", [LoseRequest(), Answer(409), Answer(503), Answer(500), Answer(429)], ids=kind)
def test_a_put_that_never_arrived_is_repeated(through, faulty, bucket, fault):
    faulty.when("PUT", "wh/a", fault)
    assert through.create("a", b"ours")
    assert bucket.objects() == {"wh/a": b"ours"}


def test_a_conflict_with_another_writer_is_theirs(through, direct, faulty):
    direct.create("a", b"theirs")
    faulty.when("PUT", "wh/a", Answer(409))
    assert not through.create("a", b"ours")


def test_a_put_that_is_too_slow_is_known_to_be_ours(bucket, faulty):
    hold = faulty.when("PUT", "wh/a", Hold(done=True))
    slow = Bucket(f"{bucket.uri}/wh", settings(faulty.url, request_timeout=dt.timedelta(milliseconds=300)))
    assert slow.create("a", b"ours")
    hold.release()


@pytest.mark.parametrize("fault", [Answer(500), Answer(503), LoseAnswer(), CutAnswer()], ids=kind)
def test_reading_writing_listing_and_removing_outlive_a_passing_fault(through, faulty, fault):
    through.replace("a", b"one" * 1000)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        faulty.when(method, "", fault)
    assert through.exists("a")
    assert through.read("a") == b"one" * 1000
    through.replace("a", b"two")
    assert [entry.name for entry in through.entries()] == ["a"]
    through.remove("a")
    assert not through.exists("a")


def test_a_store_that_stays_away_is_one_sentence_and_not_for_ever(through, faulty):
    faulty.always(Answer(503))
    error = refused(lambda: through.create("a", b""))
    assert error.code == "store.unreachable"
    assert "cannot create 'a'" in str(error)
    assert "whether it was done is not known" in str(error)
    assert len(faulty.seen("PUT")) <= 5


def test_a_store_that_is_not_there_is_one_sentence(bucket):
    away = Bucket(bucket.uri, settings("http://127.0.0.1:1", retries=1))
    assert refused(lambda: away.read("a")).code == "store.unreachable"


@pytest.mark.parametrize(
    ("endpoint", "told"), [("http://127.0.0.1:1", "nothing listens at"), ("http://no-such-host.invalid", "no host has")]
)
def test_an_address_where_nobody_is_is_refused_soon_at_first_contact(bucket, endpoint, told):
    away = Bucket(bucket.uri, StoreSettings.of(endpoint=endpoint))
    for act in (lambda: away.read("a"), lambda: away.create("a", b"")):
        begun = time.monotonic()
        assert told in str(refused(act))
        assert time.monotonic() - begun < 3


def test_a_store_that_was_reached_before_is_waited_for():
    with ObjectStore() as ending:
        known = Bucket(ending.bucket().uri, settings(ending.url, retries=5))
        known.replace("a", b"1")
    begun = time.monotonic()
    assert "nothing listens at" in str(refused(lambda: known.read("a")))
    # Five pauses, each at least half of 0.1, 0.2, 0.4, 0.8 and 1.6 seconds.
    assert time.monotonic() - begun > 1.5


def test_a_connection_that_is_cut_at_first_contact_is_waited_for(through, faulty):
    faulty.when("GET", "wh/a", LoseRequest(), times=4)
    with pytest.raises(FileNotFoundError):
        through.read("a")
    assert len(faulty.seen("GET", "wh/a")) == 5


def test_patience_ends_while_retries_are_left(bucket, faulty):
    faulty.always(Answer(503))
    hasty = Bucket(bucket.uri, settings(faulty.url, retries=100, patience=dt.timedelta(milliseconds=300)))
    assert refused(lambda: hasty.read("a")).code == "store.unreachable"
    assert len(faulty.seen("GET")) < 10


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", "store.denied"),
        (403, "InvalidAccessKeyId", "store.credentials"),
        (403, "SignatureDoesNotMatch", "store.credentials"),
        (400, "ExpiredToken", "store.credentials"),
        (403, "RequestTimeTooSkewed", "store.clock"),
        (400, "AuthorizationHeaderMalformed", "store.region"),
        (301, "PermanentRedirect", "store.region"),
        (404, "NoSuchBucket", "store.no-bucket"),
        (400, "InvalidRequest", "store.unsupported"),
        (405, "MethodNotAllowed", "store.refused"),
    ],
)
def test_what_a_person_must_mend_is_said_at_once(through, faulty, status, code, expected):
    faulty.always(Answer(status, code=code))
    acts = {
        "read": lambda: through.read("a"),
        "create": lambda: through.create("a", b""),
        "write": lambda: through.replace("a", b""),
        "remove": lambda: through.remove("a"),
        "list": lambda: list(through.entries()),
    }
    for operation, act in acts.items():
        error = refused(act)
        assert (error.code, operation in str(error)) == (expected, True)
    assert len(faulty.exchanges) == len(acts)


def test_a_missing_bucket_is_no_empty_warehouse(bucket):
    absent = Bucket("s3://no-such-bucket/wh", settings(bucket.endpoint))
    for act in (lambda: absent.exists("a"), absent.folders, lambda: absent.read("a"), lambda: absent.create("a", b"")):
        assert refused(act).code == "store.no-bucket"


def test_without_credentials_the_sentence_says_so(bucket, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    # Where a machine's role is asked for; nobody listens there.
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/security-credentials/x")
    nameless = Bucket(bucket.uri, settings(bucket.endpoint, retries=0))
    assert refused(lambda: nameless.read("a")).code == "store.no-credentials"


def test_a_profile_brings_its_credentials(bucket, monkeypatch, tmp_path):
    keys = {name: bucket.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    for name in keys:
        monkeypatch.delenv(name)
    shared = tmp_path / "credentials"
    lines = "".join(f"{name.lower()} = {value}\n" for name, value in keys.items())
    shared.write_text(f"[bank]\n{lines}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_PROFILE", "bank")
    assert Bucket(bucket.uri, settings(bucket.endpoint)).create("a", b"1")
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert refused(lambda: Bucket(bucket.uri, settings(bucket.endpoint)).read("a"), HansaError).code == "store.profile"


def test_nothing_that_is_shown_holds_a_credential(direct):
    shown = repr((direct, direct.settings, direct.properties, direct.storage_options, direct._client.store))
    assert "testing" not in shown


def test_an_older_store_that_refuses_checksums_is_served(through, faulty):
    faulty.always(RefuseChecksums())
    assert through.create("a", b"1")
    through.replace("a", b"2" * (6 << 20))
    assert len(through.read("a")) == 6 << 20


def test_an_endpoint_that_is_given_wins_over_the_environment(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert Bucket(bucket.uri, settings(bucket.endpoint)).create("a", b"1")


# Claims


def test_a_claim_is_alive_while_it_is_held_and_gone_after(direct):
    with direct.claim("a.alive"):
        assert not direct.abandoned("a.alive", dt.timedelta(hours=1))
    assert not direct.exists("a.alive")


def test_a_claim_is_abandoned_only_when_it_is_older_than_the_longest_run(direct):
    direct.replace("a.alive", b"")
    assert not direct.abandoned("a.alive", dt.timedelta(hours=1))
    assert direct.abandoned("a.alive", dt.timedelta(seconds=-2))
    assert direct.abandoned("never", dt.timedelta(hours=1))


def test_the_age_of_a_claim_is_told_by_the_stores_clock(direct, monkeypatch):
    class Later(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime(2099, 1, 1, tzinfo=tz)

    monkeypatch.setattr("hansa.store.bucket.dt.datetime", Later)
    direct.replace("a.alive", b"")
    assert not direct.abandoned("a.alive", dt.timedelta(hours=1))


# Conditional puts


def test_a_store_that_ignores_the_condition_is_refused_and_the_other_catalogs_are_named(through, faulty, bucket):
    faulty.always(IgnoreConditions())
    error = refused(through.prove_conditional_puts)
    assert error.code == "store.conditional"
    assert all(word in str(error) for word in ("sql", "PostgreSQL", "glue", "rest", faulty.url))
    assert bucket.objects() == {}


@pytest.mark.parametrize("status", [400, 501])
def test_a_store_that_cannot_take_the_condition_is_refused(through, faulty, status):
    faulty.always(RefuseConditions(status))
    assert refused(through.prove_conditional_puts).code == "store.conditional"


def test_a_store_that_fails_while_it_is_tried_is_not_called_unfit(through, faulty):
    faulty.always(Answer(503))
    assert refused(through.prove_conditional_puts).code == "store.unreachable"


def test_a_passing_fault_does_not_spoil_the_proof(bucket, through, faulty):
    faulty.when("PUT", "conditional", LoseAnswer(), nth=1)
    faulty.when("PUT", "conditional", LoseAnswer(), nth=2)
    through.prove_conditional_puts()
    assert [name for name in bucket.objects() if "proved" in name]


def test_the_proof_is_given_once_and_remembered_in_the_warehouse(bucket, through, faulty):
    through.at("deep/down").prove_conditional_puts()
    before = len(faulty.seen("PUT"))
    Bucket(f"{bucket.uri}/wh", settings(faulty.url)).prove_conditional_puts()
    through.prove_conditional_puts()
    assert len(faulty.seen("PUT")) == before
    assert [name.partition("proved")[0] for name in bucket.objects()] == ["wh/.conditional-put-"]


def test_another_endpoint_before_the_same_bucket_is_tried_anew(direct, through, faulty):
    direct.prove_conditional_puts()
    faulty.always(DropHeader("If-None-Match"))
    assert refused(through.prove_conditional_puts).code == "store.conditional"


def test_a_clients_text_is_read_only_for_its_status_and_code():
    text = "PUT in 1ms - status code: 503 Service Unavailable: <Error><Code>SlowDown</Code>\n\nDebug source: code: 200"
    answer = answer_of(Exception(text))
    assert (answer.passes, answer.status, answer.code) == (True, 503, "SlowDown")


def test_objects_can_be_used_by_threads(direct):
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(direct.create(str(n), b"1"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


@pytest.mark.parametrize(
    ("operation", "right"),
    [("create 'a/b'", "s3:PutObject"), ("read 'a'", "s3:GetObject"), ("list the warehouse", "s3:ListBucket")],
)
def test_a_right_that_is_missing_is_named_as_the_store_names_it(operation, right):
    error = told(Told(403, "AccessDenied"), operation, "s3://lake/wh", StoreSettings(), "")
    assert error.code == "store.denied"
    assert error.sentence().startswith(f"s3://lake/wh: cannot {operation}: access is denied; ")
    assert right in error.next_step
