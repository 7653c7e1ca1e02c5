"""Users looked up by the subject of their identity alone.

## What it does

Finds index ranges with `identity.subject`.

## Why is this bad?

A subject is unique for one issuer only. With two providers in `auth.config.ts`, or after a change of provider, two
people can have the same one. `tokenIdentifier` is the issuer and the subject together, and unique.

## Example

```ts
ctx.db.query("users").withIndex("by_subject", (q) => q.eq("subject", identity.subject));
```

## Use instead

```ts
ctx.db.query("users").withIndex("by_token", (q) => q.eq("tokenIdentifier", identity.tokenIdentifier));
```

## Known limits

An app that syncs its users from the webhooks of its one provider may know them by their subject alone; that's fine
while it has one provider. The fix changes the query alone: documents hold the subject until they are written anew, and
so does the code that writes them.

## References

* https://docs.convex.dev/auth/database-auth
* https://docs.convex.dev/api/interfaces/server.UserIdentity
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Fixed, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend
    from biconvex.lint.source import SourceFile

__all__ = ["SubjectAsKey"]


def _case(
    name: str, typescript: str, python: str, fixed: tuple[str, str] | None = None, field: str = "key"
) -> Case:
    """A query for the user whose key is given, before and after it is fixed."""
    after = Fixed(*_files(*fixed, field)) if fixed else None
    return Case(name, *_files(typescript, python, field), fixed=after)


def _files(typescript: str, python: str, field: str) -> tuple[str, str]:
    return (
        f"""\
import {{ query }} from "./_generated/server";
export const me = query({{ args: {{}}, handler: async (ctx) => {{
  const identity = await ctx.auth.getUserIdentity();
  return await ctx.db.query("users").withIndex("by_key", (q) => q.eq("{field}", {typescript})).unique();
}} }});
""",
        f"""\
from biconvex.sim.server import query

@query(args={{}})
async def me(ctx, args):
    identity = await ctx.auth.get_user_identity()
    return await ctx.db.query("users").with_index("by_key", lambda q: q.eq("{field}", {python})).unique()
""",
    )


SILENT = (
    _case("the token identifier", "identity.tokenIdentifier", 'identity["tokenIdentifier"]'),
    _case("a part of the subject", 'identity.subject.split("|")[0]', 'identity["subject"].split("|")[0]'),
    _case("the subject of a mail", "mail.subject", 'mail["subject"]'),
)

FLAGGED = (
    _case(
        "the subject",
        "«identity.subject»",
        '«identity["subject"]»',
        ("identity.tokenIdentifier", 'identity["tokenIdentifier"]'),
    ),
    _case(
        "the subject of an identity that is surely there",
        "«identity!.subject»",
        '«(identity)["subject"]»',
        ("identity!.tokenIdentifier", '(identity)["tokenIdentifier"]'),
    ),
    _case("the provider's own id", "«identity.subject»", '«identity["subject"]»', field="clerkId"),
)


class SubjectAsKey(Rule):
    """Every step of an index range that compares with the subject of an identity."""

    name = "subject-as-key"
    theme = "auth"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/auth/database-auth",
        "https://docs.convex.dev/api/interfaces/server.UserIdentity",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such value."""
        for use in backend.index_uses:
            for step in (step for steps in use.ranges or () for step in steps):
                if step.value is not None and _is_subject(step.value):
                    yield Problem(
                        Place(use.place.source, step.value.start, step.value.end),
                        "A subject is unique for one issuer only.",
                        help="look users up by `tokenIdentifier`, which has the issuer too",
                        fix=_fix(use.place.source, step.value, step.field),
                    )


def _fix(source: SourceFile, node: syntax.Node, field: str | None) -> Fix | None:
    """Put the other name in the place of this one, unless the field is for the provider's own ids (`clerkId`)."""
    if field is None or field.lower().endswith("id"):
        return None
    if isinstance(node, syntax.Member):
        start, end = node.name_start, node.end
    elif isinstance(node, syntax.Index):
        start, end = node.index.start + 1, node.index.end - 1
    else:
        return None
    if source.text(start, end) != "subject":
        return None
    return Fix(
        "look users up by `tokenIdentifier`", (Edit(source.path, start, end, "tokenIdentifier"),), safe=False
    )


def _is_subject(node: syntax.Node) -> bool:
    while isinstance(node, syntax.Cast):
        node = node.value
    if isinstance(node, syntax.Member):
        name, owner = node.name, node.object
    elif isinstance(node, syntax.Index) and isinstance(node.index, syntax.Literal):
        name, owner = str(node.index.value), node.object
    else:
        return False
    while isinstance(owner, syntax.Cast):
        owner = owner.value
    called = owner.id if isinstance(owner, syntax.Name) else ""
    return name == "subject" and "identity" in called.lower()
