"""Files read or stored in a query or a mutation.

## What it does

Finds `ctx.storage.get` and `ctx.storage.store` that a query or a mutation reaches.

## Why is this bad?

Only actions can read and write the contents of files. The ctx of a query or a mutation has no such methods, and the
function fails when it gets there.

## Example

```ts
export const save = mutation({
  args: { text: v.string() },
  handler: async (ctx, args) => await ctx.storage.store(new Blob([args.text])),
});
```

## Use instead

```ts
export const save = action({
  args: { text: v.string() },
  handler: async (ctx, args) => await ctx.storage.store(new Blob([args.text])),
});
```

## Known limits

Silent where the code asks first what its ctx can do. That a query stores a file is what `write-in-query` says.

## References

* https://docs.convex.dev/file-storage/store-files
* https://docs.convex.dev/api/interfaces/server.StorageActionWriter
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.wording import a_kind, begin, callee, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Kind

__all__ = ["StorageInTransaction"]

_READ = "await ctx.storage.get(args.id);", 'await ctx.storage.get(args["id"])'

SILENT = (
    handler_case("an action", ("action", "action"), _READ),
    handler_case(
        "the address of a file",
        ("query", "query"),
        ("return await ctx.storage.getUrl(args.id);", 'return await ctx.storage.get_url(args["id"])'),
    ),
    handler_case(
        "a file that is deleted",
        ("mutation", "mutation"),
        ("await ctx.storage.delete(args.id);", 'await ctx.storage.delete(args["id"])'),
    ),
)

FLAGGED = (
    handler_case(
        "a file read by a query",
        ("query", "query"),
        ("await «ctx.storage.get(args.id)»;", 'await «ctx.storage.get(args["id"])»'),
    ),
    handler_case(
        "a file stored by a mutation",
        ("internalMutation", "internal_mutation"),
        ("await «ctx.storage.store(new Blob([]))»;", 'await «ctx.storage.store(b"")»'),
    ),
)

_KINDS: dict[str, tuple[Kind, ...]] = {"storage.get": ("query", "mutation"), "storage.store": ("mutation",)}


class StorageInTransaction(Rule):
    """Every use of a file's contents that a transaction reaches."""

    name = "storage-in-transaction"
    theme = "project"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/file-storage/store-files",
        "https://docs.convex.dev/api/interfaces/server.StorageActionWriter",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each with the calls that lead to it."""
        for call in backend.ctx_calls:
            kind = next((kind for kind in _KINDS.get(call.api, ()) if kind in call.kinds), None)
            reach = backend.reach(call.body, kind) if kind else None
            if reach is not None:
                function = reach.function
                other = "getUrl" if call.api == "storage.get" else "generateUploadUrl"
                yield Problem(
                    call.place,
                    begin(f"{name_of(function)} is {a_kind(function)}, which has no {callee(call)}."),
                    help=f"do it in an action, or let the client do it with `{spelled(other, call.place)}`",
                    evidence=reach.evidence,
                )
