"""The backend model: a whole Convex backend as plain facts, ready for rules to read.

Everything is frozen. Facts about code hang on a `Body`, the piece of source they stand in: a handler, or a
helper that is handed a ctx. A fact says which kinds of registered functions reach it (`kinds`);
`Backend.reach` gives the calls that lead there. What the analysis could not resolve is None, or a status of
`unknown`: never a guess. Paths have forward slashes; numbers of time are milliseconds unless a name says
otherwise.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec
from biconvex.lint.declarations import (
    AppDefinition,
    Body,
    ComponentUse,
    CronJob,
    CronPart,
    Declaration,
    Function,
    FunctionReference,
    Index,
    InstalledComponent,
    Kind,
    Module,
    ModuleImport,
    Place,
    Route,
    Router,
    Schema,
    Table,
    ValidatorShape,
    Visibility,
)
from biconvex.lint.effects import ModuleWrite, OutsideCall
from biconvex.lint.queried import ArrayUse, Filter, FilterCondition, IndexUse, QueryChain, RangeStep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from biconvex.lint import syntax

__all__ = [
    "AppDefinition", "ArrayUse", "Backend", "Body", "ClientCall", "ComponentUse", "CronJob", "CronPart", "CtxCall",
    "DatabaseOperation", "DatabaseUse", "Declaration", "DirectUse", "Fate", "Filter", "FilterCondition",
    "Function", "FunctionReference", "Handover", "Index", "IndexUse", "InstalledComponent", "Kind", "Loop",
    "Module", "ModuleImport", "ModuleWrite", "OutsideCall", "Place", "Promise", "QueryChain", "RangeStep",
    "Reach", "Route", "Router", "RunCall", "ScheduleCall", "Schema", "Step", "Table", "Throw",
    "ValidatorShape", "VectorSearch", "Visibility",
]  # fmt: skip

Fate = Literal["awaited", "returned", "gathered", "stored", "passed", "used", "voided", "unused", "floating"]
DatabaseOperation = Literal["get", "query", "insert", "patch", "replace", "delete", "normalizeId", "passed"]


# --- what code does ----------------------------------------------------------------------------------------


class Loop(msgspec.Struct, frozen=True, eq=False):
    """A loop around a call. `callback` is `xs.map(x => …)`, `xs.forEach(…)` and the like.

    `node` is the loop, or the call that runs the callback.
    `bound` is the largest number of rounds when it is known (a literal array, `take(n)`, a counted range).
    `query` is the query whose results it goes through, if it does. `endless` marks `while (true)`.
    """

    kind: Literal["for", "for-of", "for-in", "while", "do", "comprehension", "callback"]
    place: Place
    node: syntax.Loop | syntax.Call
    bound: int | None
    query: QueryChain | None
    endless: bool = False


class CtxCall(msgspec.Struct, frozen=True, eq=False):
    """A call of something that a ctx offers.

    `api` is the path on the ctx, in Convex's spelling: `db.insert`, `db.query`, `scheduler.runAfter`,
    `runQuery`, `storage.getUrl`, `auth.getUserIdentity`, `vectorSearch`. `place` is the whole call. `loops`
    are those around it in its body, outermost first. `leaves_loop` is true if each round that makes the call
    then leaves the innermost loop (`return`, `break`, `throw`). `conditional` is true if its body can run
    without it. `kinds` has the kinds of registered function that reach it; a test on the ctx itself (`"db" in
    ctx`), or a builder that may have replaced the part, takes away those of which that makes us unsure.
    """

    api: str
    place: Place
    body: Body
    arguments: tuple[syntax.Node, ...]
    loops: tuple[Loop, ...]
    leaves_loop: bool
    conditional: bool
    kinds: frozenset[Kind]

    @property
    def in_loop(self) -> bool:
        """Whether a loop of its own body surrounds it."""
        return bool(self.loops)


class DatabaseUse(CtxCall, frozen=True, eq=False):
    """A use of the database: a point operation or a query.

    `chains` has what a query may be: one, unless a ternary or a reassignment chose; its `place` is the chain
    up to its terminal. `passed` is `ctx.db` handed to something out of sight. `table` is None when not known;
    `explicit_table` is true for `db.get("t", id)`. `uses` are the uses of the array that a `collect` or `take` gives;
    `all_uses` is false when there may be others: it is returned, kept, or handed to a function. `id` is the validator
    that says what is given for the document's id, where data flow or a type tells it: of kind `id`, with the table, or
    of another, such as `string`, for an argument that is declared as one. `written` is the object that is written, as
    far as it is known: a field whose value is data has the validator of that.
    """

    operation: DatabaseOperation
    table: str | None
    system: bool
    explicit_table: bool
    chains: tuple[QueryChain, ...] = ()
    uses: tuple[ArrayUse, ...] = ()
    all_uses: bool = False
    id: ValidatorShape | None = None
    written: ValidatorShape | None = None


class VectorSearch(CtxCall, frozen=True, eq=False):
    """`ctx.vectorSearch`. `limit` is its constant limit, `length` the number of elements of a vector written out."""

    use: IndexUse
    limit: float | None
    length: int | None


class RunCall(CtxCall, frozen=True, eq=False):
    """`ctx.runQuery`, `ctx.runMutation` or `ctx.runAction`. `args` is the second argument."""

    operation: Literal["runQuery", "runMutation", "runAction"]
    reference: FunctionReference | None
    args: syntax.Node | None


class ScheduleCall(CtxCall, frozen=True, eq=False):
    """`ctx.scheduler.runAfter` or `runAt`.

    `delay_ms` is the constant delay of `runAfter` (None when it is not constant). `schedules_itself` is true
    when the target is a registered function whose handler is this very body.
    """

    operation: Literal["runAfter", "runAt"]
    delay_ms: float | None
    reference: FunctionReference | None
    args: syntax.Node | None
    schedules_itself: bool


class Promise(msgspec.Struct, frozen=True, eq=False):
    """A promise and what becomes of it.

    It comes from a call on a ctx (`api` is its path, as in `CtxCall`) or from an async function of the
    project that was handed a ctx (then `api` is None). `callee` is the called expression as written, `place`
    the whole expression whose value is the promise. `fate`: `awaited`, `returned`, `gathered` (in an array,
    `Promise.all`, pushed), `stored` (in a variable that is read, a property), `passed` (as an argument),
    `used` (otherwise part of an expression), `voided` (`void x`), `unused` (in a variable that nothing
    reads), `floating` (nobody takes it). `through` says what lets it float when that is not the statement
    itself: `forEach`, `map`, `Promise.all`.
    """

    callee: str
    api: str | None
    place: Place
    body: Body
    fate: Fate
    through: str | None
    in_async: bool


class Handover(msgspec.Struct, frozen=True, eq=False):
    """A ctx, a part of one, or an object that has one, handed to a function that is out of sight.

    `callee` is the called expression as written; `place` is the whole call.
    """

    callee: str
    place: Place
    body: Body


class Throw(msgspec.Struct, frozen=True, eq=False):
    """`throw`, `raise`, in a body.

    `thrown` is what it throws: a `ConvexError` (or what is derived from one), another `error`, a `value` that is
    no error at all; None when that is not known. `name` is the name of the error's class, `value` what stands
    behind the `throw`.
    """

    thrown: Literal["ConvexError", "error", "value"] | None
    name: str | None
    place: Place
    body: Body
    value: syntax.Node


class ClientCall(msgspec.Struct, frozen=True, eq=False):
    """A call in client code that names a function first: `useQuery(api.tasks.list, args)`.

    `name` is that of the hook or method, `operation` the kind of function it is for. `passes_arguments` says
    whether `args`, the second argument, is all that the function gets; `paginated` whether the hook adds
    `paginationOpts`.
    """

    name: str
    operation: Literal["query", "mutation", "action"]
    place: Place
    reference: FunctionReference
    passes_arguments: bool
    args: syntax.Node | None
    paginated: bool


class DirectUse(msgspec.Struct, frozen=True, eq=False):
    """A registered function that is itself used in a body, where a reference to it, or a helper, belongs.

    `use` is `called` for `f(ctx, args)`, else the call that it is passed to (`runMutation`,
    `scheduler.runAfter`). `place` is the call, or the argument.
    """

    function: Function
    use: str
    place: Place
    body: Body


class Step(msgspec.Struct, frozen=True, eq=False):
    """One call on the way from a registered function to a body. `loops` and `leaves_loop` as in `CtxCall`.

    `text` is the name of what is called, empty for a function without one.
    """

    place: Place
    text: str
    loops: tuple[Loop, ...]
    leaves_loop: bool


_A_KIND = {
    "query": "a query",
    "mutation": "a mutation",
    "action": "an action",
    "httpAction": "an HTTP action",
}


class Reach(msgspec.Struct, frozen=True, eq=False):
    """A registered function, and the calls from its handler to a body (none to the handler itself)."""

    function: Function
    path: tuple[Step, ...]

    @property
    def evidence(self) -> tuple[tuple[Place, str], ...]:
        """The way as evidence for a finding."""
        name, kind = self.function.name or "handler", self.function.kind
        start = (
            self.function.place,
            f"`{name}` is registered as {_A_KIND[kind]} here",
        )
        return (
            start,
            *(
                (step.place, f"calls `{step.text}`" if step.text else "calls a function")
                for step in self.path
            ),
        )


# --- the whole ---------------------------------------------------------------------------------------------


class Backend(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A whole backend: one functions folder. Tuples are in the order of files, then of places.

    `root` is the folder's path as the files' paths show it; `kind` tells a component from an app. Of a
    `fragment`, code in a document, only some files or parts of files are in sight: that something is nowhere
    to be seen proves nothing. `twins` are modules whose path one of `modules` has already. `open_references` are
    parts of the API, such as (`internal`, `tasks`), of which the code takes members that are not in sight.
    `convex_version` is the lowest version (major, minor) of the npm package that the project may use, if that is known.
    `client_calls` has those of client code, as far as it was read; then `references` has what is written there, too.
    `generated` has the paths of the modules that the generated API knows, None where there is none.
    `links` has, for each file by its path, those whose code it imports and those whose functions it names. `entangled`
    are files of which more or less would be known if other files led to them first: functions that call each other in
    a circle, and what lies too deep to be followed.
    """

    root: str
    kind: Literal["app", "component"]
    modules: Mapping[str, Module]
    twins: tuple[Module, ...]
    schema: Schema | None
    functions: tuple[Function, ...]
    bodies: tuple[Body, ...]
    ctx_calls: tuple[CtxCall, ...]
    handovers: tuple[Handover, ...]
    throws: tuple[Throw, ...]
    index_uses: tuple[IndexUse, ...]
    promises: tuple[Promise, ...]
    references: tuple[FunctionReference, ...]
    direct_uses: tuple[DirectUse, ...]
    open_references: frozenset[tuple[str, ...]]
    crons: tuple[CronJob, ...]
    routers: tuple[Router, ...]
    routes: tuple[Route, ...]
    app_definition: AppDefinition | None
    component_uses: tuple[ComponentUse, ...]
    unread: frozenset[str]
    _by_reference: Mapping[str, Function]
    _reach: Callable[[Body, Kind | None], tuple[Reach, ...]]
    _reachable: Callable[[Function], tuple[Body, ...]]
    outside_calls: tuple[OutsideCall, ...] = ()
    module_writes: tuple[ModuleWrite, ...] = ()
    fragment: bool = False
    convex_version: tuple[int, int] | None = None
    client_calls: tuple[ClientCall, ...] = ()
    generated: frozenset[str] | None = None
    links: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    entangled: frozenset[str] = frozenset()

    @cached_property
    def database_uses(self) -> tuple[DatabaseUse, ...]:
        """Every use of the database."""
        return tuple(call for call in self.ctx_calls if isinstance(call, DatabaseUse))

    @cached_property
    def run_calls(self) -> tuple[RunCall, ...]:
        """Every `ctx.run*`."""
        return tuple(call for call in self.ctx_calls if isinstance(call, RunCall))

    @cached_property
    def schedule_calls(self) -> tuple[ScheduleCall, ...]:
        """Every `ctx.scheduler.runAfter` and `runAt`."""
        return tuple(call for call in self.ctx_calls if isinstance(call, ScheduleCall))

    def function_by_reference(self, reference: str) -> Function | None:
        """Find the function that `folder/file:name` names; `folder/file` alone is its default export."""
        module, _, name = reference.rpartition(":")
        path, export = (module, name) if module else (name, "default")
        return self._by_reference.get(f"{path.removesuffix('.js')}:{export}")

    def reach(self, body: Body, kind: Kind) -> Reach | None:
        """Give the shortest way from a registered function of that kind to a body, if there is one."""
        ways = self._reach(body, kind)
        return ways[0] if ways else None

    def way_to(self, call: OutsideCall, kind: Kind) -> Reach | None:
        """Give a way from a registered function of that kind to a call of something outside, if there is one."""
        if kind not in call.ways:
            return None
        body, steps = call.ways[kind]
        reach = self.reach(body, kind)
        return Reach(reach.function, (*reach.path, *steps)) if reach else None

    def reached_by(self, body: Body) -> tuple[Reach, ...]:
        """Every registered function that reaches a body, each by its shortest way."""
        return self._reach(body, None)

    def reachable(self, function: Function) -> tuple[Body, ...]:
        """Every body that a registered function reaches: its handler first, then by distance."""
        return self._reachable(function)
