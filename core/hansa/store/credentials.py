"""Credentials of a profile, for the one client that does not read profiles itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import MeshError

if TYPE_CHECKING:
    from obstore.auth.boto3 import Boto3CredentialProvider

#: With one of these the client finds its credentials alone.
_ALONE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)


def credential_provider() -> Boto3CredentialProvider | None:
    """The profile's credentials, renewed as they expire; None if the client finds its own."""
    if any(os.environ.get(name) for name in _ALONE):
        return None
    profile = os.environ.get("AWS_PROFILE")
    shared = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    if not profile and not shared.is_file():
        return None
    try:
        from boto3 import Session  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        if not profile:
            return None
        raise MeshError(
            "store.profile", "AWS_PROFILE needs boto3, which is not installed", next_step="install hansa[glue]"
        ) from None
    try:
        return Boto3CredentialProvider(Session())
    except (BotoCoreError, ValueError):
        raise MeshError(
            "store.profile",
            f"profile '{profile or 'default'}' has no credentials",
            next_step="mend ~/.aws, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
