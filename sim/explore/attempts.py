"""One run of a test body: on a fresh deployment, with given choices, to its end or its failure."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

import msgspec
from biconvex.sim.deployment import AgreeingClocks, Deployment
from biconvex.sim.explore.body_choices import BodyChoices
from biconvex.sim.explore.program import Program
from biconvex.sim.explore.story import listen
from biconvex.sim.kernel import Choices, Trace

__all__ = ["Attempt", "Body", "Failure", "MakeDeployment", "SeedResult", "attempt"]

Body = Callable[..., object]
MakeDeployment = Callable[[Choices], Deployment]

_VARYING: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{31,37}|\d+(\.\d+)?")


class Failure(msgspec.Struct, frozen=True):
    """How a run failed: the error's type and first line, and the line of the test that it came from.

    Two are the same failure if their `kind` is the same: ids and numbers may differ.
    """

    type: str
    headline: str
    line: int

    @property
    def kind(self) -> tuple[str, int | str]:
        """What stays the same while the run gets shorter: the place of an assertion, the words of other errors."""
        if self.type == "AssertionError" and self.line:
            return self.type, self.line
        return self.type, _VARYING.sub("#", self.headline)

    @classmethod
    def of(cls, error: BaseException, body: Body) -> Failure:
        """The failure that an exception of a body is."""
        file = body.__code__.co_filename if hasattr(body, "__code__") else ""
        lines = [
            line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file
        ]
        headline = str(error).strip().partition("\n")[0]
        return cls(type(error).__name__, headline, lines[-1] if lines else 0)

    def __str__(self) -> str:
        return f"{self.type}: {self.headline}" if self.headline else self.type


class SeedResult(msgspec.Struct, frozen=True):
    """What came of one seed. All of it is JSON: `msgspec.to_builtins(result)`."""

    seed: int
    failure: Failure | None
    digest: str
    events: int
    functions: int
    """How many functions ran."""


class Attempt:
    """A run that is over."""

    __slots__ = ("error", "failure", "program", "trace")

    def __init__(
        self, trace: Trace, program: Program | None, error: BaseException | None, failure: Failure | None
    ) -> None:
        self.trace = trace
        self.program = program
        self.error = error
        self.failure = failure

    def result(self) -> SeedResult:
        """What is worth telling of it."""
        trace = self.trace
        return SeedResult(trace.seed, self.failure, trace.digest, len(trace), trace.count("start"))


def attempt(
    body: Body,
    make: MakeDeployment,
    choices: Choices,
    *,
    fixtures: Mapping[str, Any] | None = None,
    listening: bool = False,
) -> Attempt:
    """Run a body `(convex, choices, …)` on what `make` makes; `listening` keeps what it did as a program.

    What says that a test is to be skipped, and interrupts, are passed on.
    """
    __tracebackhide__ = True
    with make(choices) as convex, closing(AgreeingClocks()) as clocks:
        clocks.follow(convex)
        program = listen(convex) if listening else None
        arguments: dict[str, Any] = dict(fixtures or {})
        if "choices" in wanted(body):
            arguments["choices"] = BodyChoices(choices)
        try:
            body(convex, **arguments)
        except BaseException as error:
            if not _is_failure(error):
                raise
            return Attempt(convex.trace, program, error, Failure.of(error, body))
        return Attempt(convex.trace, program, None, None)


def wanted(body: Body) -> tuple[str, ...]:
    """The parameters of a body after the first, which is the deployment."""
    code = body.__code__
    names: tuple[str, ...] = code.co_varnames[1 : code.co_argcount]
    return names


def _is_failure(error: BaseException) -> bool:
    """Whether a test failed: of the ends of a test that are pytest's own, only `pytest.fail` is a failure."""
    return isinstance(error, Exception) or type(error).__name__ == "Failed"
