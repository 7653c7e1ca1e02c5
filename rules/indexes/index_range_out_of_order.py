"""An index range that does not follow the fields of its index.

## What it does

Compares every `withIndex` range with the index in the schema. A range may say `eq` for the first fields of
the index, and then bound the next field: with a lower bound, an upper bound, or both. Found are: a field that
is not in the index, a field in front that is skipped, bounds on two fields, a field behind a bounded one, a
second bound of the same sort on one field, and `eq` calls in another order than the index has.

## Why is this bad?

An index is sorted by its first field, then by the second, and so on. A range is one stretch of it: without a
value for the first field the documents wanted lie scattered, and the query throws when it runs. It does so
only when the code is reached, so that an unusual branch can be deployed for months before it fails.

`eq` calls in another order work when they run, but TypeScript refuses them, and a reader takes the index for
another one: they are a `warning`. All the rest is an `error`.

## Example

```ts
// schema: tasks.index("by_owner_and_done", ["owner", "done"])
await ctx.db
  .query("tasks")
  .withIndex("by_owner_and_done", (q) => q.eq("done", false))
  .take(10);
```

## Use instead

```ts
await ctx.db
  .query("tasks")
  .withIndex("by_owner_and_done", (q) => q.eq("owner", owner).eq("done", false))
  .take(10);
```

## Known limits

Silent where the table, the index, its fields or a field of the range is not a literal that can be followed,
and for an index that the schema does not have. `_creationTime` is the last field of every index, without
being listed. An upper bound before the lower bound of the same field runs; only TypeScript refuses it, so it
is left to TypeScript.

## References

* https://docs.convex.dev/database/reading-data/indexes/#querying-documents-using-indexes
* https://docs.convex.dev/api/interfaces/server.IndexRangeBuilder
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.model import Backend, Index, IndexUse, Place, RangeStep, Table

__all__ = ["IndexRangeOutOfOrder"]

TS_SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  tasks: defineTable({ owner: v.string(), done: v.boolean(), due: v.number(), title: v.string() })
    .index("by_owner_and_done_and_due", ["owner", "done", "due"])
    .index("by_due", ["due"]),
});
"""

PY_SCHEMA = """\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({
    "tasks": define_table({"owner": v.string(), "done": v.boolean(), "due": v.number(), "title": v.string()})
    .index("by_owner_and_done_and_due", ["owner", "done", "due"])
    .index("by_due", ["due"]),
})
"""


def _case(name: str, typescript: str, python: str, index: str = "by_owner_and_done_and_due") -> Case:
    """Build a case from the range alone, in a query of the table `tasks`."""
    return Case(
        name,
        typescript={
            "schema.ts": TS_SCHEMA,
            "tasks.ts": f"""\
import {{ query }} from "./_generated/server";
import {{ v }} from "convex/values";
export const list = query({{
  args: {{ owner: v.string(), now: v.number() }},
  handler: async (ctx, args) =>
    await ctx.db.query("tasks").withIndex("{index}", (q) => {typescript}).take(10),
}});
""",
        },
        python={
            "schema.py": PY_SCHEMA,
            "tasks.py": f"""\
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={{"owner": v.string(), "now": v.number()}})
async def list(ctx, args):
    return await ctx.db.query("tasks").with_index("{index}", lambda q: {python}).take(10)
""",
        },
    )


SILENT = (
    _case(
        "equality in the order of the index, then both bounds of the next field",
        'q.eq("owner", args.owner).eq("done", false).gt("due", 0).lt("due", args.now)',
        'q.eq("owner", args["owner"]).eq("done", False).gt("due", 0).lt("due", args["now"])',
    ),
    _case("the first field alone", 'q.eq("owner", args.owner)', 'q.eq("owner", args["owner"])'),
    _case(
        "the creation time ends every index",
        'q.eq("due", args.now).gt("_creationTime", 0)',
        'q.eq("due", args["now"]).gt("_creationTime", 0)',
        index="by_due",
    ),
    _case(
        "the creation time has an index of its own",
        'q.gt("_creationTime", args.now)',
        'q.gt("_creationTime", args["now"])',
        index="by_creation_time",
    ),
    Case(
        "one of two indexes and one of two ranges, by the same condition",
        typescript={
            "schema.ts": TS_SCHEMA,
            "tasks.ts": """\
import { query } from "./_generated/server";
import { v } from "convex/values";
export const list = query({
  args: { owner: v.optional(v.string()), now: v.number() },
  handler: async (ctx, args) =>
    await ctx.db
      .query("tasks")
      .withIndex(args.owner ? "by_owner_and_done_and_due" : "by_due", (q) =>
        args.owner ? q.eq("owner", args.owner).eq("done", false) : q.lt("due", args.now),
      )
      .take(10),
});
""",
        },
        python={
            "schema.py": PY_SCHEMA,
            "tasks.py": """\
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={"owner": v.optional(v.string()), "now": v.number()})
async def list(ctx, args):
    owner = args.get("owner")
    index = "by_owner_and_done_and_due" if owner else "by_due"
    return await ctx.db.query("tasks").with_index(
        index,
        lambda q: q.eq("owner", owner).eq("done", False) if owner else q.lt("due", args["now"]),
    ).take(10)
""",
        },
    ),
    _case(
        "an index that the schema does not have is another rule's matter",
        'q.eq("title", "a")',
        'q.eq("title", "a")',
        index="by_title",
    ),
)

FLAGGED = (
    _case("the first field is skipped", 'q.eq(«"done"», false)', 'q.eq(«"done"», False)'),
    _case(
        "a field in the middle is skipped",
        'q.eq("owner", args.owner).gt(«"due"», args.now)',
        'q.eq("owner", args["owner"]).gt(«"due"», args["now"])',
    ),
    _case(
        "a field that is not in the index",
        'q.eq("owner", args.owner).eq(«"title"», "a")',
        'q.eq("owner", args["owner"]).eq(«"title"», "a")',
    ),
    _case(
        "bounds on two fields",
        'q.gt("owner", args.owner).lt(«"done"», true)',
        'q.gt("owner", args["owner"]).lt(«"done"», True)',
    ),
    _case(
        "a field behind one that has only a bound",
        'q.gt("owner", args.owner).eq(«"done"», true)',
        'q.gt("owner", args["owner"]).eq(«"done"», True)',
    ),
    _case(
        "two lower bounds",
        'q.gt("due", args.now).gte(«"due"», 5)',
        'q.gt("due", args["now"]).gte(«"due"», 5)',
        index="by_due",
    ),
    _case(
        "an order that only TypeScript minds",
        'q.eq("done", false).eq(«"owner"», args.owner)',
        'q.eq("done", False).eq(«"owner"», args["owner"])',
    ),
)

BUILT_IN = {"by_id": ("_id",), "by_creation_time": ("_creationTime",)}
"""The indexes that every table has."""


class Fault(NamedTuple):
    """What is wrong with a range: the step at fault, the fact, the remedy."""

    step: RangeStep
    message: str
    help: str
    fails: bool = True


class IndexRangeOutOfOrder(Rule):
    """Every literal index range, held against the fields of its index (semantics §5.4)."""

    name = "index-range-out-of-order"
    theme = "indexes"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/#querying-documents-using-indexes",
        "https://docs.convex.dev/api/interfaces/server.IndexRangeBuilder",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first fault of every range that fits none of the indexes that it may be on."""
        tables = backend.schema.tables if backend.schema else {}
        at_place: dict[Place, list[IndexUse]] = defaultdict(list)
        for use in backend.index_uses:
            at_place[use.place].append(use)
        for uses in at_place.values():
            faults: dict[Place, tuple[Fault, IndexUse]] = {}
            for steps in dict.fromkeys(steps for use in uses for steps in use.ranges or ()):
                found = [(_fault(steps, use, tables.get(use.table or "")), use) for use in uses]
                fault, use = found[0]
                if fault and all(other for other, _ in found):
                    faults.setdefault(fault.step.field_place, (fault, use))
            for fault, use in faults.values():
                yield _problem(fault, use, tables[use.table or ""])


def _problem(fault: Fault, use: IndexUse, table: Table) -> Problem:
    return Problem(
        fault.step.field_place,
        fault.message,
        help=fault.help,
        evidence=_evidence(table.indexes.get(use.name or "")),
        severity=None if fault.fails else Severity.WARNING,
    )


def _fields(use: IndexUse, table: Table | None) -> tuple[str, ...] | None:
    """Give all that a range on the index may compare, in order; None when that is not known."""
    if use.kind != "database" or use.name is None or table is None:
        return None
    if use.name in BUILT_IN:
        return BUILT_IN[use.name]
    index = table.indexes.get(use.name)
    if index is None or index.kind != "database" or index.fields is None:
        return None
    return (*index.fields, "_creationTime", "_id")


def _fault(steps: Sequence[RangeStep], use: IndexUse, table: Table | None) -> Fault | None:
    """Find the first thing wrong with a range on an index; None too when not all of it is known."""
    fields = _fields(use, table)
    if fields is None or table is None or any(step.field is None for step in steps):
        return None
    index = f"`{table.name}.{use.name}`"
    return (
        _not_in_index(steps, fields, index)
        or _twice(steps, index)
        or _two_bounded(steps, index)
        or _skipped(steps, fields, index, table)
        or _unordered(steps, fields, index)
    )


def _not_in_index(steps: Sequence[RangeStep], fields: tuple[str, ...], index: str) -> Fault | None:
    for step in steps:
        if step.field not in fields:
            message = f"{index} does not index `{step.field}`: the query throws when it runs."
            return Fault(step, message, f"compare `{step.field}` in a `filter`, or use an index that has it")
    return None


def _twice(steps: Sequence[RangeStep], index: str) -> Fault | None:
    seen: set[tuple[str | None, str]] = set()
    for step in steps:
        taken = ("lower", "upper") if step.operation == "eq" else (_side(step),)
        if any((step.field, side) in seen for side in taken):
            message = f"This range on {index} bounds `{step.field}` twice: the query throws when it runs."
            return Fault(step, message, f"keep one comparison of `{step.field}`")
        seen.update((step.field, side) for side in taken)
    return None


def _side(step: RangeStep) -> str:
    return "lower" if step.operation in {"gt", "gte"} else "upper"


def _two_bounded(steps: Sequence[RangeStep], index: str) -> Fault | None:
    bounded = [step for step in steps if step.operation != "eq"]
    for step in bounded:
        if step.field != bounded[0].field:
            fact = f"This range bounds two fields of {index}, `{bounded[0].field}` and `{step.field}`"
            remedy = "keep the bound on one of them, and compare the other in a `filter`"
            return Fault(step, f"{fact}: the query throws when it runs.", remedy)
    return None


def _skipped(steps: Sequence[RangeStep], fields: tuple[str, ...], index: str, table: Table) -> Fault | None:
    step = _first_behind_gap(steps, fields)
    if step is None:
        return None
    before = _gap(steps, fields)
    if any(other.field == before for other in steps):
        fact = (
            f"`{step.field}` comes after `{before}` in {index}, and `{before}` has a bound instead of a value"
        )
        remedy = f"compare `{step.field}` in a `filter`"
    else:
        fact = (
            f"This range on {index} compares `{step.field}` without `{before}`, which the index has before it"
        )
        remedy = f'say `eq("{before}", …)` first, or compare `{step.field}` in a `filter`'
    return Fault(step, f"{fact}: the query throws when it runs.", remedy + _other_index(steps, table))


def _gap(steps: Sequence[RangeStep], fields: tuple[str, ...]) -> str:
    """Name the first field of an index that has no equality: the one that may be bounded."""
    equal = {step.field for step in steps if step.operation == "eq"}
    return next((field for field in fields if field not in equal), "")


def _first_behind_gap(steps: Sequence[RangeStep], fields: tuple[str, ...]) -> RangeStep | None:
    """Find the first step on a field that the index can't narrow, because of the field before it."""
    gap = _gap(steps, fields)
    end = fields.index(gap) if gap else len(fields)
    for step in steps:
        position = fields.index(step.field or "")
        if position > end or (position == end and step.operation == "eq"):
            return step
    return None


def _unordered(steps: Sequence[RangeStep], fields: tuple[str, ...], index: str) -> Fault | None:
    last = -1
    for step in steps:
        position = fields.index(step.field or "")
        if position < last:
            message = f"This range names `{step.field}` after `{fields[last]}`, but {index} has it before."
            remedy = "write the comparisons in the order of the index; TypeScript refuses any other"
            return Fault(step, message, remedy, fails=False)
        last = position
    return None


def _other_index(steps: Sequence[RangeStep], table: Table) -> str:
    """Name an index of the table that the range would fit, if there is one."""
    for index in table.indexes.values():
        if index.kind != "database" or index.fields is None or index.staged:
            continue
        fields = (*index.fields, "_creationTime")
        if all(step.field in fields for step in steps) and not _first_behind_gap(steps, fields):
            return f", or use the index `{index.name}`"
    return ""


def _evidence(index: Index | None) -> tuple[tuple[Place, str], ...]:
    if index is None:
        return ()
    fields = ", ".join(f"`{field}`" for field in index.fields or ())
    return ((index.place, f"`{index.name}` has the fields {fields}"),)
