"""Workers have to run what the run runs: the same rows come from the same code alone, and the receipt names it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hansa.errors import HansaError, WorldError

from hansa_ray import worker

#: So many differences are told one by one.
_MOST = 6


def refuse_others(ray: Any, function: str, here: Mapping[str, str]) -> int:
    """Ask every machine of the cluster what it runs; how many were asked.

    Errors: WorldError with the differences if one runs something else than what is ``here``.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ask = ray.remote(worker.versions)
    asked = {}
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
            asked[node["NodeManagerAddress"]] = ask.options(
                num_cpus=0, max_retries=1, scheduling_strategy=there
            ).remote(function)
    for address, answer in asked.items():
        try:
            found = json.loads(ray.get(answer))
        except (ray.exceptions.RayError, ImportError) as error:
            raise _no_answer(address, error) from None
        if found != here:
            raise other_versions(here, found, address)
    return len(asked)


def other_versions(here: Mapping[str, str], there: Mapping[str, str], address: str = "a worker") -> HansaError:
    """The refusal, with what differs."""
    names = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
    told = [f"{name} {there.get(name, 'absent')} (here {here.get(name, 'absent')})" for name in names[:_MOST]]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return WorldError(
        "ray.versions",
        f"{address} runs other versions: {', '.join(told)}{more}",
        where="scorer: ray",
        state="nothing was scored",
        next_step="give the workers the image that the run has",
    )


def _no_answer(address: str, error: Exception) -> HansaError:
    return WorldError(
        "ray.versions",
        f"{address} cannot say what it runs ({type(error).__name__}): hansa-ray cannot be imported there",
        where="scorer: ray",
        state="nothing was scored",
        next_step="give the workers the image that the run has",
    )
