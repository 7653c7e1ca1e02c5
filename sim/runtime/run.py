"""A run: one execution of one function, and what belongs to it while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from biconvex.sim.runtime.execution import Execution, ScheduleLimits
from biconvex.sim.runtime.limits import Limits
from biconvex.sim.runtime.logs import RunLog
from biconvex.sim.runtime.registry import RegisteredFunction
from biconvex.sim.store import QueryStream, Transaction

__all__ = ["Identity", "InvalidToken", "Run"]


class InvalidToken(msgspec.Struct, frozen=True):
    """Who calls can't be told, because their token was refused: nobody minds until somebody asks who it is."""

    code: str
    message: str


Identity = Mapping[str, Any] | InvalidToken | None
"""Who calls: the claims that `ctx.auth.getUserIdentity()` answers (semantics §11), or None."""


class Run:
    """One execution.

    `transaction` is what it reads and writes; None in an action. `parent` is the run that called it, `job` the id
    of the scheduled function it runs for. `depth` counts nested calls within one transaction. `journal` is where the
    function's page ended when it ran before, and `page_end` where it ended now, None if it read none (semantics §5.6).
    `takes_ns` is what the test says that it takes and that has not passed yet, `time_limit_ms` how long it may take.
    `arguments_json` is the JSON text of the arguments where that is known already.
    `permit_wait_ms` is how long it waits to begin while too many others run, None if it does for ever.
    """

    __slots__ = (
        "ahead", "arguments_bytes", "arguments_json", "depth", "execution", "function", "identity", "job", "journal",
        "log", "number", "observed", "page_end", "parent", "permit_wait_ms", "queries", "return_bytes", "takes_ns",
        "time_limit_ms", "transaction",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        function: RegisteredFunction,
        transaction: Transaction | None,
        identity: Identity,
        parent: Run | None = None,
        job: str | None = None,
        *,
        limits: Limits,
        now_ns: int,
    ) -> None:
        self.number = number
        self.function = function
        self.transaction = transaction
        self.identity = identity
        self.parent = parent
        self.job: str | None = job if parent is None else parent.job
        caller = (
            parent
            if transaction is not None and parent is not None and parent.transaction is not None
            else None
        )
        self.depth: int = caller.depth + 1 if caller is not None else 0
        self.observed: Observed = caller.observed if caller is not None else Observed()
        if caller is not None:
            self.execution: Execution = caller.execution
        else:
            schedule = ScheduleLimits(limits.functions_scheduled, limits.scheduled_arguments_bytes)
            self.execution = Execution(now_ns, schedule)
        if transaction is not None:
            self.time_limit_ms: int = limits.user_time_ms
        else:
            self.time_limit_ms = limits.node_action_time_ms if function.uses_node else limits.action_time_ms
        self.takes_ns = 0
        self.permit_wait_ms: int | None = None
        self.arguments_bytes = 0
        self.arguments_json: str | None = None
        self.return_bytes = 0
        self.queries: dict[int, QueryStream] = {}
        # How many rows of a query its host holds ahead of time.
        self.ahead: dict[int, int] = {}
        self.journal: str | None = None
        self.page_end: str | None = None
        self.log = RunLog(limits.log_lines, limits.log_line_bytes)

    def identity_for(self, function: RegisteredFunction) -> Identity:
        """Who calls when this run calls a function: nobody, in and from components (semantics §12.4)."""
        return None if self.function.component or function.component else self.identity

    @property
    def tx(self) -> Transaction:
        """The transaction; raises `RuntimeError` in an action, where the syscall table doesn't lead."""
        if self.transaction is None:
            raise RuntimeError(f"{self.function.path} runs outside of a transaction")
        return self.transaction


class Observed:
    """What a top-level function and everything it calls have looked at that isn't in their read set."""

    __slots__ = ("identity", "time")

    def __init__(self) -> None:
        self.identity = False
        self.time = False
