"""The deprecated way to a file's metadata.

## What it does

Finds `ctx.storage.getMetadata`.

## Why is this bad?

It is deprecated. The table `_storage` has the same and more, with the id that everything else uses; a query can read
it like any table.

## Example

```ts
const file = await ctx.storage.getMetadata(args.id);
```

## Use instead

```ts
const file = await ctx.db.system.get("_storage", args.id);
```

## Known limits

In an action, which has no database, a query has to read it.

## References

* https://docs.convex.dev/file-storage/file-metadata
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.wording import callee, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["DeprecatedStorageMetadata"]

SILENT = (
    handler_case(
        "the system table",
        ("query", "query"),
        (
            'return await ctx.db.system.get("_storage", args.id);',
            'return await ctx.db.system.get("_storage", args["id"])',
        ),
    ),
    handler_case(
        "the address of a file",
        ("query", "query"),
        ("return await ctx.storage.getUrl(args.id);", 'return await ctx.storage.get_url(args["id"])'),
    ),
)

FLAGGED = (
    handler_case(
        "a query",
        ("query", "query"),
        (
            "return await «ctx.storage.getMetadata(args.id)»;",
            'return await «ctx.storage.get_metadata(args["id"])»',
        ),
    ),
    handler_case(
        "an action",
        ("action", "action"),
        (
            "return await «ctx.storage.getMetadata(args.id)»;",
            'return await «ctx.storage.get_metadata(args["id"])»',
        ),
    ),
)


class DeprecatedStorageMetadata(Rule):
    """Every call of `getMetadata`."""

    name = "deprecated-storage-metadata"
    theme = "project"
    severity = Severity.WARNING
    links = ("https://docs.convex.dev/file-storage/file-metadata",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call."""
        for call in backend.ctx_calls:
            if call.api == "storage.getMetadata":
                get = spelled("ctx.db.system.get", call.place)
                where = " in a query" if call.kinds <= {"action", "httpAction"} else ""
                yield Problem(
                    call.place,
                    f"{callee(call)} is deprecated: the table `_storage` has the metadata of files.",
                    help=f'use `{get}("_storage", …)`{where}',
                )
