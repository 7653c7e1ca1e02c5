"""The JavaScript host: what its Node processes may do (docs/security.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, UsageError
from biconvex.sim.hosts.javascript import engine, node
from biconvex.sim.hosts.javascript.engine import shared_engine
from biconvex.sim.hosts.javascript.node import Node, node_version
from biconvex.sim.hosts.javascript.sandbox import DEFAULT_SANDBOX, Sandbox, project_sandbox

SCRIPTS = str(Path(node.__file__).parent.resolve())
SOURCE = """\
"use node";
import { action } from "./_generated/server";
import { exec, execSync } from "node:child_process";
import fs from "node:fs";
import { Worker } from "node:worker_threads";
const outside = (name: string) => (URL as any).constructor(`return ${name}`)();
export const read = action(async (_ctx, { path }: any) => fs.readFileSync(path, "utf8"));
export const write = action(async (_ctx, { path }: any) => fs.writeFileSync(path, "written"));
export const spawn = action(async () => execSync("echo hello").toString());
export const spawnLater = action(async () => await new Promise((resolve, reject) => {
  exec("echo hello", (error, output) => (error ? reject(error) : resolve(output)));
}));
export const thread = action(async () => { new Worker("0", { eval: true }); });
export const native = action(async () => outside("process").dlopen({ exports: {} }, "/missing.node"));
export const folder = action(async () => process.cwd());
"""
PLAIN = """\
import { query } from "./_generated/server";
const outside = (name: string) => (URL as any).constructor(`return ${name}`)();
export const read = query(async (_ctx, { path }: any) =>
  outside("process").mainModule.require("node:fs").readFileSync(path, "utf8"));
export const environment = query(async () => Object.keys(outside("process").env).sort());
"""
MODULES = {"n.ts": SOURCE}
Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(backend: Any) -> Iterator[Deploy]:
    made: list[Deployment] = []

    def make(**options: Any) -> Deployment:
        made.append(Deployment(backend.root, **options))
        return made[-1]

    yield make
    for deployment in made:
        deployment.close()


def refusal(deployment: Deployment, function: str, **args: Any) -> str:
    with pytest.raises(FunctionError) as raised:
        deployment.as_admin().run(function, args)
    return str(raised.value).split("\n")[0]


def refused(what: str, allowance: str) -> str:
    text = "Uncaught Error: Access to this API has been restricted"
    remedy = "a function may only read its project; to let this one do more, give the deployment "
    return f"{text} ({what}: {remedy}allow=[{json.dumps(allowance)}])"


# --- what is refused, and what can be allowed ------------------------------------------------------------------------


def test_a_project_and_its_packages_can_be_read(deploy: Deploy) -> None:
    convex = deploy()
    assert convex.action("n:read", {"path": "convex/n.ts"}) == SOURCE
    package = json.loads(convex.action("n:read", {"path": "node_modules/convex/package.json"}))
    assert package["name"] == "convex"


def test_nothing_else_can_be_read_unless_allowed(
    deploy: Deploy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "secret"
    file.write_text("secret")
    assert plainly(refusal(deploy(), "n:read", path=str(file))) == refused(
        f"FileSystemRead of {file}", f"fs-read:{file}"
    )
    assert deploy(allow=[f"fs-read:{file}"]).action("n:read", {"path": str(file)}) == "secret"


def test_nothing_can_be_written_unless_allowed(deploy: Deploy, backend: Any) -> None:
    assert plainly(refusal(deploy(), "n:write", path="out")) == refused(
        "FileSystemWrite of out", "fs-write:out"
    )
    convex = deploy(allow=["fs-write:out"])
    convex.action("n:write", {"path": "out"})
    assert (backend.root / "out").read_text() == "written"
    assert convex.action("n:read", {"path": "out"}) == "written"


@pytest.mark.parametrize("function", ["n:spawn", "n:spawnLater"])
def test_no_process_can_be_started_unless_allowed(deploy: Deploy, function: str) -> None:
    assert plainly(refusal(deploy(), function)).replace(" of /bin/sh", "") == refused(
        "ChildProcess", "child-process"
    )
    assert deploy(allow=["child-process"]).action(function) == "hello\n"


def test_no_thread_can_be_started_unless_allowed(deploy: Deploy) -> None:
    assert plainly(refusal(deploy(), "n:thread")) == refused("WorkerThreads", "worker")
    assert deploy(allow=["worker"]).action("n:thread") is None


def test_no_native_code_can_be_loaded_unless_allowed(deploy: Deploy) -> None:
    assert refusal(deploy(), "n:native") == (
        "Uncaught Error: Cannot load native addon because loading addons is disabled. (native code: a function may only "
        'read its project; to let this one do more, give the deployment allow=["addons"])'
    )
    assert "/missing.node: cannot open" in refusal(deploy(allow=["addons"]), "n:native")


def test_functions_of_the_default_runtime_read_nothing_even_where_they_reach_node(
    project: Any, tmp_path: Path
) -> None:
    project.write({"m.ts": PLAIN})
    with Deployment(project.root) as convex:
        assert plainly(refusal(convex, "m:read", path=str(tmp_path / "package.json"))).startswith(
            "Uncaught Error: Access to this API has been restricted (FileSystemRead of "
        )


def test_what_the_test_was_started_with_is_not_in_the_environment(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"m.ts": PLAIN})
    shared_engine().close()
    monkeypatch.setenv("SECRET_KEY", "1")
    with Deployment(project.root) as convex:
        assert set(convex.query("m:environment")) <= {"LANG", "LC_ALL", "NO_COLOR", "PATH", "TZ"}
    shared_engine().close()


def test_the_folder_of_a_function_is_its_project(deploy: Deploy, backend: Any) -> None:
    assert deploy().action("n:folder") == str(backend.root)


@pytest.mark.parametrize(
    ("allowance", "hint"),
    [
        ("child_process", "; did you mean 'child-process'?"),
        ("--allow-worker", "; did you mean 'worker'?"),
        ("fs-read", "; did you mean 'fs-read:PATH'?"),
        ("addons:x", "; did you mean 'addons'?"),
        ("everything", ""),
    ],
)
def test_what_cannot_be_allowed_is_refused(deploy: Deploy, allowance: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        deploy(allow=[allowance])
    known = "'addons', 'child-process', 'fs-read:PATH', 'fs-write:PATH', 'worker'"
    assert str(raised.value) == f"allow: {allowance!r} is not one of {known}{hint}"


def test_what_is_allowed_is_a_list(deploy: Deploy) -> None:
    with pytest.raises(UsageError) as raised:
        deploy(allow="worker")
    assert str(raised.value) == "allow takes a list: allow=['worker']"


def plainly(message: str) -> str:
    """A refusal without what newer versions of Node add: how to allow it on the command line."""
    start, _, rest = message.partition(". Use --allow-")
    return message if not rest else start + rest[rest.index(" (") :]


# --- processes -------------------------------------------------------------------------------------------------------


def pid(deployment: Deployment) -> int:
    [host] = deployment._loaded.app.hosts
    process = host._engine._process  # type: ignore[attr-defined]
    assert process is not None
    return int(process._process.pid)


def test_deployments_of_a_project_share_a_process_and_only_they(deploy: Deploy) -> None:
    deployments = [deploy(), deploy(), deploy(allow=["worker"])]
    for deployment in deployments:
        deployment.action("n:folder")
    first, second, third = map(pid, deployments)
    assert (first == second, first == third) == (True, False)


def test_a_project_without_node_modules_runs_in_the_process_of_all(project: Any) -> None:
    project.write({"m.ts": PLAIN})
    with Deployment(project.root) as convex:
        convex.query("m:environment")
        [host] = convex._loaded.app.hosts
        assert host._engine is shared_engine()  # type: ignore[attr-defined]


def test_processes_that_nobody_uses_end_but_for_the_last_two(deploy: Deploy) -> None:
    allowances = [["worker"], ["addons"], ["child-process"]]
    for allow in allowances:
        convex = deploy(allow=allow)
        convex.action("n:folder")
        convex.close()
    kept = [each.sandbox.switches for each in engine._ENGINES.values() if not each.borrowers]
    assert kept[-2:] == [("addons",), ("child-process",)]
    assert len([switches for switches in kept if switches == ("worker",)]) == 0


# --- flags -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("20.11.1", None),
        ("20.12.0", "--experimental-permission"),
        ("21.5.0", None),
        ("21.6.0", "--experimental-permission"),
        ("22.12.0", "--experimental-permission"),
        ("22.13.0", "--permission"),
        ("23.4.0", "--experimental-permission"),
        ("23.5.0", "--permission"),
        ("24.0.0", "--permission"),
        ("25.1.0-nightly2026", "--permission"),
    ],
)
def test_the_flag_is_that_of_the_version(version: str, flag: str | None) -> None:
    found = Node("node", version)
    assert found.permission_flag == flag
    assert DEFAULT_SANDBOX.flags(found) == ([] if flag is None else [flag, f"--allow-fs-read={SCRIPTS}"])


def test_paths_are_given_as_they_are_and_with_links_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    flags = Sandbox(str(tmp_path), writes=(str(tmp_path / "link"),), switches=("worker",)).flags(
        Node("node", "24.0.0")
    )
    assert flags[2:] == [
        f"--allow-fs-write={tmp_path}/link",
        f"--allow-fs-write={tmp_path}/real",
        "--allow-worker",
    ]


def test_packages_are_read_where_node_finds_them(tmp_path: Path) -> None:
    root = tmp_path / "apps" / "one"
    (root / "node_modules" / "@scope").mkdir(parents=True)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "shared").mkdir()
    (root / "node_modules" / "@scope" / "shared").symlink_to(tmp_path / "shared")
    reads = project_sandbox(root).reads
    assert [path for path in reads if path.startswith(str(tmp_path))] == [
        str(root),
        f"{root}/node_modules",
        f"{tmp_path}/node_modules",
        f"{tmp_path}/shared",
    ]


def test_a_version_without_a_sandbox_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_node", lambda: Node("node", "20.4.0"))
    assert node_version() == "20.4.0 (without a sandbox: it takes Node 20.12, 21.6 or newer)"
