"""A query that draws a random number.

## What it does

Finds `Math.random()`, `crypto.randomUUID()`, `nanoid()` and the like in queries, and in the functions that they call.
In Python: `random`, `uuid.uuid4`, `secrets`, `os.urandom`.

## Why is this bad?

It works, but not as one may expect: Convex keeps the result of a query, and draws anew whenever something that it
read changes. A random choice stays for minutes, and then jumps for everybody who looks at it.

## Example

```ts
const quotes = await ctx.db.query("quotes").take(100);
return quotes[Math.floor(Math.random() * quotes.length)];
```

## Use instead

```ts
const quotes = await ctx.db.query("quotes").take(100);
return quotes[args.seed % quotes.length]; // the client draws it
```

## Known limits

Silent in components, which draw on purpose (one of several counters to read from), and about functions that are
passed around as values.

## References

* https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency
* https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.determinism._shared import path_evidence, spelled_call
from biconvex.rules.examples import handler_case, python_handler, typescript_handler
from biconvex.rules.wording import begin, in_tests, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, OutsideCall, Place, Reach

__all__ = ["RandomInQuery"]

SILENT = (
    handler_case(
        "a mutation",
        """
await ctx.db.insert("games", { dice: Math.random(), key: crypto.randomUUID() });
""",
        """
import random, uuid
await ctx.db.insert("games", {"dice": random.random(), "key": str(uuid.uuid4())})
""",
        kind="mutation",
    ),
    handler_case(
        "arithmetic, and a number that the client draws",
        """
const quotes = await ctx.db.query("quotes").take(100);
return quotes[Math.floor(args.random * quotes.length)];
""",
        """
import math, uuid
quotes = await ctx.db.query("quotes").take(100)
return quotes[math.floor(args["random"] * len(quotes))], uuid.UUID(args["id"])
""",
    ),
    Case(
        "a component, which reads one of its shards",
        {
            "convex.config.ts": """\
import { defineComponent } from "convex/server";
export default defineComponent("counter");
""",
            "lib.ts": typescript_handler(
                'return await ctx.db.query("shards").take(Math.floor(Math.random() * 8));'
            ),
        },
        {
            "convex.config.ts": """\
import { defineComponent } from "convex/server";
export default defineComponent("counter");
""",
            "lib.py": python_handler(
                'import random\nreturn await ctx.db.query("shards").take(random.randrange(8))'
            ),
        },
    ),
)

FLAGGED = (
    handler_case(
        "a random choice",
        """
const quotes = await ctx.db.query("quotes").take(100);
return quotes[Math.floor(«Math.random()» * quotes.length)];
""",
        """
import random
quotes = await ctx.db.query("quotes").take(100)
return «random.choice(quotes)»
""",
    ),
    handler_case(
        "a key, drawn in a function that it calls",
        """
return { key: fresh() };
""",
        """
return {"key": fresh()}
""",
        before=(
            "const fresh = () => `key-${«crypto.randomUUID()»}`;\n",
            'import uuid\n\ndef fresh():\n    return f"key-{«uuid.uuid4()»}"\n\n',
        ),
    ),
)

DRAWS = frozenset({
    "Math.random", "crypto.randomUUID", "crypto.getRandomValues", "nanoid.nanoid", "uuid.v4", "ulid.ulid",
    "uuid.uuid1", "uuid.uuid4", "os.urandom",
})  # fmt: skip
FAMILIES = ("random.", "secrets.")
_HARMLESS = frozenset({"random.seed", "random.Random", "secrets.compare_digest"})


class RandomInQuery(Rule):
    """Every random number that a query draws."""

    name = "random-in-query"
    theme = "determinism"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/query-functions#caching--reactivity--consistency",
        "https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call, once, with the way from a query to it."""
        if backend.kind == "component":
            return
        seen: set[Place] = set()
        for call in backend.outside_calls:
            if call.place in seen or "query" not in call.ways or not _draws(call) or in_tests(call.place):
                continue
            reach = backend.way_to(call, "query")
            if reach is not None:
                seen.add(call.place)
                yield _problem(call, reach)


def _draws(call: OutsideCall) -> bool:
    return call.name in DRAWS or (call.name.startswith(FAMILIES) and call.name not in _HARMLESS)


def _problem(call: OutsideCall, reach: Reach) -> Problem:
    name, drawn = name_of(reach.function), spelled_call(call)
    fact = f"The query {name} draws {drawn} here" if reach.path else begin(f"{name} draws {drawn}")
    return Problem(
        call.place,
        f"{fact}, and gives the same result until its data changes.",
        help="let the client draw it and pass it as an argument, or draw it in a mutation",
        evidence=path_evidence(reach),
    )
