"""Steps: what a fuzzer does to a deployment, as data: it can be done again, and written as Python."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from biconvex.sim.deployment import Caller, Deployment
from biconvex.sim.explore.program import Program

__all__ = ["Call", "Request", "Step", "Together", "Wait"]


class Call(msgspec.Struct, frozen=True):
    """A call of a function by a client, logged in as `subject` or not at all; `times` is how often in a row."""

    function: str
    kind: str
    args: Any
    subject: str | None = None
    times: int = 1

    def caller(self, convex: Deployment) -> Caller:
        """Who makes it."""
        return convex if self.subject is None else convex.as_user(subject=self.subject)

    def make(self, convex: Deployment) -> Any:
        """Make the call once; its result."""
        return getattr(self.caller(convex), self.kind)(self.function, self.args)

    @property
    def text(self) -> tuple[str, tuple[Any, ...]]:
        """The call as the text of a statement, and the values in it."""
        who = "convex" if self.subject is None else "convex.as_user(subject={})"
        values = () if self.subject is None else (self.subject,)
        return f"{who}.{self.kind}({{}}, {{}})", (*values, self.function, self.args)

    def write(self, program: Program, result: Any, *, refused: bool) -> None:
        """Append it to a program; `refused` tells that it fails, as it should."""
        text, values = self.text
        if self.times > 1:
            text = f"for _ in range({self.times}):\n    " + ("with suppress(FunctionError):\n        " + text)
        elif refused:
            text = f"with suppress(FunctionError):\n    {text}"
        program.add(text, *values).result = None if "\n" in text else result


class Wait(msgspec.Struct, frozen=True):
    """Time that passes."""

    unit: str
    amount: int

    def write(self, program: Program) -> None:
        """Append it to a program."""
        program.add(f"convex.advance({self.unit}={self.amount})")


class Together(msgspec.Struct, frozen=True):
    """Calls that run interleaved."""

    calls: tuple[Call, ...]

    def write(self, program: Program) -> None:
        """Append it to a program."""
        texts: list[str] = []
        values: list[Any] = []
        for call in self.calls:
            who = "" if call.subject is None else ", as_user={}"
            texts.append(f"call({{}}, {{}}{who})")
            values += [call.function, call.args, *(() if call.subject is None else (call.subject,))]
        program.add(f"convex.concurrently({', '.join(texts)})", *values)


class Request(msgspec.Struct, frozen=True):
    """A request to one of the project's HTTP routes."""

    method: str
    path: str
    json: Any

    def write(self, program: Program) -> None:
        """Append it to a program."""
        if self.method in {"GET", "HEAD"}:
            program.add("convex.fetch({}, method={})", self.path, self.method)
        else:
            program.add("convex.fetch({}, method={}, json={})", self.path, self.method, self.json)


Step: TypeAlias = Call | Wait | Together | Request
