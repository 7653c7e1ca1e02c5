"""Mutations that catch a failure and keep what was written before it.

## What it does

Finds a `try` in a mutation that writes more than once, or writes and then does something else that can fail, and whose
`catch` neither throws nor runs on into something that does.

## Why is this bad?

A mutation is undone as a whole if it throws. An error that is caught is none: what was written before it stays, and the
rest is missing. The transaction commits half of the work, and reports success.

## Example

```ts
try {
  await ctx.db.insert("orders", order);
  await takeFromStock(ctx, order);
} catch (error) {
  console.error(error);
}
```

## Use instead

```ts
await ctx.db.insert("orders", order);
await takeFromStock(ctx, order);
```

## Known limits

Only looks at what is written in the `try` itself, and is silent if its `catch` throws, writes, or runs a mutation,
which may put things right.

## References

* https://docs.convex.dev/functions/error-handling/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.transactions._cases import case
from biconvex.rules.wording import callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, DatabaseUse

__all__ = ["SwallowedFailure"]

_WRITES = frozenset(("insert", "patch", "replace", "delete"))

SILENT = (
    case(
        "thrown again",
        'try { await ctx.db.insert("a", {}); await more(ctx); } catch (error) { throw new Error("failed"); }',
        "try: await ctx.db.insert('a', {}); await more(ctx)\n    except Exception: raise ValueError('failed')",
        "mutation",
    ),
    case(
        "one write, and nothing after it",
        'try { const x = await more(ctx); await ctx.db.insert("a", { x }); } catch (error) { return null; }',
        "try: x = await more(ctx); await ctx.db.insert('a', {})\n    except Exception: return None",
        "mutation",
    ),
    case(
        "put right again",
        'let id; try { id = await ctx.db.insert("a", {}); await more(ctx); } catch { await ctx.db.delete("a", id); }',
        "try: id = await ctx.db.insert('a', {}); await more(ctx)\n    except Exception: await ctx.db.delete('a', 1)",
        "mutation",
    ),
)

FLAGGED = (
    case(
        "two writes",
        'try { await «ctx.db.insert("a", {})»; await ctx.db.insert("b", {}); } catch (error) { console.error(error); }',
        "try: await «ctx.db.insert('a', {})»; await ctx.db.insert('b', {})\n    except Exception: pass",
        "mutation",
    ),
    case(
        "a write, and something else that can fail",
        'try { const id = await «ctx.db.insert("a", {})»; await more(ctx, id); return true; } catch { return false; }',
        "try: id = await «ctx.db.insert('a', {})»; await more(ctx, id)\n    except Exception: return False",
        "internalMutation",
    ),
)


class SwallowedFailure(Rule):
    """Every first write of a `try` that may stay alone."""

    name = "swallowed-failure"
    theme = "transactions"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/error-handling/",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first write of each such `try`."""
        writes: dict[Body, list[DatabaseUse]] = {}
        for use in backend.database_uses:
            if use.operation in _WRITES and "mutation" in use.kinds and not in_tests(use.place):
                writes.setdefault(use.body, []).append(use)
        for body, uses in writes.items():
            for node in syntax.walk(body.syntax):
                if isinstance(node, syntax.Try) and node.handler is not None:
                    yield from _problem(node, node.handler, uses)


def _problem(attempt: syntax.Try, handler: list[syntax.Node], uses: list[DatabaseUse]) -> Iterator[Problem]:
    statements = attempt.body
    if not statements or any(
        isinstance(part, syntax.Throw | syntax.Await) for s in handler for part in syntax.walk(s)
    ):
        return
    for at, statement in enumerate(statements):
        first = next(
            (use for use in uses if statement.start <= use.place.start and use.place.end <= statement.end),
            None,
        )
        if first is None:
            continue
        later = any(
            isinstance(part, syntax.Await) for other in statements[at + 1 :] for part in syntax.walk(other)
        )
        if later:
            yield Problem(
                first.place,
                f"What {callee(first)} writes stays when something after it fails: the error is caught, and the "
                "mutation commits.",
                help="let the mutation fail, or do what may fail before the first write",
                evidence=((Place(first.place.source, handler[0].start, handler[0].end), "goes on here"),)
                if handler
                else (),
            )
        return
