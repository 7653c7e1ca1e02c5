"""What may go wrong, and how often. Every fault is something that happens to deployments of the real Convex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from biconvex.sim.values import UsageError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["FAULT_NAMES", "SWARM", "Faults", "Rate"]

SWARM: Final = "swarm"
Rate = Annotated[float, Field(ge=0, le=1)] | Literal["swarm"]
"""How often a fault strikes where it may: a probability, or `"swarm"`: drawn from the seed, and 0 for about half."""

Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Faults(BaseModel):
    """What goes wrong, and how often: nothing, unless a rate says so.

    A rate is a probability, each time anew, or `"swarm"`: the seed draws it, and switches about half of the faults off
    altogether, so that many seeds meet many mixtures (swarm testing). Which fault strikes when is a decision of the
    seed as well. Times are in virtual milliseconds. Each fault that strikes is an event `fault` of the trace.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    conflict: Rate = 0
    """A mutation that has read and written conflicts when it commits, as if somebody had changed what it read; it is
    run again as after any conflict (semantics §6.1)."""

    crash_before: Rate = 0
    """An action dies with its process just before an operation (a call, a request) is performed. A scheduled one
    fails with "Transient error while executing action" and isn't run again (semantics §8.3); whoever called it gets an
    error that tells nothing."""
    crash_after: Rate = 0
    """An action dies just after an operation was performed, before it hears of the result."""

    late_job: Rate = 0
    """A scheduled function runs later than it is due, by up to `late_job_ms`: the deployment is busy or restarts."""
    late_job_ms: Milliseconds = 60_000
    late_cron: Rate = 0
    """A cron job runs later than it is due, by up to `late_cron_ms`."""
    late_cron_ms: Milliseconds = 60_000
    skipped_cron: Rate = 0
    """A run of a cron job is left out, as if the deployment had been down when it was due (semantics §9.2)."""

    fresh_isolate: Rate = 0
    """A function runs in a fresh context: what earlier runs left in variables of its modules is gone (semantics §13.1).
    Without this fault all runs of a deployment share one context, the other extreme that Convex allows."""

    slow_response: Rate = 0
    """A reply to a `fetch` comes later, by up to `slow_response_ms`."""
    slow_response_ms: Milliseconds = 10_000
    reordered_response: Rate = 0
    """A reply to a `fetch` is held back by up to 100 ms, so that replies to later requests overtake it."""
    lost_request: Rate = 0
    """A request of a `fetch` never arrives: the connection is reset, and the service knows of nothing."""
    lost_response: Rate = 0
    """The service performs the request of a `fetch`, and its reply is lost: the connection is reset."""
    unavailable: Rate = 0
    """A service answers a `fetch` with status 503, and has done nothing."""
    duplicated_request: Rate = 0
    """The request of a `fetch` arrives twice, as a proxy that tries again would have it."""

    repeated_webhook: Rate = 0
    """A request of `convex.deliver` is delivered again: its sender got no response, or delivers at least once."""
    reordered_webhook: Rate = 0
    """A request of `convex.deliver` arrives after, or together with, those that were sent after it."""

    lost_connection: Rate = 0
    """A client (`convex.client`) loses its connection during a call, and reconnects: before the call arrives, or after
    it was performed. Mutations and queries are sent again, actions fail with "Connection lost while action was in
    flight" (`RequestManager.restart` of the npm package)."""

    clock_edge: Rate = 0
    """The clock starts 1.5 s before midnight, the end of a month, the end of a year, or a leap day. Only of
    consequence to a deployment that is made with it and no `start`."""

    @classmethod
    def swarm(cls, **given: Any) -> Faults:
        """Every fault with a rate that the seed draws, but for those that are given."""
        return cls.of(dict.fromkeys(FAULT_NAMES, SWARM) | given)

    @classmethod
    def of(cls, given: Faults | Mapping[str, Any] | str) -> Faults:
        """Faults as people write them: themselves, fields by name, or `"swarm"`. Raises `UsageError` for others."""
        if isinstance(given, Faults):
            return given
        if given == SWARM:
            return cls.swarm()
        if not isinstance(given, Mapping):
            raise UsageError(f'faults are Faults(…), "swarm", or a dict of fields; got {given!r}')
        try:
            return cls(**given)
        except ValidationError as error:
            raise UsageError(_explained(error)) from None


FAULT_NAMES: Final[tuple[str, ...]] = tuple(name for name in Faults.model_fields if not name.endswith("_ms"))
"""The faults themselves, without their figures."""


def _explained(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            lines.append(f"there is no fault {name!r}{did_you_mean(name)}")
        else:
            lines.append(
                f'{name}={problem["input"]!r}: a rate is a number from 0 to 1 or "swarm"; times are positive'
            )
    return "faults: " + "; ".join(dict.fromkeys(lines))


def did_you_mean(name: str) -> str:
    """The hint for a misspelt field."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(name, Faults.model_fields, 1)
    return f" (did you mean {close[0]!r}?)" if close else f"; there are {', '.join(FAULT_NAMES)}"
