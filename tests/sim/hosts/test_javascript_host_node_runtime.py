"""The JavaScript host: modules that begin with "use node" (semantics §13.4)."""

from __future__ import annotations

from typing import Any

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
