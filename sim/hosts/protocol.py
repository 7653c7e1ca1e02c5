"""The contract between the runtime and whoever runs a handler.

A host loads modules and runs one function at a time, in steps. `start` and `resume` run the handler as far as
it goes and answer `Settled` or `Waiting`. The runtime performs the syscalls, in an order of its choosing, and
resumes with results. Values cross as JSON text in Convex's wire encoding (semantics §2.1), so that
a host needs to know nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Protocol

import msgspec

__all__ = [
    "STEP_TIMEOUT_S",
    "AppDefinition",
    "Binding",
    "CallResult",
    "EnvironmentVariable",
    "Frame",
    "FunctionKind",
    "FunctionSource",
    "Host",
    "HostCrashed",
    "HostOutOfMemory",
    "HostTimeout",
    "Installation",
    "Invocation",
    "LogLine",
    "ModuleSource",
    "NeverBegun",
    "Settled",
    "Step",
    "SyncSyscall",
    "Syscall",
    "Thrown",
    "Visibility",
    "Waiting",
]

FunctionKind = Literal["query", "mutation", "action", "httpAction"]
Visibility = Literal["public", "internal"]

STEP_TIMEOUT_S: Final = 10.0
"""How long one step of a handler may take in real seconds, unless the test says otherwise."""


class HostTimeout(Exception):
    """A step ran too long in real time; the run is lost, the host is usable again."""


class HostCrashed(Exception):
    """The host's process ended in the middle of a step; the run is lost, the host is usable again."""


class HostOutOfMemory(HostCrashed):
    """The host's process ended in the middle of a step because the function took all the memory there was."""


class FunctionSource(msgspec.Struct, frozen=True):
    """A registered function as its module exports it. `args` and `returns` are validator JSON (semantics §3.1)."""

    name: str
    kind: FunctionKind
    visibility: Visibility | None
    args: dict[str, Any] | None = None
    returns: dict[str, Any] | None = None


class EnvironmentVariable(msgspec.Struct, frozen=True):
    """A variable of the environment that an app or component declares; `validator` is validator JSON as text."""

    name: str
    validator: str
    optional: bool = False


class Binding(msgspec.Struct, frozen=True):
    """What an installed component gets for a variable: a `value`, or that of the variable `reference` around it."""

    name: str
    value: str | None = None
    reference: str | None = None


class AppDefinition(msgspec.Struct, frozen=True):
    """An app, or a component, as `convex.config` defines it: the variables it declares and the components in it.

    `http_prefix` is where an app's own routes begin, None where they aren't moved.
    """

    is_app: bool
    variables: tuple[EnvironmentVariable, ...] = ()
    components: tuple[Installation, ...] = ()
    http_prefix: str | None = None


class Installation(msgspec.Struct, frozen=True):
    """A component that is installed: its name there, its functions folder, what it gets, where its routes begin."""

    name: str
    folder: str
    definition: AppDefinition
    bindings: tuple[Binding, ...] = ()
    http_prefix: str | None = None


class ModuleSource(msgspec.Struct, frozen=True):
    """A loaded module: its path without extension (`folder/file`), the file it came from, its functions.

    `schema` is the exported JSON of a schema definition (semantics §3.4), `routes` (path, method) of a
    router, `crons` the exported JSON of cron jobs; each None where the module defines none. `uses_node` tells
    that the module asks for the Node runtime. `components` is the definition of an app, which has no functions.
    """

    path: str
    file: str
    functions: tuple[FunctionSource, ...]
    schema: dict[str, Any] | None = None
    routes: list[dict[str, Any]] | None = None
    crons: dict[str, Any] | None = None
    uses_node: bool = False
    components: AppDefinition | None = None


class Invocation(msgspec.Struct, frozen=True):
    """One execution of a function.

    `arguments` is the JSON text of the arguments object; that of an HTTP action is `{"method", "url", "path",
    "headers": [[name, value]], "body": base64 or null}`, its result `{"status", "headers", "body"}`. `now_ms` is
    `Date.now()` at the start (whole ms); `seed` seeds the run's randomness; `environment` is what `process.env` shows.
    `ahead` has the table and the JSON text of documents by id, which the host may use to answer `get`s by itself, each
    document once, while that is all that the handler has asked for; it reports those with the step (`got`).
    """

    module: str
    function: str
    kind: FunctionKind
    arguments: str
    now_ms: int
    seed: int
    environment: Mapping[str, str] = {}
    ahead: Mapping[str, tuple[str, str]] = {}


class Syscall(msgspec.Struct, frozen=True):
    """A call a handler waits for. `id` is unique in its run; `arguments` is parsed JSON.

    Besides Convex's own operations (semantics §1.2, §1.3) hosts use `sleep` (`{"ms": number}`) for timers and
    `fetch` (`{"url", "method", "headers": [[name, value]], "body": base64 or null, "redirect"?: "follow" | …}`).
    """

    id: int
    op: str
    arguments: Any


class CallResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a syscall: `value` is JSON text, or `error` is what the handler sees thrown.

    `error_code` is what Node's errors have as `code` (`ECONNRESET`), for requests that failed.

    `rows` (queryStreamNext only) has the JSON texts of rows that follow `value`'s, which the host may hand out by
    itself; it reports how many it did with its next step (`consumed`).
    """

    id: int
    value: str | None = None
    error: str | None = None
    error_data: str | None = None
    error_code: str | None = None
    rows: tuple[str, ...] = ()
    rows_done: bool = False


class LogLine(msgspec.Struct, frozen=True):
    """A console line: level (`log`, `warn`, …) and its text."""

    level: str
    text: str


class Frame(msgspec.Struct, frozen=True):
    """A frame of a stack trace in the user's own source; line and column are 1-based."""

    function: str | None
    file: str
    line: int
    column: int


class Thrown(msgspec.Struct, frozen=True):
    """What a handler threw. `data` is the JSON text of a `ConvexError`'s data, else None.

    `by_host` tells that nobody threw it: the host found it, and it isn't called uncaught.
    """

    name: str
    message: str
    frames: tuple[Frame, ...] = ()
    data: str | None = None
    by_host: bool = False


class NeverBegun(msgspec.Struct, frozen=True):
    """An operation that a handler made but never awaited, in a language where it then never begins.

    `place` is where it was made.
    """

    name: str
    place: Frame


class Waiting(msgspec.Struct, frozen=True):
    """The run waits.

    `calls` are the syscalls issued since the last step, in order; `cancelled` are ids of earlier ones (timers,
    aborted requests) that nobody waits for any more; `consumed` counts, by query id, the rows that the host
    handed out by itself; the end of a query (`rows_done`) counts as one more. A host that asks for the next row has
    dropped the rows it was given before. `got` has the arguments of the `get`s that the host answered by itself, in
    their order; they come before everything else of the step.
    """

    calls: tuple[Syscall, ...]
    logs: tuple[LogLine, ...] = ()
    cancelled: tuple[int, ...] = ()
    consumed: Mapping[str, int] = {}
    got: tuple[Any, ...] = ()


class Settled(msgspec.Struct, frozen=True):
    """The run is over. Either `value` (JSON text of the result) or `error`.

    Queries and mutations settle only when no syscall is pending any more, unless they failed; an action settles
    when its handler does, and `dangling` then names the operations that were still under way (semantics §6.4).
    `never_begun` are operations that the handler made and that came to nothing for want of an `await`.
    `observed_time` tells that the handler looked at a clock; how long its result may be cached depends on it.
    """

    value: str | None = None
    error: Thrown | None = None
    logs: tuple[LogLine, ...] = ()
    dangling: tuple[str, ...] = ()
    consumed: Mapping[str, int] = {}
    observed_time: bool = False
    never_begun: tuple[NeverBegun, ...] = ()
    got: tuple[Any, ...] = ()


Step = Settled | Waiting
SyncSyscall = Callable[[str, Any], Any]


class Host(Protocol):
    """Runs the handlers of one deployment in one language.

    `is_apart` tells that it runs in another process, so that each question of a handler costs a round trip.
    """

    is_apart: ClassVar[bool]

    def load(self) -> Sequence[ModuleSource]:
        """Load every module; raises `ProjectError` naming the file and the reason."""
        ...

    def route(self, method: str, path: str) -> str | None:
        """The route of the project's HTTP router that serves a request, None where none does or there is no router.

        A route for all paths below one ends in `*` (semantics §10). Raises `HostCrashed` or `HostTimeout`.
        """
        ...

    def start(self, invocation: Invocation, sync: SyncSyscall) -> tuple[int, Step]:
        """Begin a run; answer its id and its first step.

        `sync(op, arguments)` performs a synchronous syscall (`1.0/db/normalizeId`) and returns parsed JSON;
        it may raise `DeveloperError`. The same callable serves the later steps of the run.
        """
        ...

    def resume(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a waiting run and step it; `now_ms` is the virtual time, for actions."""
        ...

    def resume_each(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a waiting run one by one, each as `resume` does; the last step, with the calls of all.

        A run that is over before the last one takes no more. There is at least one.
        """
        ...

    def abandon(self, run: int) -> None:
        """Forget a run that will not be resumed."""
        ...

    def recycle(self) -> None:
        """Let runs that begin from now on find fresh modules, each imported anew; those under way keep theirs."""
        ...

    def close(self) -> None:
        """Release what the deployment holds."""
        ...
