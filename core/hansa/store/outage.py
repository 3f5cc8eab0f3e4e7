"""What an object store's client reports, told in one sentence: what passes by itself, and what a person must mend.

The client's own text holds the store's XML and a dump of its state, so nothing of it is ever shown but the status and
the store's code word.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass

from hansa.errors import WorldError
from hansa.store.settings import StoreSettings

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
#: Words of the client's dump where no connection came about: nobody listens, or the name is of no host.
_NOBODY = {"ConnectionRefused": "refused", "failed to lookup address": "name"}
#: Where clients ask for the credentials of a role; a failure there means that none were given.
_ROLE_SERVICES = ("169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "security-credentials")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
#: Seconds for which a store that was never reached, and where nobody listens, is asked again.
_FIRST_CONTACT = 2.0

#: An endpoint is named in one of these places.
_MEND_ENDPOINT = "mend the endpoint ('store' in mesh.yaml, HANSA_STORE__ENDPOINT or AWS_ENDPOINT_URL_S3)"
_REGION_CODES = {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"}
_CREDENTIAL_CODES = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
#: What S3 calls the right to do what an operation begins with.
_RIGHTS = {
    "read": "s3:GetObject",
    "write": "s3:PutObject",
    "create": "s3:PutObject",
    "remove": "s3:DeleteObject",
    "list": "s3:ListBucket",
}
_CLOCK_CODES = {"RequestTimeTooSkewed", "RequestExpired"}


@dataclass(frozen=True)
class Answer:
    """What is left of a client's exception: the HTTP status (None: no answer came), and the store's code word.

    ``nobody`` says why no connection came about: ``refused`` (nothing listens there) or ``name`` (no such host).
    """

    status: int | None
    code: str
    hint: str = ""
    nobody: str = ""

    @property
    def passes(self) -> bool:
        """True if the same request can succeed a little later."""
        if self.hint:
            return False
        if self.code in ("RequestTimeout", "SlowDown"):
            return True
        return self.status is None or self.status in (408, 409, 429) or (self.status >= 500 and self.status != 501)

    @property
    def no_bucket(self) -> bool:
        """True if it is the bucket that is absent, not the object."""
        return self.code == "NoSuchBucket"


def answer_of(error: Exception) -> Answer:
    """Read a client's exception."""
    text, _, dump = str(error).partition("Debug source:")
    status, code = _STATUS.search(text), _CODE.search(text)
    hint = ""
    if any(service in text for service in _ROLE_SERVICES):
        hint = "credentials"
    elif "redirect without LOCATION" in text:
        hint = "region"
    elif "builder error" in text:
        hint = "address"
    nobody = next((word for mark, word in _NOBODY.items() if status is None and mark in dump), "")
    return Answer(int(status[1]) if status else None, code[1] if code else "", hint, nobody)


class Patience:
    """How often and how long one operation may be repeated."""

    def __init__(self, settings: StoreSettings) -> None:
        self._left = settings.retries
        self._begun = time.monotonic()
        self._until = self._begun + settings.patience.total_seconds()
        self._pause = _FIRST_PAUSE

    def wait(self, answer: Answer | None = None, known: bool = True) -> bool:
        """Wait a little longer than the last time; False, at once, if there is no patience left.

        Where nobody listens and the store is not ``known`` to this process, the address is wrong rather than the store
        busy: there is little patience for that ``answer``.
        """
        pause = self._pause * secrets.SystemRandom().uniform(0.5, 1.0)
        wrong = answer is not None and bool(answer.nobody) and not known
        until = min(self._until, self._begun + _FIRST_CONTACT) if wrong else self._until
        if self._left <= 0 or time.monotonic() + pause > until:
            return False
        time.sleep(pause)
        self._left -= 1
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True


def told(answer: Answer, operation: str, place: str, settings: StoreSettings, state: str) -> WorldError:
    """The sentence: ``operation`` is what was wanted (``read 'a/b'``), ``place`` the bucket's address."""
    code, what, mend = _reason(answer, settings, operation)
    return WorldError(code, f"cannot {operation}: {what}", where=place, state=state, next_step=mend)


def _reason(answer: Answer, settings: StoreSettings, operation: str) -> tuple[str, str, str]:
    endpoint = settings.endpoint or f"AWS in {settings.region}"
    if answer.no_bucket:
        return (
            "store.no-bucket",
            f"{endpoint} has no such bucket",
            "make the bucket, or mend its name",
        )
    if answer.hint == "credentials":
        return "store.no-credentials", "no credentials were given", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if answer.hint == "address":
        return "store.endpoint", f"{endpoint} is no usable address", _MEND_ENDPOINT
    if answer.hint == "region" or answer.code in _REGION_CODES or answer.status in (301, 307, 308):
        region = f"the bucket is not in region {settings.region}"
        return "store.region", region, "set AWS_REGION to the bucket's region, or mend the endpoint"
    if answer.code in _CLOCK_CODES:
        return "store.clock", "this machine's clock differs from the store's", "set the clock, then run again"
    if answer.code in _CREDENTIAL_CODES or answer.status == 401:
        spoken = f"the store does not take the credentials ({answer.code or answer.status})"
        return "store.credentials", spoken, "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew"
    if answer.status == 403:
        right = _RIGHTS.get(operation.partition(" ")[0], "")
        lacks = f" {right}, and" if right else ""
        mend = (
            f"give this user or role{lacks} the rights to read, write, list and remove there, or name another warehouse"
        )
        return "store.denied", "access is denied", mend
    if answer.nobody == "name":
        return "store.unreachable", f"no host has the name of {endpoint}", _MEND_ENDPOINT
    if answer.nobody:
        return "store.unreachable", f"nothing listens at {endpoint}", f"start the store, or {_MEND_ENDPOINT}"
    if answer.passes:
        spoken = "gave no answer" if answer.status is None else f"went on answering {answer.status}"
        return "store.unreachable", f"{endpoint} {spoken}", "check the endpoint and the network, then run again"
    spoken = " ".join(str(part) for part in (answer.status, answer.code) if part)
    code = "store.unsupported" if answer.status in (400, 501) else "store.refused"
    return (
        code,
        f"{endpoint} refused ({spoken})",
        "check that it is an S3 store, and what its own log says",
    )
