"""Projects for the JavaScript host, and a scripted answerer in the place of the runtime."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest
from biconvex.sim.hosts.javascript import JavaScriptHost
from biconvex.sim.hosts.project import locate
from biconvex.sim.hosts.protocol import (
    CallResult,
    FunctionKind,
    Invocation,
    ModuleSource,
    Settled,
    Step,
    Syscall,
    Waiting,
)

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
NOW_MS = 1_767_225_600_000
HEADER = (
    'import {{ api, internal }} from "{up}_generated/api";\n'
    "import {{ query, mutation, action, internalQuery, internalMutation, internalAction }}"
    ' from "{up}_generated/server";\n'
    'import {{ v, ConvexError }} from "convex/values";\n'
)
HEADER_LINES = HEADER.count("\n")
Answer = CallResult | str | None
Answerer = Callable[[Syscall], Answer]


def answer_null(call: Syscall) -> Answer:
    return "null"


class Outcome:
    """A run from start to end: the last step, and what all steps told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @property
    def settled(self) -> Settled:
        step = self.steps[-1]
        assert isinstance(step, Settled), step
        return step

    @property
    def value(self) -> Any:
        assert self.settled.error is None, self.settled.error
        assert self.settled.value is not None
        return json.loads(self.settled.value)

    @property
    def error(self) -> str:
        assert self.settled.error is not None, self.settled.value
        thrown = self.settled.error
        return f"{thrown.name}: {thrown.message}" if thrown.name else thrown.message

    @property
    def frames(self) -> list[str]:
        assert self.settled.error is not None
        return [
            f"{frame.function} {frame.file}:{frame.line - HEADER_LINES}"
            for frame in self.settled.error.frames
        ]

    @property
    def calls(self) -> list[Syscall]:
        return [call for step in self.steps if isinstance(step, Waiting) for call in step.calls]

    @property
    def ops(self) -> list[str]:
        return [call.op for call in self.calls]

    @property
    def logs(self) -> list[str]:
        return [f"{line.level} {line.text}" for step in self.steps for line in step.logs]


class Project:
    """A project on disk and a host over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hosts: list[JavaScriptHost] = []
        self._host: JavaScriptHost | None = None

    def write(self, modules: Mapping[str, str], *, header: bool = True) -> Project:
        """Write modules by path; those without a suffix are TypeScript that begins with the usual imports."""
        if not PACKAGES.exists():
            pytest.fail("the npm packages of the tests are missing: run `make packages`")
        for path, text in modules.items():
            file = self.root / "convex" / (path if "." in path else f"{path}.ts")
            file.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * path.count("/") or "./"
            file.write_text((HEADER.format(up=up) if header and "." not in path else "") + dedent(text))
        if not (self.root / "node_modules").exists():
            (self.root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
            (self.root / "package.json").write_text('{"private": true, "type": "module"}')
        return self

    @property
    def host(self) -> JavaScriptHost:
        if self._host is None:
            self._host = self.new_host()
        return self._host

    def new_host(self, **options: Any) -> JavaScriptHost:
        self.hosts.append(JavaScriptHost(locate(self.root), **options))
        return self.hosts[-1]

    def load(self) -> dict[str, ModuleSource]:
        return {module.path: module for module in self.host.load()}

    def close(self) -> None:
        for host in self.hosts:
            host.close()

    def run(
        self,
        function: str,
        args: Any = None,
        *,
        kind: FunctionKind = "query",
        answer: Answerer = answer_null,
        sync: Callable[[str, Any], Any] = lambda op, arguments: None,
        env: Mapping[str, str] | None = None,
        seed: int = 1,
        host: JavaScriptHost | None = None,
    ) -> Outcome:
        """Run a function to its end; time stands still but for sleeps. None leaves a call unanswered."""
        module, _, name = function.rpartition(":")
        host = host or self.host
        now_ms = NOW_MS
        outcome = Outcome()
        invocation = Invocation(
            module or "m", name, kind, json.dumps(args or {}), now_ms, seed, dict(env or {})
        )
        run, step = host.start(invocation, sync)
        outcome.steps.append(step)
        pending: dict[int, tuple[int, Syscall]] = {}
        while isinstance(step, Waiting):
            for call in step.calls:
                pending[call.id] = (
                    now_ms + int(call.arguments["ms"]) if call.op == "sleep" else now_ms,
                    call,
                )
            for cancelled in step.cancelled:
                pending.pop(cancelled, None)
            results = self._answers([call for _, call in pending.values()], answer)
            if not results:
                assert any(call.op == "sleep" for _, call in pending.values()), f"nothing answers {pending}"
                now_ms, sleep = min((due, call.id) for due, call in pending.values() if call.op == "sleep")
                results = [CallResult(sleep, "null")]
            for result in results:
                del pending[result.id]
            step = host.resume(run, results, now_ms)
            outcome.steps.append(step)
        return outcome

    @staticmethod
    def _answers(calls: list[Syscall], answer: Answerer) -> list[CallResult]:
        results = []
        for call in calls:
            found = None if call.op == "sleep" else answer(call)
            if isinstance(found, str):
                found = CallResult(call.id, found)
            if found is not None:
                results.append(msgspec.structs.replace(found, id=call.id))
        return results


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One project for a file of tests: the modules that it names `MODULES`."""
    made = Project(tmp_path_factory.mktemp("backend")).write(request.module.MODULES)
    yield made
    made.close()
