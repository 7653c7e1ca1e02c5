"""A query or a mutation that keeps something in its module.

## What it does

Finds variables at the top of a module that queries and mutations change: an assignment to a `let`, an element put
into an array, an object, a `Map` or a `Set`.

## Why is this bad?

Convex runs functions wherever there is room, and begins with fresh modules whenever it likes: what one run leaves in
a variable, the next one may find or not. A cached result gets no update when its data changes, a counter starts
again, and what belongs to one user can show up with another. Changes of a transaction that is run again, or that
failed, stay.

## Example

```ts
let created = 0;
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    created += 1;
    await ctx.db.insert("tasks", { number: created });
  },
});
```

## Use instead

```ts
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    const last = await ctx.db.query("tasks").withIndex("by_number").order("desc").first();
    await ctx.db.insert("tasks", { number: (last?.number ?? 0) + 1 });
  },
});
```

## Known limits

Silent about actions, about functions without a ctx, about variables of other modules, and about objects that are made
by a call or a class of one's own.

## References

* https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations
* https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Module, ModuleWrite, Reach

__all__ = ["ModuleState"]

SILENT = (
    handler_case(
        "constants that are only read, and variables of the function",
        """
const seen = new Set();
let count = 0;
count += 1;
seen.add(args.name);
return NAMES.includes(args.name) && LIMITS.get("a") > count;
""",
        """
seen = set()
count = 0
count += 1
seen.add(args["name"])
return args["name"] in NAMES and LIMITS.get("a") > count
""",
        before=(
            'const NAMES = ["a", "b"];\nconst LIMITS = new Map([["a", 1]]);\n',
            'NAMES = ["a", "b"]\nLIMITS = {"a": 1}\n',
        ),
    ),
    handler_case(
        "an object that a library made",
        """
await counter.add(ctx, "tasks");
await totals.insert(ctx, { name: "a" });
""",
        """
await counter.add(ctx, "tasks")
await totals.insert(ctx, {"name": "a"})
""",
        kind="mutation",
        before=(
            'import { Counter } from "./lib";\nconst counter = new Counter();\nconst totals = makeTotals();\n',
            "from .lib import Counter\ncounter = Counter()\ntotals = make_totals()\n",
        ),
    ),
    handler_case(
        "an action, which may keep a client",
        """
if (!client) client = new Client();
return await client.load();
""",
        """
global client
if not client:
    client = Client()
return await client.load()
""",
        kind="action",
        before=("let client: Client | null = null;\n", "client = None\n"),
    ),
)

FLAGGED = (
    handler_case(
        "a counter",
        """
«created += 1»;
await ctx.db.insert("tasks", { number: created });
""",
        """
global created
«created += 1»
await ctx.db.insert("tasks", {"number": created})
""",
        kind="mutation",
        before=("let created = 0;\n", "created = 0\n"),
    ),
    handler_case(
        "a cache of documents, and a list",
        """
if (!cache.has(args.id)) «cache.set(args.id, await ctx.db.get("users", args.id))»;
«recent.push(args.id)»;
«byName[args.name] = args.id»;
return cache.get(args.id);
""",
        """
if args["id"] not in cache:
    «cache[args["id"]] = await ctx.db.get("users", args["id"])»
«recent.append(args["id"])»
«by_name.update({args["name"]: args["id"]})»
return cache[args["id"]]
""",
        before=(
            "const cache = new Map();\nconst recent: string[] = [];\nconst byName: Record<string, string> = {};\n",
            "cache = {}\nrecent = []\nby_name = dict()\n",
        ),
    ),
)

_CHANGING = frozenset({
    "push", "unshift", "splice", "pop", "shift", "set", "add", "delete", "clear", "fill", "reverse", "sort",
    "append", "extend", "insert", "update", "setdefault", "remove", "discard", "popitem",
})  # fmt: skip
"""Methods that change the array, object, map or set they are called on."""

_MADE = frozenset({
    "Map", "Set", "WeakMap", "WeakSet", "Array", "Object",
    "dict", "list", "set", "defaultdict", "OrderedDict", "deque",
})  # fmt: skip
"""What makes one."""


class ModuleState(Rule):
    """Every change of a module's variable in a query or a mutation."""

    name = "module-state"
    theme = "determinism"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations",
        "https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each change, with the declaration of what is changed."""
        declared: dict[str, dict[str, syntax.Declare]] = {}
        for write in backend.module_writes:
            if not write.body.kinds & {"query", "mutation"} or in_tests(write.place):
                continue
            module = write.body.module
            names = declared.setdefault(module.path, {})
            if not names:
                names.update(_variables(module))
            variable = names.get(write.variable)
            if variable is None or not _changes(write, variable, module):
                continue
            reach = backend.reach(write.body, "query") or backend.reach(write.body, "mutation")
            if reach is not None:
                yield _problem(
                    write, Place(write.place.source, variable.target.start, variable.target.end), reach
                )


def _variables(module: Module) -> Iterator[tuple[str, syntax.Declare]]:
    """Give the variables at the top of a module by name."""
    for statement in module.syntax.body:
        node = statement.declaration if isinstance(statement, syntax.Export) else statement
        if isinstance(node, syntax.Declare) and isinstance(node.target, syntax.Name):
            yield node.target.id, node


def _changes(write: ModuleWrite, variable: syntax.Declare, module: Module) -> bool:
    """Tell whether a write surely changes the variable, or the container that it holds."""
    if write.operation == "=":
        return variable.kind != "const"
    return (write.operation == "[]" or write.operation in _CHANGING) and _is_container(variable.value, module)


def _is_container(value: syntax.Node | None, module: Module) -> bool:
    while isinstance(value, syntax.Cast):
        value = value.value
    if isinstance(value, syntax.Array | syntax.Object):
        return True
    callee = value.callee if isinstance(value, syntax.Call) else None
    if not isinstance(callee, syntax.Name) or callee.id not in _MADE:
        return False
    sources = [one.source for one in module.imports for _, local in one.names if local == callee.id]
    return all(source == "collections" for source in sources)


def _problem(write: ModuleWrite, declared: Place, reach: Reach) -> Problem:
    kind = reach.function.kind
    return Problem(
        write.place,
        f"This {kind} changes `{write.variable}` of its module, and the next run may find the change or not.",
        help="keep it in the database, or in a variable of the function",
        evidence=(
            (declared, f"`{write.variable}` is declared here"),
            *(reach.evidence if reach.path else ()),
        ),
    )
