"""The JavaScript host of one deployment."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from biconvex.sim.hosts.javascript.bundle import Bundle, bundle_modules
from biconvex.sim.hosts.javascript.engine import JavaScriptEngine, borrow_engine, return_engine
from biconvex.sim.hosts.javascript.routing import ModuleFile, module_files
from biconvex.sim.hosts.javascript.sandbox import DEFAULT_SANDBOX, Sandbox, project_sandbox
from biconvex.sim.hosts.project import BackendLocation
from biconvex.sim.hosts.protocol import (
    STEP_TIMEOUT_S,
    AppDefinition,
    CallResult,
    FunctionSource,
    HostCrashed,
    HostTimeout,
    Invocation,
    LogLine,
    ModuleSource,
    Settled,
    Step,
    SyncSyscall,
    Thrown,
    Waiting,
)
from biconvex.sim.values.errors import DeveloperError, InternalError, ProjectError

__all__ = ["JavaScriptHost"]

_SETTLED, _WAITING, _LOADED, _FAILED = b"SWLF"
_MASK = 0xFFFFFFFF
_encode = msgspec.json.Encoder().encode
_decode_settled = msgspec.json.Decoder(Settled).decode
_decode_waiting = msgspec.json.Decoder(Waiting).decode


class _Loaded(msgspec.Struct, frozen=True):
    path: str
    functions: tuple[FunctionSource, ...]
    schema: dict[str, Any] | None = None
    routes: list[dict[str, Any]] | None = None
    crons: dict[str, Any] | None = None
    components: AppDefinition | None = None


class _LoadFailed(msgspec.Struct, frozen=True):
    """Why a module can't be loaded: what it threw, or what is wrong with its exports."""

    module: str
    error: Thrown | None = None
    refused: str | None = None
    logs: tuple[LogLine, ...] = ()


class _Question(msgspec.Struct, frozen=True):
    op: str
    arguments: Any


_decode_loaded = msgspec.json.Decoder(tuple[_Loaded, ...]).decode
_decode_failed = msgspec.json.Decoder(_LoadFailed).decode
_decode_question = msgspec.json.Decoder(_Question).decode
# What modules of the same content define: loading is deterministic, so that once is enough.
_DEFINITIONS: dict[tuple[str, int, tuple[tuple[str, str], ...]], tuple[_Loaded, ...]] = {}


class JavaScriptHost:
    """Runs the handlers of one deployment's TypeScript and JavaScript modules in the process's Node.

    `environment` is what `process.env` shows and `import_ms` what `Date.now()` gives while modules are loaded.
    A step that takes longer than `timeout_s` of real time is stopped (`HostTimeout`). `of_component` tells that the
    modules are those of a component, and not of an app. `allow` is what "use node" modules may do besides reading
    their project (`ALLOWANCES`); raises `UsageError` for what can't be allowed.
    """

    is_apart: ClassVar = True

    def __init__(
        self,
        location: BackendLocation,
        *,
        environment: Mapping[str, str] | None = None,
        import_ms: int = 0,
        timeout_s: float = STEP_TIMEOUT_S,
        of_component: bool = False,
        allow: Sequence[str] = (),
    ) -> None:
        self._location = location
        self._allow = allow
        if self._allow:
            self._project_sandbox()  # whether it makes sense shows before anything else happens
        self._of_component = of_component
        self._environment = dict(environment or {})
        self._import_ms = import_ms
        self._timeout_s = timeout_s
        self._engine: JavaScriptEngine = borrow_engine(DEFAULT_SANDBOX)
        self._number = self._engine.new_number()
        self._epoch = 0
        self._modules: tuple[ModuleFile, ...] = ()
        self._bundle: Bundle | None = None
        self._runs: dict[int, SyncSyscall] = {}

    def load(self) -> Sequence[ModuleSource]:
        """Bundle and load every module.

        Raises `ProjectError` for what can't be bundled, for a module that throws, naming it and where, and for
        definitions that Convex refuses.
        """
        bundle = self._read()
        modules = self._modules
        key = (bundle.key, self._import_ms, tuple(sorted(self._environment.items())))
        loaded = _DEFINITIONS.get(key)
        if loaded is None:
            loaded = _DEFINITIONS[key] = self._load()
        folder = self._location.functions.parent
        files = {module.path: module for module in modules}
        return tuple(
            ModuleSource(
                found.path,
                files[found.path].file.relative_to(folder).as_posix(),
                found.functions,
                found.schema,
                found.routes,
                found.crons,
                files[found.path].uses_node,
                found.components,
            )
            for found in loaded
        )

    def route(self, method: str, path: str) -> str | None:
        """The route of the module `http` that serves a request, None where none does or there is no such module."""
        if all(module.path != "http" for module in self._modules):
            return None
        self._open_context(self._environment)
        letter, text = self._engine.ask(
            _encode(("route", self._number, "http", method, path)), self._timeout_s
        )
        if letter != _LOADED:
            raise HostCrashed(f"the router can't be asked: {self._explain(_decode_failed(text))}")
        found: str | None = msgspec.json.decode(text)
        return found

    def start(self, invocation: Invocation, sync: SyncSyscall) -> tuple[int, Step]:
        """Begin a run and step it."""
        self._open_context(invocation.environment)
        run = self._engine.new_number()
        seed = invocation.seed
        self._runs[run] = sync
        command = (
            "start",
            self._number,
            run,
            invocation.module,
            invocation.function,
            invocation.kind,
            invocation.arguments,
            invocation.now_ms,
            seed >> 32 & _MASK,
            seed & _MASK,
            invocation.ahead or None,
        )
        return run, self._step(run, _encode(command), sync)

    def resume(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a run and step it."""
        return self._resume("resume", run, results, now_ms)

    def resume_each(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a run one by one, stepping it after each."""
        return self._resume("resumeEach", run, results, now_ms)

    def _resume(self, command: str, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        sync = self._runs.get(run)
        if sync is None or self._epoch != self._engine.epoch:
            self._lose_runs()
            raise HostCrashed(self._engine.why_ended or "Node was ended")
        return self._step(run, _encode((command, run, now_ms, results)), sync)

    def abandon(self, run: int) -> None:
        """Forget a run."""
        if self._runs.pop(run, None) is not None and self._epoch == self._engine.epoch:
            self._tell(("abandon", run))

    def recycle(self) -> None:
        """Have later runs begin in fresh contexts."""
        if self._epoch and self._epoch == self._engine.epoch:
            self._tell(("recycle", self._number))

    def close(self) -> None:
        """Drop the deployment's context; Node stays for the others."""
        self._close_context()
        self._bundle = None
        self._use_engine(DEFAULT_SANDBOX)

    def _read(self) -> Bundle:
        """Find and bundle the modules as they are now on disk."""
        modules = module_files(self._location.functions, of_component=self._of_component)
        bundle = bundle_modules(self._location, modules)
        self._close_context()
        uses_node = any(module.uses_node for module in modules)
        self._use_engine(self._project_sandbox() if uses_node else DEFAULT_SANDBOX)
        self._modules, self._bundle = modules, bundle
        return bundle

    def _project_sandbox(self) -> Sandbox:
        return project_sandbox(self._location.root, self._allow)

    def _use_engine(self, sandbox: Sandbox) -> None:
        if self._engine.sandbox != sandbox:
            engine, self._engine = self._engine, borrow_engine(sandbox)
            self._number = self._engine.new_number()
            return_engine(engine)

    def _step(self, run: int, command: bytes, sync: SyncSyscall) -> Step:
        try:
            letter, text = self._engine.ask(command, self._timeout_s, lambda text: _answer(sync, text))
        except (HostTimeout, HostCrashed):
            self._lose_runs()
            raise
        if letter == _WAITING:
            return _decode_waiting(text)
        del self._runs[run]
        return _decode_settled(text)

    def _load(self) -> tuple[_Loaded, ...]:
        self._open_context(self._environment)
        try:
            letter, text = self._engine.ask(_encode(("load", self._number)), self._timeout_s)
            # Functions find modules as they are after their own imports, not after everybody's.
            self._close_context()
        except HostTimeout as error:
            raise ProjectError(
                f"{self._location.functions} can't be loaded: its modules ran longer than {self._timeout_s:g} s "
                "while they were imported"
            ) from error
        except HostCrashed as error:
            raise ProjectError(f"{self._location.functions} can't be loaded: {error}") from error
        if letter == _LOADED:
            return _decode_loaded(text)
        if letter != _FAILED:
            raise InternalError(f"Node answered {letter:c} to a load")
        raise ProjectError(self._explain(_decode_failed(text)))

    def _explain(self, failed: _LoadFailed) -> str:
        file = next(module.file for module in self._modules if module.path == failed.module)
        place = file.relative_to(self._location.functions.parent).as_posix()
        if failed.error is None:
            return f"{place}: {failed.refused}"
        thrown = failed.error
        text = f"{thrown.name}: {thrown.message}" if thrown.name else thrown.message
        lines = [f"{place} can't be loaded: Uncaught {text}"]
        for frame in thrown.frames:
            where = f"{frame.file}:{frame.line}:{frame.column}"
            lines.append(f"    at {frame.function} ({where})" if frame.function else f"    at {where}")
        lines += [f"    [{line.level.upper()}] {line.text}" for line in failed.logs]
        return "\n".join(lines)

    def _open_context(self, environment: Mapping[str, str]) -> None:
        """Make Node know this deployment, with this environment: modules may read it when they are imported."""
        bundle = self._bundle or self._read()
        engine = self._engine
        epoch = engine.ensure()
        if self._epoch == epoch and (environment is self._environment or environment == self._environment):
            return
        if self._epoch != epoch:
            self._lose_runs()
        if bundle.key not in engine.bundles:
            engine.send(_encode(("bundle", bundle.key, {"default": bundle.default, "node": bundle.node})))
            engine.bundles.add(bundle.key)
        modules = {module.path: module.uses_node for module in self._modules}
        root = str(self._location.root)
        engine.send(_encode(("open", self._number, bundle.key, modules, root, self._import_ms, environment)))
        self._epoch = epoch
        self._environment = dict(environment)

    def _close_context(self) -> None:
        if self._epoch and self._epoch == self._engine.epoch:
            self._tell(("close", self._number))
        self._epoch = 0
        self._lose_runs()

    def _tell(self, command: tuple[Any, ...]) -> None:
        """Tell Node to forget something; a Node that has ended has forgotten it."""
        with contextlib.suppress(HostCrashed):
            self._engine.send(_encode(command))

    def _lose_runs(self) -> None:
        self._runs.clear()


def _answer(sync: SyncSyscall, text: bytes) -> bytes:
    question = _decode_question(text)
    try:
        value = sync(question.op, question.arguments)
    except DeveloperError as error:
        return _encode({"error": error.message})
    return _encode({"value": _encode(value).decode()})
