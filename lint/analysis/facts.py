"""Facts about ctx calls while they are collected: one draft for each call, frozen when all is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import msgspec
from biconvex.lint.model import CtxCall, DatabaseUse, Place, RunCall, ScheduleCall, VectorSearch

if TYPE_CHECKING:
    from biconvex.lint import syntax
    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.results import ResultDraft
    from biconvex.lint.model import (
        DatabaseOperation,
        FunctionReference,
        IndexUse,
        Kind,
        Loop,
        QueryChain,
        ValidatorShape,
    )

__all__ = ["CallContext", "CallDraft"]


class CallContext(msgspec.Struct, frozen=True, eq=False):
    """Where in its body a call stands.

    `sure` is false under a test on the ctx, or on a ctx that is not exact.
    """

    draft: BodyDraft
    loops: tuple[Loop, ...]
    leaves_loop: bool
    conditional: bool
    sure: bool


class VectorDetails(msgspec.Struct, frozen=True, eq=False):
    """What is known of a vector search besides the call."""

    use: IndexUse
    limit: float | None
    length: int | None


class CallDraft(msgspec.Struct, eq=False):
    """A call on a ctx. Which of the optional parts are set depends on `api`."""

    api: str
    place: Place
    contexts: list[CallContext]
    arguments: tuple[syntax.Node, ...]
    operation: DatabaseOperation | None = None
    table: str | None = None
    system: bool = False
    explicit_table: bool = False
    chains: list[QueryChain] = msgspec.field(default_factory=list)
    reference: FunctionReference | None = None
    args: syntax.Node | None = None
    delay_ms: float | None = None
    vector: VectorDetails | None = None
    result: ResultDraft | None = None
    id: ValidatorShape | None = None
    written: ValidatorShape | None = None

    def freeze(self, kinds: frozenset[Kind], *, itself: bool) -> CtxCall:
        """Give the fact.

        `kinds` reach it; `itself` says that it schedules the function whose handler it is in.
        """
        context = self.contexts[0]
        place, body, arguments = self.place, context.draft.body, self.arguments
        loops, leaves, maybe = context.loops, context.leaves_loop, context.conditional
        api, reference, args = self.api, self.reference, self.args
        if self.operation is not None:
            tables = {chain.table for chain in self.chains} or {self.table}
            table = next(iter(tables)) if len(tables) == 1 else None
            return DatabaseUse(
                api, place, body, arguments, loops, leaves, maybe, kinds,
                self.operation, table, self.system, self.explicit_table, tuple(self.chains),
                *(self.result.freeze() if self.result else ((), False)), self.id, self.written,
            )  # fmt: skip
        if self.vector is not None:
            found = self.vector
            return VectorSearch(
                api, place, body, arguments, loops, leaves, maybe, kinds, found.use, found.limit, found.length
            )
        if api in {"runQuery", "runMutation", "runAction"}:
            run = cast("Literal['runQuery', 'runMutation', 'runAction']", api)
            return RunCall(api, place, body, arguments, loops, leaves, maybe, kinds, run, reference, args)
        if api in {"scheduler.runAfter", "scheduler.runAt"}:
            operation = cast("Literal['runAfter', 'runAt']", api.removeprefix("scheduler."))
            return ScheduleCall(
                api, place, body, arguments, loops, leaves, maybe, kinds,
                operation, self.delay_ms, reference, args, itself,
            )  # fmt: skip
        return CtxCall(api, place, body, arguments, loops, leaves, maybe, kinds)
