"""Webhooks: requests as their senders deliver them, at least once and in no order that one could rely on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from biconvex.sim.deployment.calls import Request
from biconvex.sim.deployment.concurrency import run_together
from biconvex.sim.values import UsageError

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment
    from biconvex.sim.faults import Injector
    from biconvex.sim.services import HttpResponse

__all__ = ["deliver"]


def deliver(deployment: Deployment, requests: Sequence[Request]) -> list[HttpResponse]:
    """Deliver requests one after the other, or as faults have it; the first response to each, in the order given."""
    for made in requests:
        if not isinstance(made, Request):
            raise UsageError(f'deliver takes requests, request("/hook", method="POST", json=…); got {made!r}')
    faults = deployment._runtime.faults
    order = [[number] for number in range(len(requests))]
    if faults is not None:
        order = _disturbed(faults, requests)
    responses: dict[int, HttpResponse] = {}
    for group in order:
        outcomes = run_together(deployment, [requests[number] for number in group])
        for number, outcome in zip(group, outcomes, strict=True):
            responses.setdefault(number, outcome.result())
    return [responses[number] for number in range(len(requests))]


def _disturbed(faults: Injector, requests: Sequence[Request]) -> list[list[int]]:
    """The order of delivery: groups of requests that arrive together, by their numbers."""
    groups: list[list[int]] = []
    held: list[int] = []
    again: list[int] = []
    for number, made in enumerate(requests):
        shown = f"{made.method} {made.url}"
        is_last = number == len(requests) - 1
        if not is_last and faults.strikes("reordered_webhook", shown):
            held.append(number)
        else:
            groups.append([number])
            if held and faults.up_to("reordered_webhook", 2) == 1:
                groups[-1] += held
            else:
                groups += [[late] for late in held]
            held = []
        if faults.strikes("repeated_webhook", shown):
            again.append(number)
    for number in again:
        if faults.up_to("repeated_webhook", 2) == 1:
            next(group for group in groups if number in group).append(number)
        else:
            groups.append([number])
    return groups
