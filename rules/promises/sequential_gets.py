"""Documents that a loop reads one after the other.

## What it does

Finds a `for` loop that awaits `ctx.db.get` for each of its elements, and awaits nothing else.

## Why is this bad?

Each round waits for the document before it asks for the next one. Asked for together, they are read together: a
hundred documents cost one wait.

## Example

```ts
const owners = [];
for (const task of tasks) {
  owners.push(await ctx.db.get("users", task.owner));
}
```

## Use instead

```ts
const owners = await Promise.all(tasks.map((task) => ctx.db.get("users", task.owner)));
```

## Known limits

Silent where the loop may end early, where one document leads to the next, where more than this one call is awaited in
it, and where the number of rounds is known and small.

## References

* https://docs.convex.dev/database/reading-data/
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse

__all__ = ["SequentialGets"]

_FEW = 3

SILENT = (
    handler_case(
        "asked for together",
        'await Promise.all(args.ids.map((id) => ctx.db.get("tasks", id)));',
        'await asyncio.gather(*[ctx.db.get("tasks", id) for id in args["ids"]])',
    ),
    handler_case(
        "a loop that ends early",
        """\
        for (const id of args.ids) {
          const task = await ctx.db.get("tasks", id);
          if (task) return task;
        }
        """,
        """\
        for id in args["ids"]:
            task = await ctx.db.get("tasks", id)
            if task:
                return task
        """,
    ),
    handler_case(
        "one that leads to the next",
        """\
        let id = args.id;
        for (const step of args.steps) {
          id = (await ctx.db.get("tasks", id)).parent;
        }
        """,
        """\
        id = args["id"]
        for step in args["steps"]:
            id = (await ctx.db.get("tasks", id))["parent"]
        """,
    ),
    handler_case(
        "a loop that waits for more",
        """\
        for (const id of args.ids) {
          const task = await ctx.db.get("tasks", id);
          await ctx.db.patch("tasks", id, { seen: !task.seen });
        }
        """,
        """\
        for id in args["ids"]:
            task = await ctx.db.get("tasks", id)
            await ctx.db.patch("tasks", id, {"seen": not task["seen"]})
        """,
        kind="mutation",
    ),
    handler_case(
        "two rounds",
        'for (const id of [args.one, args.two]) {\n  found.push(await ctx.db.get("tasks", id));\n}',
        'for id in [args["one"], args["two"]]:\n    found.append(await ctx.db.get("tasks", id))',
    ),
)

FLAGGED = (
    handler_case(
        "one for each element",
        'for (const id of args.ids) {\n  found.push(await «ctx.db.get("tasks", id)»);\n}',
        'for id in args["ids"]:\n    found.append(await «ctx.db.get("tasks", id)»)',
    ),
    handler_case(
        "one for each document",
        """\
        for (const task of await ctx.db.query("tasks").take(50)) {
          const owner = await «ctx.db.get("users", task.owner)»;
          if (owner !== null) names.push(owner.name);
        }
        """,
        """\
        for task in await ctx.db.query("tasks").take(50):
            owner = await «ctx.db.get("users", task["owner"])»
            if owner is not None:
                names.append(owner["name"])
        """,
    ),
)


class SequentialGets(Rule):
    """Every loop that does nothing but wait for one document after the other."""

    name = "sequential-gets"
    theme = "promises"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the call in each such loop."""
        for use in backend.database_uses:
            if use.operation == "get" and use.loops and not use.leaves_loop and _alone(use):
                python = use.place.source.language == "python"
                together = "`asyncio.gather`" if python else "`Promise.all`"
                yield Problem(
                    use.place,
                    f"{callee(use)} is awaited in every round of this loop, one after the other.",
                    help=f"read them all at once with {together}",
                    evidence=((use.loops[-1].place, "the loop"),),
                )


def _alone(use: DatabaseUse) -> bool:
    """Tell whether the call is all that the loop waits for, and depends on nothing that an earlier round did."""
    loop, found = use.loops[-1], use.loops[-1].node
    few = loop.bound is not None and loop.bound <= _FEW
    if not isinstance(found, syntax.Loop) or found.kind != "for-of" or found.is_async or few:
        return False
    awaits = 0
    assigned: set[str] = set()
    stack: list[syntax.Node] = list(found.body)
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Return | syntax.Throw | syntax.Function | syntax.Try):
            return False
        if isinstance(node, syntax.Other) and node.kind in {"break", "break_statement"}:
            return False
        if isinstance(node, syntax.Await):
            awaits += 1
            value = node.value
            while isinstance(value, syntax.Cast):
                value = value.value
            if awaits > 1 or (value.start, value.end) != (use.place.start, use.place.end):
                return False
        elif isinstance(node, syntax.Assign) and isinstance(node.target, syntax.Name):
            assigned.add(node.target.id)
        elif isinstance(node, syntax.Declare) and node.kind == "assignment":
            assigned |= {each.id for each in syntax.walk(node.target) if isinstance(each, syntax.Name)}
        stack += syntax.children(node)
    read = (each for argument in use.arguments for each in syntax.walk(argument))
    return awaits == 1 and not any(isinstance(each, syntax.Name) and each.id in assigned for each in read)
