"""The JavaScript host: the Node process it shares, and what happens when it hangs or dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim.hosts.javascript.engine import shared_engine
from biconvex.sim.hosts.project import locate
from biconvex.sim.hosts.protocol import CallResult, HostCrashed, HostTimeout, Invocation, Waiting

MODULES = {
    "m": """
        export const ok = query(async () => "ok");
        export const get = query(async (ctx) => await ctx.db.get("k1"));
        export const loop = query(async () => { for (;;) {} });
        export const microtasks = query(async () => { for (;;) await null; });
        export const afterwards = query(async (ctx) => { await ctx.db.get("k1"); for (;;) {} });
        export const busyGetter = query(async () => { throw { toString() { for (;;) {} } }; });
        export const spam = query(async () => { for (let i = 0; i < 1e5; i++) console.log(i, "x".repeat(100)); });
        export const big = query(async (ctx, { size }) => "x".repeat(size));
        export const bigLog = query(async () => { console.log("x".repeat(5e7)); });
        export const escape = query(async () => URL.constructor("return process")().exit(3));
        export const size = mutation(async (ctx, { text }) => text.length);
    """,
}


def node_pid() -> int:
    process = shared_engine()._process
    assert process is not None
    return process._process.pid


@pytest.fixture(scope="module")
def quick(backend: Any) -> Any:
    return backend.new_host(timeout_s=0.4)


@pytest.mark.parametrize("function", ["loop", "microtasks", "busyGetter"])
def test_a_step_that_never_ends_is_stopped_and_the_next_call_works(
    backend: Any, quick: Any, function: str
) -> None:
    with pytest.raises(HostTimeout) as raised:
        backend.run(function, host=quick)
    assert str(raised.value) == "the step took longer than 0.4 s of real time"
    assert backend.run("ok", host=quick).value == "ok"


def test_a_later_step_is_stopped_too(backend: Any, quick: Any) -> None:
    with pytest.raises(HostTimeout):
        backend.run("afterwards", host=quick)
    assert backend.run("ok", host=quick).value == "ok"


def test_a_stopped_process_is_gone(backend: Any, quick: Any) -> None:
    backend.run("ok", host=quick)
    pid = node_pid()
    with pytest.raises(HostTimeout):
        backend.run("loop", host=quick)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_node_loses_its_runs_and_the_next_call_works(backend: Any) -> None:
    host, other = backend.new_host(), backend.new_host()
    started = [
        (each, *each.start(Invocation("m", "get", "query", "{}", 0, 1), lambda op, arguments: None))
        for each in (host, other)
    ]
    assert all(isinstance(step, Waiting) for _, _, step in started)
    os.kill(node_pid(), signal.SIGKILL)
    for each, run, _ in started:
        with pytest.raises(HostCrashed):
            each.resume(run, [CallResult(1, "null")], 0)
        each.abandon(run)
    assert [backend.run("ok", host=each).value for each in (host, other)] == ["ok", "ok"]


def test_forgetting_needs_no_node(backend: Any) -> None:
    host = backend.new_host()
    run, _ = host.start(Invocation("m", "get", "query", "{}", 0, 1), lambda op, arguments: None)
    os.kill(node_pid(), signal.SIGKILL)
    shared_engine()._process._process.wait()
    host.abandon(run)
    host.close()
    assert backend.run("ok", host=host).value == "ok"


def test_a_crash_says_how_node_ended(backend: Any) -> None:
    with pytest.raises(HostCrashed) as raised:
        backend.run("escape")
    assert str(raised.value) == "Node ended with status 3"
    assert backend.run("ok").value == "ok"


def test_a_flood_of_logs_is_cut(backend: Any) -> None:
    assert len(backend.run("spam").logs) == 2000
    shown = "x" * 32_768
    assert backend.run("bigLog").logs == [f"log '{shown}'... 49967232 more characters"]


def test_a_result_of_many_megabytes_arrives(backend: Any) -> None:
    assert len(backend.run("big", {"size": 30_000_000}).value) == 30_000_000


def test_arguments_of_many_megabytes_arrive(backend: Any) -> None:
    assert backend.run("size", {"text": "ü" * 5_000_000}, kind="mutation").value == 5_000_000


def test_deployments_share_one_process(backend: Any) -> None:
    backend.run("ok", host=backend.new_host())
    pid = node_pid()
    host = backend.new_host()
    backend.run("ok", host=host)
    host.close()
    assert node_pid() == pid
    assert backend.run("ok").value == "ok"


def test_a_closed_host_opens_again(backend: Any) -> None:
    host = backend.new_host()
    host.load()
    host.close()
    host.close()
    assert backend.run("ok", host=host).value == "ok"


def _in_child(root: Path, results: Any) -> None:
    from biconvex.sim.hosts.javascript import JavaScriptHost

    host = JavaScriptHost(locate(root))
    _, step = host.start(Invocation("m", "ok", "query", "{}", 0, 1), lambda op, arguments: None)
    results.put((step.value, node_pid()))
    shared_engine().close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_process_of_its_own(backend: Any) -> None:
    host = backend.host
    run, _ = host.start(Invocation("m", "get", "query", "{}", 0, 1), lambda op, arguments: None)
    fork = get_context("fork")
    results = fork.Queue()
    child = fork.Process(target=_in_child, args=(backend.root, results))
    child.start()
    value, pid = results.get(timeout=20)
    child.join(20)
    assert (value, pid != node_pid(), child.exitcode) == ('"ok"', True, 0)
    assert host.resume(run, [CallResult(1, '"still here"')], 0).value == '"still here"'


def test_node_ends_with_the_process(backend: Any) -> None:
    script = (
        "from biconvex.sim.hosts.javascript import JavaScriptHost\n"
        "from biconvex.sim.hosts.javascript.engine import shared_engine\n"
        "from biconvex.sim.hosts.project import locate\n"
        f"JavaScriptHost(locate({str(backend.root)!r})).load()\n"
        "shared_engine().ensure()\n"
        "print(shared_engine()._process._process.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_the_same_calls_give_the_same_answers_in_another_process(backend: Any) -> None:
    first = backend.run("get", answer=lambda call: f'"{call.id}"').steps
    shared_engine().close()
    assert backend.run("get", answer=lambda call: f'"{call.id}"').steps == first
