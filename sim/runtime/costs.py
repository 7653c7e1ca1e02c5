"""What things cost in virtual time, and what a test says that a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Costs"]

Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Costs(BaseModel):
    """The virtual time that a function spends, in milliseconds. By default everything is free.

    As in Convex, time is of two kinds. *User time* is the function's own: it counts to the 1 s of a query or mutation
    (semantics §7, row 8). *System time* is spent waiting for the database; it has a limit of its own (row 9). The
    clock moves by both, and other work goes on meanwhile; `Date.now()` of a query or mutation stands still even so.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    function_ms: Milliseconds = 0
    """System time before a function begins, nested ones included."""
    step_ms: Milliseconds = 0
    """User time each time that a function goes on: at its start and after each thing it awaited."""
    kib_read_ms: Milliseconds = 0
    """User time for each KiB of documents read: they have to be parsed."""
    kib_written_ms: Milliseconds = 0
    """User time for each KiB of documents written."""
    operation_ms: Milliseconds = 0
    """System time of an operation; reads that are issued together cost it once."""
    operations_ms: Mapping[str, Milliseconds] = {}
    """System time by operation, instead of `operation_ms`: `get`, `queryStreamNext`, `insert`, `runUdf`, `fetch`, …"""
    document_read_ms: Milliseconds = 0
    """System time for each document read."""
    document_written_ms: Milliseconds = 0
    """System time for each document written."""
    commit_ms: Milliseconds = 0
    """System time between the end of a mutation that wrote and its commit."""

    @classmethod
    def free(cls) -> Costs:
        """Nothing takes any time."""
        return cls()

    @classmethod
    def realistic(cls) -> Costs:
        """Orders of magnitude of a deployment under light load; no measurement of any particular one."""
        return cls(
            function_ms=2,
            step_ms=0.05,
            kib_read_ms=0.01,
            kib_written_ms=0.02,
            operation_ms=0.5,
            operations_ms={"fetch": 0},
            document_read_ms=0.02,
            document_written_ms=0.05,
            commit_ms=8,
        )

    def of_operation(self, op: str) -> float:
        """System time of an operation (`1.0/insert`), without what it reads and writes."""
        return self.operations_ms.get(op.removeprefix("1.0/").removeprefix("actions/"), self.operation_ms)

    @property
    def are_free(self) -> bool:
        """Whether nothing costs anything."""
        numbers = [value for name, value in self if name != "operations_ms"]
        return not any(numbers) and not any(self.operations_ms.values())
