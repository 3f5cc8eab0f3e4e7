"""What time it is by an object store, asked without credentials: any answer has the header, a refusal too."""

from __future__ import annotations

import datetime as dt
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hansa.store.settings import StoreSettings

_SECONDS = 5


def store_time(settings: StoreSettings) -> dt.datetime | None:
    """The store's time, in whole seconds; None if nobody answers or the answer has none."""
    address = settings.endpoint or f"https://s3.{settings.region}.amazonaws.com"
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - the endpoint is http or https, see settings
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            told = answer.headers.get("Date")
    except urllib.error.HTTPError as refusal:
        told = refusal.headers.get("Date")
        refusal.close()
    except (OSError, ValueError):
        return None
    try:
        return parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
