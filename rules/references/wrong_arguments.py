"""Arguments that the called function's validator rejects.

## What it does

Finds calls, scheduled functions and cron jobs whose arguments, as they are written, lack one that the function's `args`
require, have one that they don't know, or give a value of the wrong type. So do calls of client code, such as
`useQuery(api.tasks.list, { … })`, where the whole project is linted.

## Why is this bad?

Convex validates the arguments when the function runs, and throws an `ArgumentValidationError`. For a scheduled function
or a cron job that is later, and nobody is there to see it. The type check finds most of it, unless there is an `any` on
the way; in Python there is none.

## Example

```ts
export const remind = internalMutation({ args: { task: v.id("tasks"), loud: v.boolean() }, handler: … });
await ctx.scheduler.runAfter(0, internal.tasks.remind, { task, loud: "yes", by: "mail" });
```

## Use instead

```ts
await ctx.scheduler.runAfter(0, internal.tasks.remind, { task, loud: true });
```

## Known limits

Only what is written in the call itself is compared: variables and spread objects can have any value. Silent about
functions without `args`, with validators that are out of sight, or with a builder that may change the arguments.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.references._shared import closest
from biconvex.rules.references.arguments import Mismatch, mismatches, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import (
        Backend,
        Function,
        FunctionReference,
        RunCall,
        ScheduleCall,
        ValidatorShape,
    )

__all__ = ["WrongArguments"]


def _case(name: str, *calls: str) -> Case:
    """A mutation with arguments, and calls of it whose arguments are written alike in both languages."""
    script, module = "", ""
    for call in calls:
        script += f"    await ctx.{call};\n"
        module += (
            f"    await ctx.{call.replace('runMutation', 'run_mutation').replace('runAfter', 'run_after')}\n"
        )
    return Case(
        name,
        f"""\
import {{ action, internalMutation }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
import {{ v }} from "convex/values";
const level = v.union(v.literal("low"), v.literal("high"));
export const none = internalMutation({{ args: {{}}, handler: async () => {{}} }});
export const any = internalMutation({{ handler: async () => {{}} }});
export const remind = internalMutation({{
  args: {{
    text: v.string(),
    task: v.optional(v.id("tasks")),
    level: v.optional(level),
    at: v.optional(v.object({{ hour: v.number() }})),
    more: v.optional(v.record(v.string(), v.any())),
    days: v.optional(v.array(v.number())),
  }},
  handler: async () => {{}},
}});
export const f = action({{
  args: {{}},
  handler: async (ctx, args) => {{
{script}  }},
}});
""",
        f"""\
from biconvex.sim.server import action, internal, internal_mutation
from biconvex.sim.values import v

level = v.union(v.literal("low"), v.literal("high"))

@internal_mutation(args={{}})
async def none(ctx, args): ...

@internal_mutation
async def any(ctx, args): ...

@internal_mutation(args={{
    "text": v.string(),
    "task": v.optional(v.id("tasks")),
    "level": v.optional(level),
    "at": v.optional(v.object({{"hour": v.number()}})),
    "more": v.optional(v.record(v.string(), v.any())),
    "days": v.optional(v.array(v.number())),
}})
async def remind(ctx, args): ...

@action(args={{}})
async def f(ctx, args):
{module}""",
    )


SILENT = (
    _case(
        "what the validator takes",
        'runMutation(internal.tasks.remind, {"text": "a"})',
        'runMutation(internal.tasks.remind, {"text": "a", "task": "abc", "level": "low", "at": {"hour": 5}})',
        'scheduler.runAfter(0, internal.tasks.remind, {"text": "a", "more": {"b": [1]}, "days": [1, 2]})',
        "runMutation(internal.tasks.none, {})",
        "runMutation(internal.tasks.none)",
    ),
    _case(
        "what is computed",
        "runMutation(internal.tasks.remind, args)",
        'runMutation(internal.tasks.remind, {"text": args, "task": make(), "level": LOW, "days": days()})',
    ),
    _case("no validator", 'runMutation(internal.tasks.any, {"whatever": 1})'),
    Case(
        "a value that is cast so that nothing is checked",
        """\
import { action, internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const g = internalMutation({ args: { text: v.string() }, handler: async () => {} });
export const f = action({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(internal.tasks.g, { text: 1 as never });
    await ctx.runMutation(internal.tasks.g, { text: 1 as any });
    await ctx.runMutation(internal.tasks.g, { other: 1 } as any);
  },
});
""",
        """\
from typing import Any, cast
from biconvex.sim.server import action, internal, internal_mutation
from biconvex.sim.values import v

@internal_mutation(args={"text": v.string()})
async def g(ctx, args): ...

@action(args={})
async def f(ctx, args):
    await ctx.run_mutation(internal.tasks.g, {"text": cast(Any, 1)})
    await ctx.run_mutation(internal.tasks.g, cast(Any, {"other": 1}))
""",
    ),
    Case(
        "spread arguments, and a builder that adds its own",
        """\
import { action, internalMutation } from "./_generated/server";
import { customMutation } from "convex-helpers/server/customFunctions";
import { internal } from "./_generated/api";
import { v } from "convex/values";
const key = { args: { key: v.string() }, input: async () => ({ ctx: {}, args: {} }) };
const withKey = customMutation(internalMutation, key);
export const g = withKey({ args: { text: v.string() }, handler: async () => {} });
export const h = internalMutation({ args: { text: v.string(), when: imported }, handler: async () => {} });
export const f = action({
  args: {},
  handler: async (ctx, args) => {
    await ctx.runMutation(internal.tasks.g, { ...args });
    await ctx.runMutation(internal.tasks.g, { text: "a", key: "b" });
    await ctx.runMutation(internal.tasks.h, { text: "a" });
    await ctx.runMutation(internal.tasks.h, { text: "a", other: undefined });
    await ctx.runMutation(...all);
  },
});
""",
        """\
from biconvex.sim.server import action, internal, internal_mutation
from biconvex.sim.values import v
from elsewhere import imported

@internal_mutation(args={"text": v.string(), "when": imported})
async def h(ctx, args): ...

@action(args={})
async def f(ctx, args):
    await ctx.run_mutation(internal.tasks.h, {**args})
    await ctx.run_mutation(internal.tasks.h, {"text": "a"})
    await ctx.run_mutation(*everything)
""",
    ),
)

FLAGGED = (
    _case(
        "one that is missing",
        "runMutation(internal.tasks.remind, «{}»)",
        "scheduler.runAfter(0, «internal.tasks.remind»)",
        'runMutation(internal.tasks.remind, {"text": "a", "at": «{}»})',
    ),
    _case(
        "one that is not known",
        'runMutation(internal.tasks.remind, {"text": "a", «"dayz": 1»})',
        'runMutation(internal.tasks.none, {«"text": "a"»})',
    ),
    _case(
        "one by another's name",
        'runMutation(internal.tasks.remind, {«"txt": "a"»})',
        'runMutation(internal.tasks.remind, {"text": "a", "at": {«"hours": 5»}})',
    ),
    _case(
        "a value of the wrong type",
        'runMutation(internal.tasks.remind, {"text": «1»})',
        'runMutation(internal.tasks.remind, {"text": "a", "level": «"medium"»})',
        'runMutation(internal.tasks.remind, {"text": "a", "at": {"hour": «"5"»}, "days": [1, «"2"»]})',
        'runMutation(internal.tasks.remind, {"text": «{}», "task": «7», "more": «[]»})',
    ),
)


@dataclass(frozen=True, slots=True)
class _Given:
    """A call of a function: its reference, and the node of its arguments, None when there are none."""

    reference: FunctionReference | None
    args: syntax.Node | None


class WrongArguments(Rule):
    """Every argument that surely fails."""

    name = "wrong-arguments"
    theme = "references"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield what is wrong in calls, scheduled functions, cron jobs and client code."""
        for given in _all(backend):
            function = given.reference.function if given.reference else None
            shape = function.args.shape if function is not None else None
            if given.reference is None or function is None or shape is None or shape.kind != "object":
                continue
            if not function.opaque:
                yield from _problems(given.reference, function, shape, given.args)


def _all(backend: Backend) -> Iterator[_Given]:
    calls: list[RunCall | ScheduleCall] = [*backend.run_calls, *backend.schedule_calls]
    for call in calls:
        if not any(isinstance(argument, syntax.Spread) for argument in call.arguments):
            yield _Given(call.reference, call.args)
    for job in backend.crons:
        yield _Given(job.reference, job.arguments)
    for made in backend.client_calls:
        skipped = isinstance(made.args, syntax.Literal)  # `useQuery(api.tasks.list, "skip")`
        if made.passes_arguments and not made.paginated and not skipped:
            yield _Given(made.reference, made.args)


def _problems(
    reference: FunctionReference, function: Function, shape: ValidatorShape, args: syntax.Node | None
) -> Iterator[Problem]:
    evidence = ((function.args.place, "what it takes"),) if function.args.place else ()
    source = reference.place.source
    if args is None:
        missing = required(shape)
        if missing:
            yield Problem(
                reference.place,
                f"`{reference.name}` needs the argument `{missing[0]}`, and gets none.",
                help=f"pass `{missing[0]}`",
                evidence=evidence,
            )
        return
    every = tuple(mismatches(shape, args))
    for found in every:
        other = _counterpart(found, every)
        if found.sort == "missing" and other is not None:
            continue
        whose = f"The argument `{found.path}` of `{reference.name}`" if found.path else f"`{reference.name}`"
        what, help_text = _told(found, shape, other)
        place = Place(source, found.node.start, found.node.end)
        yield Problem(place, f"{whose} {what}.", help=help_text, evidence=evidence)


def _counterpart(found: Mismatch, every: tuple[Mismatch, ...]) -> Mismatch | None:
    """Find the one field that is missing where this is the one too many, or the other way round: a wrong name."""
    beside = [one for one in every if one.path == found.path and one.sort in {"unknown", "missing"}]
    if len(beside) != 2 or found not in beside or beside[0].sort == beside[1].sort:
        return None
    return beside[1] if found is beside[0] else beside[0]


def _told(found: Mismatch, shape: ValidatorShape, missing: Mismatch | None) -> tuple[str, str]:
    """Say what is wrong, and what to do; `missing` is what is missing in the place of an unknown field."""
    part = "field" if found.path else "argument"
    if missing is not None:
        told = f"has no {part} `{found.detail}`, and needs `{missing.detail}`"
        return told, f"pass `{missing.detail}` in its place"
    if found.sort == "missing":
        return f"needs the {part} `{found.detail}`", f"pass `{found.detail}`"
    if found.sort == "unknown":
        meant = closest(found.detail, shape.fields) if not found.path else None
        return f"has no {part} `{found.detail}`", f"did you mean `{meant}`?" if meant else "take it out"
    return found.detail, "pass a value that its validator takes"
