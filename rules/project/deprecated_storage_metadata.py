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

In an action, which has no database, a query has to read it. What the table has is called otherwise in parts: `_id` for
`storageId`, and the digest is base64 instead of hex. That's why the fix is not a safe one.

## References

* https://docs.convex.dev/file-storage/file-metadata
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.wording import callee, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CtxCall

__all__ = ["DeprecatedStorageMetadata"]

_INSTEAD = (
    'return await ctx.db.system.get("_storage", args.id);',
    'return await ctx.db.system.get("_storage", args["id"])',
)

SILENT = (
    handler_case("the system table", ("query", "query"), _INSTEAD),
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
        fixed=("return await ctx.db.system.get(args.id);", _INSTEAD[1]),
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


_NAMES_TABLES = (1, 31)
"""The version of Convex from which `get` takes the name of the table first."""


class DeprecatedStorageMetadata(Rule):
    """Every call of `getMetadata`."""

    name = "deprecated-storage-metadata"
    theme = "project"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/file-storage/file-metadata",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

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
                    fix=_fix(call, backend.convex_version),
                )


def _fix(call: CtxCall, version: tuple[int, int] | None) -> Fix | None:
    """Read the table, where there is a database; name it where the version of Convex surely takes the name."""
    source, argument = call.place.source, call.arguments[0] if len(call.arguments) == 1 else None
    named = source.language == "python" or (version is not None and version >= _NAMES_TABLES)
    if argument is None or not call.kinds or not call.kinds <= {"query", "mutation"}:
        return None
    method = spelled("storage.getMetadata", call.place)
    begin = source.text(call.place.start, argument.start).removesuffix("(")
    if not begin.endswith(f".{method}"):
        return None
    start = call.place.start + len(begin.removesuffix(method).encode())
    table = '"_storage", ' if named else ""
    edit = Edit(source.path, start, argument.start, f"db.system.get({table}")
    return Fix("read the table `_storage`", (edit,), safe=False)
