"""Which installed plugins an institution takes, and how long one may take to be imported."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: How long a plugin may take to be imported and asked, in seconds.
IMPORT_SECONDS = 20.0


def _names(value: Any) -> Any:
    """A variable of the environment is one text: names with commas between them, or a list as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise ValueError("no list; write names with commas between them") from None
    return [name.strip() for name in value.split(",") if name.strip()]


def _seconds(value: Any) -> Any:
    """Pydantic would take true for 1."""
    if isinstance(value, bool):
        raise ValueError("no number of seconds; write a number such as 20")
    return value


class PluginSettings(BaseModel):
    """The section ``plugins`` of a mesh file; ``HANSA_PLUGINS__ALLOW`` and so on override it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: Annotated[tuple[str, ...] | None, BeforeValidator(_names)] = Field(
        None,
        description="distributions whose plugins are imported, such as [hansa-risk]; without it all installed ones",
    )
    import_seconds: Annotated[float, BeforeValidator(_seconds)] = Field(
        IMPORT_SECONDS,
        gt=0,
        le=3600,
        description="how long a plugin may take to be imported and asked, in seconds; a slower one is left out",
    )
