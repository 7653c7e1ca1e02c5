"""The JavaScript host: modules that begin with "use node" (semantics §13.4)."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
NOW_MS = 1_767_225_600_000
IMPORTS = """
    "use node";
    import { action } from "./_generated/server";
    import { internal } from "./_generated/api";
"""
MODULES = {
    "n.ts": IMPORTS.lstrip()
    + """
    import { createHash, randomBytes, randomUUID } from "node:crypto";
    import { readFile } from "node:fs/promises";
    import { setTimeout as wait } from "timers/promises";
    import path from "path";
    export const builtins = action(async () => [
        createHash("sha256").update("abc").digest("hex").slice(0, 8),
        path.join("a", "b"),
        Buffer.from("abc") instanceof Uint8Array,
        (await readFile(process.env.FILE!, "utf8")).slice(0, 3),
    ]);
    export const random = action(async () => [randomBytes(4).toString("hex"), randomUUID(), Math.random()]);
    export const time = action(async () => {
        const before = Date.now();
        await wait(1000);
        await new Promise((resolve) => setTimeout(resolve, 500));
        await new Promise((resolve) => setImmediate(resolve));
        return [before, Date.now() - before];
    });
    export const call = action(async (ctx) => await ctx.runQuery(internal.n.other, {}));
    export const env = action(async () => [{ ...process.env }, process.platform.length > 0, typeof process.version]);
    export const exit = action(async () => process.exit(1));
    export const output = action(async () => {
        process.stdout.write("not a frame");
        console.log("a line");
        return "fine";
    });
    export const dirty = action(async () => { setInterval(() => {}, 10); return "left"; });
    """,
    "m": """
        export const plain = query(async () => typeof Buffer);
    """,
}


def test_modules_of_node_can_be_imported(backend: Any) -> None:
    file = str(backend.root / "convex" / "m.ts")
    assert backend.run("n:builtins", kind="action", env={"FILE": file}).value == [
        "ba7816bf",
        "a/b",
        True,
        "imp",
    ]


def test_randomness_of_node_depends_on_the_seed_alone(backend: Any) -> None:
    drawn = [backend.run("n:random", kind="action", seed=seed).value for seed in (1, 1, 2)]
    assert (drawn[0] == drawn[1], drawn[0] == drawn[2]) == (True, False)


def test_time_of_node_is_virtual(backend: Any) -> None:
    outcome = backend.run("n:time", kind="action")
    assert outcome.value == [NOW_MS, 1500]
    assert outcome.ops == ["sleep", "sleep"]


def test_functions_are_called_by_syscalls(backend: Any) -> None:
    outcome = backend.run("n:call", kind="action", answer=lambda call: '"answer"')
    assert [(call.op, call.arguments["name"]) for call in outcome.calls] == [("1.0/actions/query", "n:other")]
    assert outcome.value == "answer"


def test_the_environment_can_be_listed(backend: Any) -> None:
    assert backend.run("n:env", kind="action", env={"A": "1"}).value == [{"A": "1"}, True, "string"]


def test_exiting_is_an_error(backend: Any) -> None:
    assert backend.run("n:exit", kind="action").error == "Error: process.exit(1) was called in a function"


def test_output_does_not_disturb_the_host(backend: Any) -> None:
    outcome = backend.run("n:output", kind="action")
    assert (outcome.value, outcome.logs) == ("fine", ["log 'a line'"])


def test_a_timer_that_is_left_behind_does_not_hold_the_action(backend: Any) -> None:
    assert backend.run("n:dirty", kind="action").value == "left"


def test_other_modules_stay_in_the_default_runtime(backend: Any) -> None:
    assert backend.run("m:plain").value == "undefined"


def test_packages_can_be_left_to_node(project: Any) -> None:
    project.write(
        {
            "n.ts": '"use node";\nimport ts from "typescript";\nimport { action } from "./_generated/server";\n'
            "export const f = action(async () => typeof ts.createProgram);\n"
        }
    )
    (project.root / "convex.json").write_text('{"node": {"externalPackages": ["typescript"]}}')
    assert project.run("n:f", kind="action").value == "function"


# --- packages that Node loads by itself ------------------------------------------------------------------------------

OUTSIDE = """
let calls = 0;
const wait = require("timers/promises").setTimeout;
exports.look = async () => {
    const start = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await wait(500);
    return [start, new Date().getTime() - start, performance.now(), process.hrtime(), process.env.KEY ?? null, ++calls];
};
exports.draw = () => [
    Math.random(), crypto.randomUUID(), require("node:crypto").randomBytes(4).toString("hex"),
    [...crypto.getRandomValues(new Uint8Array(4))],
];
exports.ask = async () => await (await fetch("https://example.com/")).text();
exports.exit = () => process.exit(3);
"""
USES_OUTSIDE = (
    IMPORTS.lstrip()
    + """
    import { ask, draw, exit, look } from "outside";
    export const looks = action(async () => await look());
    export const draws = action(async () => draw());
    export const asks = action(async () => await ask());
    export const exits = action(async () => exit());
    """
)


@pytest.fixture
def outside(project: Any) -> Any:
    packages = project.root / "node_modules"
    (packages / "outside").mkdir(parents=True)
    for name in ("convex", "esbuild", "@esbuild"):
        (packages / name).symlink_to(PACKAGES / name, target_is_directory=True)
    (packages / "outside" / "package.json").write_text('{"name": "outside", "main": "index.js"}')
    (packages / "outside" / "index.js").write_text(dedent(OUTSIDE))
    (project.root / "package.json").write_text("{}")
    (project.root / "convex.json").write_text('{"node": {"externalPackages": ["outside"]}}')
    return project.write({"n.ts": USES_OUTSIDE})


def test_time_and_environment_of_an_external_package_are_the_simulators(outside: Any) -> None:
    outcome = outside.run("n:looks", kind="action", env={"KEY": "value"})
    assert outcome.value == [NOW_MS, 2000, 2000, [(NOW_MS + 2000) // 1000, 0], "value", 1]
    assert outcome.ops == ["sleep", "sleep"]


def test_randomness_of_an_external_package_depends_on_the_seed_alone(outside: Any) -> None:
    drawn = [outside.run("n:draws", kind="action", seed=seed).value for seed in (1, 1, 2)]
    assert (drawn[0] == drawn[1], drawn[0] == drawn[2]) == (True, False)


def test_requests_of_an_external_package_are_syscalls(outside: Any) -> None:
    reply = '{"status":200,"headers":[],"body":"aGVsbG8="}'
    outcome = outside.run("n:asks", kind="action", answer=lambda call: reply)
    assert (outcome.value, outcome.ops) == ("hello", ["fetch"])


def test_an_external_package_cannot_end_the_process(outside: Any) -> None:
    assert outside.run("n:exits", kind="action").error == "Error: process.exit(3) was called in a function"


def test_an_external_package_is_loaded_anew_for_each_deployment(outside: Any) -> None:
    counts = [
        outside.run("n:looks", kind="action", host=host).value[-1]
        for host in (outside.host, outside.host, outside.new_host())
    ]
    assert counts == [1, 2, 1]


# --- what libraries expect -------------------------------------------------------------------------------------------


def test_globals_and_timers_are_what_libraries_of_node_expect(project: Any) -> None:
    project.write(
        {
            "n.ts": IMPORTS.lstrip()
            + """
    import { promisify, types } from "node:util";
    import { setTimeout as wait } from "node:timers/promises";
    export const f = action(async () => {
        const timer = setTimeout(() => {}, 5);
        const start = Date.now();
        await promisify(setTimeout)(20);
        const aborted = await wait(50, null, { signal: AbortSignal.timeout(10) }).catch((error) => error.name);
        return [
            typeof timer.unref().ref().hasRef(), Date.now() - start, aborted, global === globalThis,
            Object.prototype.toString.call(process), process.getBuiltinModule("fs") === require("fs"),
            performance.mark("x") ?? null, typeof AbortSignal,
        ];
    });
    """
        }
    )
    assert project.run("n:f", kind="action").value == [
        "boolean", 30, "AbortError", True, "[object process]", True, None, "function",
    ]  # fmt: skip


def test_modules_can_be_imported_while_an_action_runs(project: Any) -> None:
    project.write(
        {
            "n.ts": IMPORTS.lstrip()
            + """
    export const f = action(async (_ctx, { name }: any) => {
        const { basename } = await import("node:path");
        const { one } = await import("../lib/one");
        const ts = await import("typescript");
        const { join } = await import(name);
        const missing = await import("node:" + "nothing").catch((error) => error.code);
        return [basename("/a/b"), one, typeof ts.default.createProgram, join("a", "b"), missing];
    });
    """
        }
    )
    (project.root / "lib").mkdir()
    (project.root / "lib" / "one.ts").write_text("export const one = 1;")
    (project.root / "convex.json").write_text('{"node": {"externalPackages": ["typescript"]}}')
    outcome = project.run("n:f", {"name": "path"}, kind="action")
    assert outcome.value == ["b", 1, "function", "a/b", "ERR_UNKNOWN_BUILTIN_MODULE"]


def test_timers_while_modules_load_never_fire(project: Any) -> None:
    project.write(
        {
            "n.ts": IMPORTS.lstrip()
            + """
    let fired = false;
    setInterval(() => { fired = true; }, 1).unref();
    export const f = action(async () => { await new Promise((resolve) => setTimeout(resolve, 100)); return fired; });
    """
        }
    )
    assert list(project.load()) == ["n"]
    assert project.run("n:f", kind="action").value is False
