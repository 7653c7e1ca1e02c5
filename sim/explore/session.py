"""One run of a fuzzer: steps on one deployment, each followed by the checks that hold for every backend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import msgspec
from biconvex.sim.deployment import Deployment, call
from biconvex.sim.explore.program import Program
from biconvex.sim.explore.seen import Seen
from biconvex.sim.explore.steps import Call, Request, Step, Together, Wait
from biconvex.sim.values import ConvexError, DeveloperError, FunctionError, decode_id

__all__ = ["Found", "FuzzFinding", "Rules", "Session", "replayed"]

FindingKind = Literal[
    "error", "job", "limit", "growth", "floating-promise", "leak", "status", "nondeterminism"
]

_GROWN: Final = 1_000
_NEAR: Final = 0.8
_VARYING: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{31,37}|\"[^\"]*\"|-?\d+(\.\d+)?")
_QUOTED: Final = re.compile(r"`[^`]*`")
_REFUSED_ARGUMENTS: Final = frozenset({"InvalidArgs", "ArgumentsTooLarge"})
_NOTHING_STANDS_FOR_IT: Final = "and nothing stands for it."


class FuzzFinding(msgspec.Struct, frozen=True):
    """Something that no backend should do. `program` are the lines of Python that show it; all of it is JSON.

    `kind` is what is wrong: `error` (an uncaught error that is no `ConvexError`), `job` (the same in a scheduled
    function or cron job), `limit` (80 % of a limit, or more), `growth` (one run reads all that a table has),
    `floating-promise`, `leak` (documents of a private table, without identity), `status` (an HTTP status of 500 or
    more), `nondeterminism` (two runs of the same steps differ). `message` is its first line, `detail` the rest.
    """

    kind: FindingKind
    function: str
    message: str
    detail: str = ""
    seed: int = 0
    program: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What makes two findings the same one: ids, texts and numbers in the message may differ."""
        message = _QUOTED.sub("#", self.message) if self.kind in {"error", "job"} else self.message
        return f"{self.kind} {self.function} {_VARYING.sub('#', message)}"


class Found(Exception):
    """A step has brought something to light."""

    def __init__(self, finding: FuzzFinding) -> None:
        super().__init__(f"{finding.kind}: {finding.function}: {finding.message}")
        self.finding = finding


class Rules(msgspec.Struct, frozen=True):
    """What is checked besides, and what is not.

    No document of a private table may reach a client without identity. Errors whose first line fits a pattern are
    expected, as those of a backend that throws `Error` where it means `ConvexError`.
    """

    private_tables: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


class Session:
    """A deployment under test, what was done to it, and what its functions did."""

    def __init__(self, convex: Deployment, rules: Rules, ignored: frozenset[str]) -> None:
        """`ignored` are the keys of findings that are known already."""
        self.convex = convex
        self.seen = Seen(convex)
        self.steps: list[Step] = []
        self.program = Program()
        self.calls: dict[str, list[int]] = {}
        """By function, how many calls returned, and how many were refused, as they may be."""
        self._rules = rules
        self._ignored = ignored
        self._heard_events = 0
        self._heard_findings = 0
        self._unvalidated = frozenset(f.path for f in convex.functions if f.args is None)

    def do(self, step: Step) -> None:
        """Take a step and check what it did; raises `Found`."""
        self.steps.append(step)
        if isinstance(step, Call):
            self._call(self._resolved(step))
        elif isinstance(step, Wait):
            step.write(self.program)
            self.convex.advance(**{step.unit: step.amount})
        elif isinstance(step, Together):
            self._together(step)
        else:
            self._request(step)
        self._check_aftermath()

    def _call(self, call: Call) -> None:
        for _ in range(call.times - 1):
            self._outcome(call)
        result, error = self._outcome(call)
        problem = None if error is None else self._judged(call, error)
        expected = error is not None and problem is None
        call.write(self.program, result, refused=expected)
        if problem is not None:
            raise Found(problem)
        self._check_leak(call, result)

    def _resolved(self, call: Call) -> Call:
        return msgspec.structs.replace(call, args=self.seen.resolved(call.args))

    def _outcome(self, call: Call) -> tuple[Any, FunctionError | None]:
        counts = self.calls.setdefault(call.function, [0, 0])
        try:
            result = call.make(self.convex)
        except FunctionError as error:
            counts[1] += 1
            return None, error
        counts[0] += 1
        self.seen.take_in(result)
        return result, None

    def _together(self, step: Together) -> None:
        step = Together(tuple(map(self._resolved, step.calls)))
        step.write(self.program)
        outcomes = self.convex.concurrently(
            *(call(one.function, one.args, as_user=one.subject) for one in step.calls)
        )
        for index, (one, outcome) in enumerate(zip(step.calls, outcomes, strict=True)):
            self.calls.setdefault(one.function, [0, 0])[int(outcome.error is not None)] += 1
            error = outcome.error
            if error is not None and not isinstance(error, FunctionError):
                raise error
            problem = None if error is None else self._judged(one, error)
            if problem is not None:
                self.program.statements[-1].text += f"[{index}].result()"
                raise Found(problem)

    def _request(self, step: Request) -> None:
        step = Request(step.method, step.path, self.seen.resolved(step.json))
        step.write(self.program)
        body = {} if step.method in {"GET", "HEAD"} else {"json": step.json}
        response = self.convex.fetch(step.path, method=step.method, **body)
        shown = f"{step.method} {step.path}"
        self.calls.setdefault(shown, [0, 0])[response.status >= 400] += 1
        if response.status >= 500:
            self._raise("status", shown, f"answered with status {response.status}", response.text)

    # --- checks ------------------------------------------------------------------------------------------

    def _judged(self, call: Call, error: FunctionError) -> FuzzFinding | None:
        """The finding that a call's error is; None for those that a function may answer with."""
        if isinstance(error, ConvexError) or error.code in _REFUSED_ARGUMENTS:
            return None
        if call.function in self._unvalidated or _NOTHING_STANDS_FOR_IT in error.message:
            return None
        return self._fresh("error", call.function, error.message)

    def _check_leak(self, call: Call, result: Any) -> None:
        if call.subject is not None or not self._rules.private_tables:
            return
        leaked = next(
            (table for table in _tables_in(result, self.convex) if table in self._rules.private_tables), None
        )
        if leaked is not None:
            self._raise("leak", call.function, f"gives documents of {leaked} to a client without identity")

    def _check_aftermath(self) -> None:
        """Look at what happened beside the calls themselves: jobs, guidelines, limits."""
        trace, first = self.convex.trace, self._heard_events
        self._heard_events = len(trace)
        for event in trace.last(len(trace) - first):
            if (
                event.kind in {"job", "cron end"}
                and isinstance(event.detail, dict)
                and "error" in event.detail
            ):
                message = str(event.detail["error"])
                if _NOTHING_STANDS_FOR_IT not in message:
                    self._raise("job", event.subject, message)
        findings = self.convex.findings
        for finding in findings[self._heard_findings :]:
            self._heard_findings += 1
            if finding.rule == "floating-promise":
                self._raise("floating-promise", finding.function, finding.message)
        for path, usage in self.convex.usage.items():
            name, measure = usage.closest
            if measure.fraction >= _NEAR:
                self._raise("limit", path, f"comes close to a limit: {name.replace('_', ' ')} {measure}")
            if usage.documents_read.used > _GROWN:
                self._raise(
                    "growth",
                    path,
                    f"reads {usage.documents_read.used:,} documents in one run, as many as there are: it "
                    f"fails when there are more than {usage.documents_read.limit:,}",
                )

    def _raise(self, kind: FindingKind, function: str, message: str, detail: str = "") -> None:
        problem = self._fresh(kind, function, "\n".join(part for part in (message, detail) if part))
        if problem is not None:
            raise Found(problem)

    def _fresh(self, kind: FindingKind, function: str, text: str) -> FuzzFinding | None:
        """A finding, unless it is known or expected."""
        message, _, detail = text.partition("\n")
        if kind in {"error", "job"} and any(
            fnmatchcase(message, pattern) for pattern in self._rules.expected
        ):
            return None
        finding = FuzzFinding(kind, function, message, detail, self.convex.seed)
        return None if finding.key in self._ignored else finding


def replayed(convex: Deployment, steps: Sequence[Step], rules: Rules) -> str:
    """Take the same steps on another deployment; the digest of its trace."""
    session = Session(convex, rules, frozenset())
    for step in steps:
        with suppress(Found):
            session.do(step)
    return convex.trace.digest


def _tables_in(result: Any, convex: Deployment) -> list[str]:
    """The tables of the documents in a result."""
    if isinstance(result, list):
        return [table for member in result for table in _tables_in(member, convex)]
    if not isinstance(result, dict):
        return []
    own = []
    if isinstance(result.get("_id"), str) and "_creationTime" in result:
        try:
            number, _ = decode_id(result["_id"])
        except DeveloperError:
            return []
        own = [name for name in (convex._runtime.store.tables_of("").name_of(number),) if name is not None]
    return own + [table for member in result.values() for table in _tables_in(member, convex)]
