"""The deployment: a backend, its data and its clock, in the hands of a test."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from biconvex.sim.deployment.backend import Loaded, load_backend
from biconvex.sim.deployment.caller import Arguments, Caller, Reference
from biconvex.sim.deployment.calls import Request
from biconvex.sim.deployment.explored import Explored
from biconvex.sim.deployment.installed import InstalledComponent, find_component
from biconvex.sim.deployment.invariants import Invariants
from biconvex.sim.deployment.loading import Loading
from biconvex.sim.deployment.lookup import find_function
from biconvex.sim.deployment.phases import Phases
from biconvex.sim.deployment.stubs import MISSING, Stub, put_stub
from biconvex.sim.deployment.subscriptions import Subscription, Subscriptions
from biconvex.sim.deployment.tables import Tables
from biconvex.sim.deployment.users import user_claims
from biconvex.sim.faults import Faults, drawn_start_ns
from biconvex.sim.hosts.protocol import STEP_TIMEOUT_S
from biconvex.sim.kernel import (
    NS_PER_MS,
    NS_PER_SECOND,
    START_NS,
    Choices,
    Clock,
    Kernel,
    Stalled,
    Trace,
    duration_ns,
)
from biconvex.sim.runtime import (
    Costs,
    Guidelines,
    Identity,
    Limits,
    Outcome,
    RegisteredFunction,
    Runtime,
    RuntimeFinding,
    Usage,
)
from biconvex.sim.server.references import function_path
from biconvex.sim.services import Crons, HttpRequest, HttpResponse, HttpServer, Outbound, Scheduler
from biconvex.sim.services.http import identity_of
from biconvex.sim.store import Store
from biconvex.sim.values import (
    DeveloperError,
    ProjectError,
    StallError,
    UsageError,
    Value,
    from_python,
)

__all__ = ["Deployment"]

T = TypeVar("T")
_DAY_MS = 86_400_000
_OWN_VARIABLES = {
    "CONVEX_CLOUD_URL": "https://anonymous-biconvex.convex.cloud",
    "CONVEX_SITE_URL": "https://anonymous-biconvex.convex.site",
}


class Deployment(Explored):
    """A fresh, simulated deployment of a backend.

    `path` is the project, its functions folder, or anything that a `convex.json` makes one. `seed` decides every
    choice that the simulation makes; the same seed and calls give the same run. `Choices.replaying(seed, decisions)` in
    its place makes the decisions of a run again that was shrunk. `limits` replaces today's figures,
    `env` are the deployment's environment variables (none are inherited; two are Convex's own), and `start` is where
    the clock starts. `costs` says what takes virtual time, and how much: nothing does by default. A function that runs
    on for `step_timeout_s` of real time without waiting for anything is ended, as one that has run out of its virtual
    time.
    A query is answered from a cache while nothing it read has changed, as in Convex, unless `query_cache` is false.
    Cron jobs run some seconds into their minute, as in Convex; with `cron_splay` false they run exactly when due.
    `guidelines` says from where on a run goes against one, for `findings`.
    `allow` is what "use node" modules may do besides reading their project: `addons`, `child-process`, `worker`,
    `fs-read:PATH`, `fs-write:PATH` (docs/security.md).
    `faults` is what goes wrong from the start: `Faults(…)`, its fields as a dict, or `"swarm"`.

    Use it as a context manager, or call `close`. Raises `ProjectError` when the backend can't be loaded.
    """

    path: Path
    _options: dict[str, Any]

    def __new__(cls, path: str | Path, **options: Any) -> Deployment:
        """Keep what it is made with, for `again`."""
        deployment = super().__new__(cls)
        deployment.path = Path(path)
        deployment._options = options
        return deployment

    def __init__(
        self,
        path: str | Path,
        *,
        seed: int | Choices = 0,
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        start: datetime | None = None,
        query_cache: bool = True,
        costs: Costs | None = None,
        step_timeout_s: float = STEP_TIMEOUT_S,
        cron_splay: bool = True,
        guidelines: Guidelines | None = None,
        allow: Sequence[str] = (),
        faults: Faults | Mapping[str, Any] | str | None = None,
    ) -> None:
        super().__init__(self)
        choices = seed if isinstance(seed, Choices) else Choices(seed)
        self.seed = choices.seed
        self._step_timeout_s = step_timeout_s
        self._closed = False
        fault_choices = choices.decisions("faults")
        plan = None if faults is None else Faults.of(faults)
        start_ns = START_NS if start is None else _timestamp_ns(start)
        if plan is not None and start is None:
            start_ns = drawn_start_ns(plan, fault_choices.child("start"), START_NS)
        clock = Clock(start_ns)
        environment = _OWN_VARIABLES | dict(env or {})
        self._loaded: Loaded = load_backend(
            Path(path), environment, Loading(clock.now_ms, step_timeout_s, allow)
        )
        self._kernel = Kernel(clock, choices.decisions("interleaving"))
        self.trace = Trace(clock, self.seed)
        if start is None and start_ns != START_NS:
            self.trace.record("fault", "clock_edge")
        ids = choices.child("document ids")

        def new_internal_id() -> bytes:
            return ids.octets(14) + (clock.now_ms // _DAY_MS).to_bytes(2, "big")

        limits = limits or Limits()
        try:
            store = Store(self._loaded.schema, new_internal_id, limits.definition())
            for part in self._loaded.parts:
                store.mount(part.component.path, part.schema)
        except DeveloperError as error:
            self._loaded.close()
            raise ProjectError(
                f"The schema is not valid under the limits of this deployment: {error.message}"
            ) from None
        self._runtime = Runtime(
            kernel=self._kernel,
            store=store,
            components=self._loaded.components(),
            choices=choices,
            trace=self.trace,
            limits=limits,
            query_cache=query_cache,
            costs=costs,
            convex_version=self._loaded.convex_version,
            guidelines=guidelines,
        )
        self._subscriptions = Subscriptions(self._runtime)
        self._scheduler = Scheduler(self._runtime, choices.child("scheduled functions"))
        self.outbound = Outbound(self._kernel, self.trace, choices.child("latencies"))
        self._runtime.external["fetch"] = self.outbound.fetch
        self._phases = Phases(self._runtime, self.outbound, fault_choices)
        if plan is not None:
            self._phases.begin(plan)
        self.crons = Crons(self._runtime, self._loaded.crons, choices.child("cron splay"), splay=cron_splay)
        self._http = HttpServer(
            self._runtime,
            self._loaded.site,
            self._call_by_http,
            environment["CONVEX_CLOUD_URL"],
            environment["CONVEX_SITE_URL"],
        )
        self.db = Tables(self._runtime)
        self._invariants = Invariants(self._runtime, self.db, self.seed)
        self._client_choices = choices.child("clients")
        self._clients = 0

    # --- who calls ---------------------------------------------------------------------------------------

    def as_user(self, **claims: Any) -> Caller:
        """A client that is logged in with these claims, in Convex's names (`subject`, `name`, `email`, …).

        `issuer` is `https://biconvex.example` unless given, and `tokenIdentifier` is `issuer|subject`, as in Convex.
        """
        return Caller(self, user_claims(claims))

    def as_admin(self) -> Caller:
        """The holder of the deployment's admin key, who may call internal functions; nobody is logged in."""
        return Caller(self, admin=True)

    def component(self, path: str) -> InstalledComponent:
        """An installed component, by its name, or by its path (`workpool/batchWorker`) if it is in another one.

        Raises `UsageError` where there is none.
        """
        return find_component(self._runtime, path, self.as_admin())

    # --- time --------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The virtual time in whole milliseconds since the Unix epoch, as `Date.now()` has it."""
        return self._kernel.clock.now_ms

    def advance(
        self,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Let virtual time pass. What is due in it runs, in the order of virtual time."""
        try:
            delay = duration_ns(
                weeks=weeks,
                days=days,
                hours=hours,
                minutes=minutes,
                seconds=seconds,
                milliseconds=milliseconds,
            )
        except ValueError as error:
            raise UsageError(str(error)) from None
        self._require_open()
        self._kernel.run_until(self._kernel.clock.now_ns + delay)

    def run_until_idle(self, *, max_jobs: int = 10_000) -> None:
        """Finish all scheduled work, however far ahead, and what it schedules in turn. Crons are left alone.

        Raises `UsageError` after `max_jobs` jobs: then some function keeps scheduling itself.
        """
        self._require_open()
        last = self._scheduler.started + max_jobs

        def busy() -> bool:
            if self._scheduler.busy and self._scheduler.started >= last:
                loop = self._scheduler.loop
                raise UsageError(
                    f"run_until_idle ran {max_jobs:,} scheduled functions and more are waiting"
                    + (f": {loop}, and will never be done. " if loop else ". ")
                    + "Use advance(…) for a stretch of time, or run_until_idle(max_jobs=…) for more jobs."
                )
            return self._scheduler.busy

        self._kernel.run_while(busy)
        if self._scheduler.busy:
            waiting = "; ".join(self._kernel.waiting) or "nobody"
            raise StallError(
                f"Scheduled work is left, and nothing that could finish it. What waits: {waiting}."
            )
        self._invariants.at_rest()

    def takes(
        self,
        function: Reference,
        *,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Say how long a function takes of its own from now on, on top of what it waits for; zero takes that back.

        The time passes once the first operations of a call are done, before the function goes on. It counts to the
        limit: a query or mutation that takes more than a second fails as in Convex. Raises `FunctionError` when there
        is no such function.
        """
        path = function_path(function)
        found = find_function(self._runtime, path, None, admin=True)
        try:
            taken = duration_ns(hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        except ValueError as error:
            raise UsageError(str(error)) from None
        self._runtime.time.takes_ns[found.path] = taken

    # --- what stands in --------------------------------------------------------------------------------------

    def stub(
        self,
        function: Reference,
        handler: Callable[..., Any] | None = None,
        *,
        returns: Any = MISSING,
        raises: BaseException | None = None,
    ) -> Stub:
        """Put something else in the place of a function of the backend, whatever its language, from now on.

        `handler` is a function of the arguments, or an `async def` of `ctx` and the arguments, which may use `ctx` as
        a function in Python does; or say what it `returns` or `raises`. Arguments and results are validated as ever.
        The answer records the calls, and its `restore()` puts the function back. Raises `FunctionError` when there
        is no such function, `UsageError` for a handler of another shape.
        """
        found = find_function(self._runtime, function_path(function), None, admin=True)
        return put_stub(self._runtime, found, handler, returns, raises, self._step_timeout_s)

    # --- looking inside ----------------------------------------------------------------------------------

    @property
    def findings(self) -> list[RuntimeFinding]:
        """The guidelines that the backend went against so far, under the names of the lint rules."""
        return list(self._runtime.watch.findings)

    @property
    def usage(self) -> Usage:
        """How close each function has come to each limit: `usage["messages:list"].documents_read.fraction`."""
        return self._runtime.accounting.usage

    @property
    def audit_log(self) -> list[Any]:
        """The audit log lines of functions that succeeded, with their variables replaced."""
        return list(self._runtime.audit_log)

    @property
    def functions(self) -> list[RegisteredFunction]:
        """Every function of the backend, by path."""
        return list(self._runtime.registry)

    # --- end, and another beginning ----------------------------------------------------------------------

    def again(self, seed: int | Choices) -> Deployment:
        """A fresh deployment of the same project, made with the same options but for the seed."""
        return type(self)(self.path, **{**self._options, "seed": seed})

    def close(self) -> None:
        """Release what the deployment holds. Calls after that are refused."""
        if not self._closed:
            self._closed = True
            self._kernel.drop_unbegun()
            self._kernel.close()
            self._loaded.close()

    def __enter__(self) -> Deployment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- calls -------------------------------------------------------------------------------------------

    def _invoke(
        self, kind: str | None, reference: Reference, args: Arguments, identity: Identity, *, admin: bool
    ) -> Any:
        self._require_open()
        function, value = self._resolve(kind, reference, args, admin=admin)
        self.trace.record("call", function.path, 0, {"kind": function.kind})
        outcome = self._await(self._start(function, value, identity), f"call of {function.path}")
        if outcome.failure is not None:
            time_ms = self._kernel.clock.now_ns / NS_PER_MS
            raise outcome.failure.to_error(function.path, outcome.logs, time_ms)
        return outcome.value

    def _subscribe(
        self, reference: Reference, args: Arguments, identity: Identity, *, admin: bool
    ) -> Subscription:
        self._require_open()
        function, value = self._resolve("query", reference, args, admin=admin)
        return self._subscriptions.add(function, value, identity)

    def _resolve(
        self, kind: str | None, reference: Reference, args: Arguments, *, admin: bool
    ) -> tuple[RegisteredFunction, Value]:
        path = function_path(reference)
        function = find_function(self._runtime, path, kind, admin=admin)
        try:
            return function, from_python({} if args is None else dict(args))
        except DeveloperError as error:
            raise UsageError(
                f"{path} was given arguments that aren't Convex values: {error.message}"
            ) from None

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError("the deployment is closed")
        if self._kernel.is_running:
            raise UsageError(
                "The simulation is running, and this was called from inside of it, by a stub, an answer of outbound, "
                "an invariant or another callback: time can't be moved and nothing can be called there. Do it before "
                "or after the call that led here; a stub calls functions through its `ctx`."
            )

    async def _call_by_http(self, kind: str | None, path: str, args: Value, identity: Identity) -> Outcome:
        return await self._start(find_function(self._runtime, path, kind, admin=False), args, identity)

    def _start(
        self, function: RegisteredFunction, value: Value, identity: Identity
    ) -> Coroutine[Any, Any, Outcome]:
        if function.kind == "query":
            return self._runtime.query(function, value, identity)
        if function.kind == "mutation":
            return self._runtime.mutation(function, value, identity)
        return self._runtime.action(function, value, identity)

    def _await(self, coroutine: Coroutine[Any, Any, T], name: str) -> T:
        try:
            return self._kernel.run_until_done(self._kernel.spawn(coroutine, name))
        except Stalled as stalled:
            raise StallError(f"The {name} can't end: {stalled}") from None

    async def _respond(self, made: Request) -> HttpResponse:
        request = HttpRequest.of(
            self._http.absolute(made.url), made.method, made.headers, made.json, made.body
        )
        return await self._http.respond(request, identity_of(request.header("authorization")))


def _timestamp_ns(start: datetime) -> int:
    if start.tzinfo is None:
        raise UsageError("start must say its time zone: datetime(2026, 1, 1, tzinfo=UTC)")
    return int(start.timestamp()) * NS_PER_SECOND + start.microsecond * 1000
