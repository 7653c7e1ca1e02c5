"""A cryptographic operation that queries and mutations don't have.

## What it does

Finds the operations of `crypto.subtle` that need true randomness in queries and mutations, and in the functions that
they call: `generateKey`, `sign` with ECDSA or RSA, `encrypt` with RSA-OAEP.

## Why is this bad?

The call throws. Queries and mutations draw from a generator with a seed, so that they can be run again; keys and
signatures made from it would be worth nothing.

## Example

```ts
export const createKey = mutation({
  args: {},
  handler: async (ctx) => {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
  },
});
```

## Use instead

Make the key in an action, and pass it to the mutation. `crypto.randomUUID()`, `crypto.getRandomValues()`, digests,
HMAC signatures and verifying work everywhere.

## Known limits

Silent where the algorithm is not written out, except for `generateKey`. Python's cryptography isn't Convex's, and
doesn't fail.

## References

* https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations
* https://docs.convex.dev/functions/actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.determinism._shared import in_transactions, path_evidence, spelled_call
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import a_kind, begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, OutsideCall, Reach

__all__ = ["CryptoRandomnessInTransaction"]

SILENT = (
    handler_case(
        "what works in a mutation",
        """
const key = await crypto.subtle.importKey("raw", args.key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
await crypto.subtle.sign("HMAC", key, args.data);
await crypto.subtle.digest("SHA-256", args.data);
await crypto.subtle.sign(args.algorithm, args.other, args.data);
return [crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(8))];
""",
        "return None",
        kind="mutation",
    ),
    handler_case(
        "an action",
        """
return await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
""",
        "return None",
        kind="action",
    ),
)

FLAGGED = (
    handler_case(
        "a key",
        """
const key = await «crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"])»;
""",
        "return None",
        kind="mutation",
    ),
    handler_case(
        "a signature and a text that only one may read",
        """
const name = await signed(args.key);
return [name, await «crypto.subtle.encrypt({ name: "RSA-OAEP" }, args.other, args.name)»];
""",
        "return None",
        before=(
            'const signed = async (key: any) => await «crypto.subtle.sign({ name: "ECDSA" }, key, DATA)»;\n',
            "",
        ),
    ),
)

RANDOM_ALGORITHMS = {
    "crypto.subtle.sign": frozenset({"ECDSA", "RSA-PSS", "RSASSA-PKCS1-V1_5"}),
    "crypto.subtle.encrypt": frozenset({"RSA-OAEP"}),
}


class CryptoRandomnessInTransaction(Rule):
    """Every operation with true randomness that a query or a mutation asks for (semantics §6.3)."""

    name = "crypto-randomness-in-transaction"
    theme = "determinism"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/runtimes#restrictions-on-queries-and-mutations",
        "https://docs.convex.dev/functions/actions",
    )
    silent = SILENT
    flagged = FLAGGED
    languages = ("typescript",)

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call, with the way to it."""
        for call, reach in in_transactions(backend, _needs_randomness):
            yield _problem(call, reach)


def _needs_randomness(call: OutsideCall) -> bool:
    if call.name == "crypto.subtle.generateKey":
        return True
    return _algorithm(call) in RANDOM_ALGORITHMS.get(call.name, ())


def _algorithm(call: OutsideCall) -> str | None:
    """Give the algorithm that a call names, in capitals: `"ECDSA"` or `{ name: "ECDSA", … }`."""
    given = call.node.arguments[0] if call.node.arguments else None
    if isinstance(given, syntax.Object):
        named = (
            item.value
            for item in given.properties
            if isinstance(item, syntax.Property) and item.key == "name"
        )
        given = next(named, None)
    return given.value.upper() if isinstance(given, syntax.Literal) and isinstance(given.value, str) else None


def _problem(call: OutsideCall, reach: Reach) -> Problem:
    function, operation = reach.function, spelled_call(call)
    kind = a_kind(function)
    if reach.path:
        message = f"{operation} fails here when {kind} comes to it, as {name_of(function)} does: it has no randomness."
    else:
        message = begin(f"{name_of(function)} is {kind}, which has no true randomness: {operation} fails.")
    return Problem(call.place, message, help="do it in an action", evidence=path_evidence(reach))
