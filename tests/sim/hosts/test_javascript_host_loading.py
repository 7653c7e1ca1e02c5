"""The JavaScript host: what modules define, and what is wrong with them (semantics §1.4, §3.4, §13.1)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.hosts.protocol import FunctionSource
from biconvex.sim.values import ProjectError

MODULES = {
    "m": """
        export const list = query({ args: { n: v.number() }, returns: v.null(), handler: async () => null });
        export const save = mutation(async () => {});
        export const run = action({ args: {}, handler: async () => {} });
        export const hiddenList = internalQuery(async () => null);
        export const hiddenSave = internalMutation(async () => null);
        export const hiddenRun = internalAction(async () => null);
        export const constant = 5;
        export const references = api;
        export const nothing = null;
        export function helper() {}
        export default query(async () => started);
        export const started = [Date.now(), Math.random(), process.env.NAME ?? "none"];
        export const read = query(async () => started);
        let counter = 0;
        export const count = query(async () => ++counter);
    """,
    "folder/inner": 'export const f = query({ args: v.object({ a: v.optional(v.string()) }), handler: async () => "inner" });',
    "plain.js": """
        import { query } from "./_generated/server";
        export const f = query(async () => "js");
    """,
    "common.cjs": """
        const { queryGeneric } = require("convex/server");
        exports.f = queryGeneric(async () => "cjs");
    """,
    "view.tsx": """
        import { query } from "./_generated/server";
        export const f = query(async () => (<T,>(value: T) => value)("tsx"));
    """,
    "schema": """
        import { defineSchema, defineTable } from "convex/server";
        export default defineSchema({ tasks: defineTable({ title: v.string() }).index("by_title", ["title"]) });
    """,
    "http": """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        http.route({ path: "/hook", method: "POST", handler: httpAction(async () => new Response("ok")) });
        http.route({ pathPrefix: "/files/", method: "GET", handler: httpAction(async () => new Response("ok")) });
        export default http;
    """,
    "crons": """
        import { cronJobs } from "convex/server";
        const crons = cronJobs();
        crons.interval("tidy", { minutes: 5 }, internal.m.hiddenSave, { a: 1 });
        export default crons;
    """,
}
ANY = {"type": "any"}


def test_every_module_is_found(backend: Any) -> None:
    assert {path: module.file for path, module in backend.load().items()} == {
        "common": "convex/common.cjs",
        "crons": "convex/crons.ts",
        "folder/inner": "convex/folder/inner.ts",
        "http": "convex/http.ts",
        "m": "convex/m.ts",
        "plain": "convex/plain.js",
        "schema": "convex/schema.ts",
        "view": "convex/view.tsx",
    }


def test_functions_have_kind_visibility_and_validators(backend: Any) -> None:
    n = {"type": "object", "value": {"n": {"fieldType": {"type": "number"}, "optional": False}}}
    assert {source.name: source for source in backend.load()["m"].functions} == {
        "list": FunctionSource("list", "query", "public", n, {"type": "null"}),
        "save": FunctionSource("save", "mutation", "public", ANY),
        "run": FunctionSource("run", "action", "public", {"type": "object", "value": {}}),
        "hiddenList": FunctionSource("hiddenList", "query", "internal", ANY),
        "hiddenSave": FunctionSource("hiddenSave", "mutation", "internal", ANY),
        "hiddenRun": FunctionSource("hiddenRun", "action", "internal", ANY),
        "default": FunctionSource("default", "query", "public", ANY),
        "read": FunctionSource("read", "query", "public", ANY),
        "count": FunctionSource("count", "query", "public", ANY),
    }


@pytest.mark.parametrize(
    ("path", "value"), [("folder/inner", "inner"), ("plain", "js"), ("common", "cjs"), ("view", "tsx")]
)
def test_modules_of_every_kind_of_file_run(backend: Any, path: str, value: str) -> None:
    assert backend.run(f"{path}:f").value == value


def test_a_schema_is_exported(backend: Any) -> None:
    schema = backend.load()["schema"].schema
    assert [(table["tableName"], table["indexes"]) for table in schema["tables"]] == [
        ("tasks", [{"indexDescriptor": "by_title", "fields": ["title"]}])
    ]
    assert schema["schemaValidation"] is True


def test_routes_are_listed(backend: Any) -> None:
    assert backend.load()["http"].routes == [
        {"path": "/hook", "method": "POST"},
        {"path": "/files/*", "method": "GET"},
    ]


def test_crons_are_exported(backend: Any) -> None:
    assert backend.load()["crons"].crons == {
        "tidy": {
            "name": "m:hiddenSave",
            "args": [{"a": 1}],
            "schedule": {"type": "interval", "minutes": 5},
        }
    }


def test_a_default_export_is_called_default(backend: Any) -> None:
    assert backend.run("m:default").settled.error is None


def test_modules_are_imported_with_the_environment_at_a_fixed_time(backend: Any) -> None:
    host = backend.new_host(import_ms=5000)
    first = backend.run("read", env={"NAME": "one"}, host=host).value
    assert (first[0], first[2]) == (5000, "one")
    assert backend.run("read", env={"NAME": "two"}, host=host).value == [*first[:2], "two"]
    assert backend.run("read", seed=9, host=backend.new_host(import_ms=5000)).value == [*first[:2], "none"]


def test_a_missing_function_is_an_error_of_the_call(backend: Any) -> None:
    assert backend.run("missing").error == "Error: The function is not registered as a query"
    assert backend.run("save").error == "Error: The function is not registered as a query"


def test_each_deployment_has_its_own_modules(backend: Any) -> None:
    one, other = backend.new_host(), backend.new_host()
    counts = [backend.run("count", host=host).value for host in (one, one, other, one)]
    assert counts == [1, 2, 1, 3]


def test_loading_again_begins_anew(backend: Any) -> None:
    host = backend.new_host()
    assert [backend.run("count", host=host).value for _ in range(2)] == [1, 2]
    host.load()
    assert backend.run("count", host=host).value == 1


BROKEN = [
    (
        {"m": 'console.log("before");\nthrow new TypeError("boom");'},
        "convex/m.ts can't be loaded: Uncaught TypeError: boom\n    at convex/m.ts:5:7\n    [LOG] 'before'",
    ),
    ({"m": 'throw "text";'}, "convex/m.ts can't be loaded: Uncaught text"),
    (
        {"m": 'export const a = 1; void Promise.reject(new Error("later"));'},
        "convex/m.ts can't be loaded: Uncaught Error: later\n    at convex/m.ts:4:41",
    ),
    (
        {"a": 'import "./m";', "m": 'throw new Error("inner");'},
        "convex/a.ts can't be loaded: Uncaught Error: inner\n    at convex/m.ts:4:7\n    at convex/a.ts:4:1",
    ),
    (
        {"m": "export const f = query({ args: { a: undefined as any }, handler: async () => {} });"},
        (
            'convex/m.ts can\'t be loaded: Uncaught Error: A validator is undefined for field "a" in v.object(). This is often '
            "caused by circular imports. See https://docs.convex.dev/error#undefined-validator for details."
        ),
    ),
    (
        {"m": 'fetch("https://example.com").catch((error) => { throw new Error(error.message); });'},
        (
            "convex/m.ts can't be loaded: Uncaught Error: fetch() unsupported at import time\n"
            "    at convex/m.ts:4:55"
        ),
    ),
    (
        {"m": "setTimeout(() => {}, 1);"},
        "convex/m.ts can't be loaded: Uncaught Error: setTimeout unsupported at import time\n    at convex/m.ts:4:1",
    ),
    (
        {
            "m": 'const ops = ["1.0/db/normalizeId", "1.0/other"];\nfor (const op of ops) try { Convex.syscall(op, "{}"); } '
            "catch (e) { console.log(e.message); }\n"
            'await_(Convex.asyncSyscall("1.0/runUdf", "{}"));\nfunction await_(p) { p.catch((e) => console.log(e.message)); }\n'
            'export const stop = (() => { throw new Error("stop"); })();'
        },
        (
            "convex/m.ts can't be loaded: Uncaught Error: stop\n    at convex/m.ts:8:36\n"
            "    at convex/m.ts:8:55\n"
            "    [LOG] 'Can\\'t use database at import time'\n    [LOG] 'Syscall 1.0/other unsupported at import time'\n"
            "    [LOG] 'Cannot call another function at import time'"
        ),
    ),
    ({"schema": "export const tables = {};"}, "convex/schema.ts: Schema file missing default export."),
    (
        {"schema": "export default {};"},
        "convex/schema.ts: Default export from schema file isn't a Convex schema.",
    ),
    (
        {"http": "export const a = 1;"},
        "convex/http.ts: `convex/http.js` must have a default export of a Router.",
    ),
    (
        {"http": "export default 1;"},
        "convex/http.ts: The default export of `convex/http.js` is not a Router.",
    ),
    (
        {"crons": "export const a = 1;"},
        "convex/crons.ts: `convex/crons.js` must have a default export of Crons.",
    ),
    (
        {
            "m": '"use node";\nimport { query } from "./_generated/server";\nexport const f = query(async () => 1);'
        },
        (
            "convex/m.ts: `f` defined in `m.js` is a Query function. Only actions can be defined in Node.js. "
            "See https://docs.convex.dev/functions/actions for more details."
        ),
    ),
]


@pytest.mark.parametrize(("modules", "message"), BROKEN)
def test_what_is_wrong_with_a_module_is_named(project: Any, modules: dict[str, str], message: str) -> None:
    project.write(modules, header="use node" not in str(modules))
    with pytest.raises(ProjectError) as raised:
        project.load()
    assert str(raised.value) == message


def test_a_module_that_loops_while_loading_is_stopped(project: Any) -> None:
    project.write({"m": "for (;;) {}"})
    with pytest.raises(ProjectError) as raised:
        project.new_host(timeout_s=0.5).load()
    assert str(raised.value) == (
        f"{project.root}/convex can't be loaded: its modules ran longer than 0.5 s while they were imported"
    )
