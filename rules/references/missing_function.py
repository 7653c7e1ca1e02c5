"""References to functions that don't exist.

## What it does

Finds `api.…` and `internal.…`, and names such as `"tasks:remind"` that are passed to a call, for which the backend has
no function: a module that isn't there or isn't deployed, a name that it doesn't export, or an export that is no
registered function.

## Why is this bad?

At run time every path is a reference: `internal.tasks.remnid` is as good as any until it is called. Then the call fails
with `Could not find function`; a scheduled one fails hours later, when nobody looks. The type check finds it, unless
there is an `any` on the way, or a cron job from before the rename.

## Example

```ts
await ctx.scheduler.runAfter(0, internal.tasks.remnid, {});
```

## Use instead

```ts
await ctx.scheduler.runAfter(0, internal.tasks.remind, {});
```

## Known limits

Silent about functions of components, about modules that re-export from packages or could not be read, about exports of
which it isn't clear what they are, about paths that are computed, and in tests.

## References

* https://docs.convex.dev/functions/internal-functions
* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import replace
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.references._shared import closest, dotted, is_written_out
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, FunctionReference

__all__ = ["MissingFunction"]

_TASKS = """\
import { internalMutation } from "./_generated/server";
import { migrate } from "a-package";
export const remind = internalMutation({ args: {}, handler: async () => {} });
export const later = migrate();
export default internalMutation({ args: {}, handler: async () => {} });
export const LIMIT = 5;
"""
_PY_TASKS = """\
from a_package import migrate
from biconvex.sim.server import internal_mutation

@internal_mutation(args={})
async def remind(ctx, args): ...

later = migrate()
LIMIT = 5
"""

_HEAD = """\
import { action } from "./_generated/server";
import { api, components, internal } from "./_generated/api";
"""
_PY_HEAD = "from biconvex.sim.server import action, components, internal\n"


def _case(
    name: str, line: str, python: str, fixed: str | None = None, python_fixed: str | None = None
) -> Case:
    def script(line: str) -> dict[str, str]:
        body = f"export const f = action({{ args: {{}}, handler: async (ctx) => {{\n  {line}\n}} }});\n"
        return {"a.ts": f"{_HEAD}{body}", "tasks.ts": _TASKS}

    def module(line: str) -> dict[str, str]:
        body = f"@action(args={{}})\nasync def f(ctx, args):\n    {line}\n"
        return {"a.py": f"{_PY_HEAD}\n{body}", "tasks.py": _PY_TASKS}

    after = Fixed(script(fixed), module(python_fixed or fixed)) if fixed else None
    return Case(name, script(line), module(python), after)


SILENT = (
    _case(
        "a function that there is",
        "await ctx.runMutation(internal.tasks.remind, {});",
        "await ctx.run_mutation(internal.tasks.remind, {})",
    ),
    _case(
        "an export that may be a function",
        "await ctx.runMutation(internal.tasks.later, {});",
        "await ctx.run_mutation(internal.tasks.later, {})",
    ),
    _case(
        "a name that is computed, and a component",
        "await ctx.runMutation(internal.tasks[name()], {}); await ctx.runMutation(components.pool.lib.enqueue, {});",
        "await ctx.run_mutation(components.pool.lib.enqueue, {})",
    ),
    _case(
        "a default export, and a function by its name",
        'await ctx.runMutation(internal.tasks.default, {}); await ctx.runMutation("tasks:remind", {});',
        'await ctx.run_mutation("tasks:remind", {})',
    ),
    _case(
        "a type",
        "const ref: typeof internal.tasks.gone = other(); await use(ref as FunctionArgs<typeof api.tasks.gone>);",
        "pass",
    ),
)

FLAGGED = (
    _case(
        "a misspelt name",
        "await ctx.runMutation(«internal.tasks.remnid», {});",
        "await ctx.run_mutation(«internal.tasks.remnid», {})",
        "await ctx.runMutation(internal.tasks.remind, {});",
        "await ctx.run_mutation(internal.tasks.remind, {})",
    ),
    _case(
        "a name near that of a function of another kind",
        "await ctx.runQuery(«internal.tasks.remnid», {});",
        "await ctx.run_query(«internal.tasks.remnid», {})",
    ),
    _case(
        "a misspelt module",
        "await ctx.scheduler.runAfter(0, «internal.task.remind», {});",
        "await ctx.scheduler.run_after(0, «internal.task.remind», {})",
        "await ctx.scheduler.runAfter(0, internal.tasks.remind, {});",
        "await ctx.scheduler.run_after(0, internal.tasks.remind, {})",
    ),
    _case(
        "an export that is no function",
        "await ctx.runMutation(«internal.tasks.LIMIT», {});",
        "await ctx.run_mutation(«internal.tasks.LIMIT», {})",
    ),
    _case(
        "a name as a string",
        'await ctx.runMutation(«"tasks:forgotten"», {});',
        'await ctx.run_mutation(«"tasks:forgotten"», {})',
    ),
)


class MissingFunction(Rule):
    """Every reference for which there is certainly no function."""

    name = "missing-function"
    theme = "references"
    severity = Severity.ERROR
    links = (
        "https://docs.convex.dev/functions/internal-functions",
        "https://docs.convex.dev/functions/actions",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each place at which such a reference is written."""
        missing = [
            reference
            for reference in backend.references
            if reference.status == "missing" and is_written_out(reference) and not in_tests(reference.place)
        ]
        if not missing:
            return
        wanted = _wanted_kinds(backend)
        names: dict[str | None, set[str]] = defaultdict(set)
        for function in backend.functions:
            if function.reference is not None:
                names[None].add(dotted(function))
                names[function.kind].add(dotted(function))
        for reference in missing:
            known = names[wanted.get(id(reference))]
            meant = closest(reference.name, known) if reference.root != "string" else None
            reason = _reason(reference, backend)
            yield Problem(
                reference.place,
                f"`{reference.name}` names no function: {reason}.",
                help=f"did you mean `{meant}`?" if meant else "name a function that the backend exports",
                fix=Fix(f"write `{meant}`", (replace(reference.place, meant),), safe=False)
                if meant and _is_plain(reference) and meant.partition(".")[0] == reference.root
                else None,
                topic=f"{backend.root}: {reason}",
            )

    def outlook(self, backend: Backend) -> object:
        """Give what names no function, and all that there is to name."""
        wanted = _wanted_kinds(backend)
        without = [
            (reference.name, reference.place, reference.status, wanted.get(id(reference)))
            for reference in backend.references
            if reference.function is None
        ]
        functions = [
            (function.reference, function.visibility, function.kind) for function in backend.functions
        ]
        modules = [(module.path, module.is_entry, {*module.exports}) for module in backend.modules.values()]
        return without, functions, modules


def _wanted_kinds(backend: Backend) -> dict[int, str]:
    """Give the kind of function that a call takes, by the id of the reference that it is given."""
    wanted = {
        id(call.reference): call.operation.removeprefix("run").lower()
        for call in backend.run_calls
        if call.reference is not None
    }
    return wanted | {id(call.reference): call.operation for call in backend.client_calls}


def _reason(reference: FunctionReference, backend: Backend) -> str:
    path, name = _parts(reference)
    module = backend.modules.get(path)
    if module is None:
        return f"there is no module `{path}`"
    if not module.is_entry:
        return f"the file of `{path}` is not deployed"
    if name in module.exports:
        return f"`{name}` in `{path}` is no registered function"
    return f"`{path}` has no export `{name}`" if name != "default" else f"`{path}` has no default export"


def _is_plain(reference: FunctionReference) -> bool:
    return reference.place.text == reference.name


def _parts(reference: FunctionReference) -> tuple[str, str]:
    if reference.root != "string":
        return "/".join(reference.path[:-1]), reference.path[-1]
    path, _, name = reference.path[0].rpartition(":")
    return (path or name).removesuffix(".js"), name if path else "default"
