"""An HTTP action that does what a request says without looking at who sent it.

## What it does

Finds HTTP actions that run internal functions, schedule them or store files, and look at nothing by which they could
tell who sent the request: no header, no signature, no token, no identity, no secret of the environment.

## Why is this bad?

The address of an HTTP action is public. A webhook that doesn't verify its sender takes orders from anybody who finds
it: "the invoice is paid".

## Example

```ts
export const paid = httpAction(async (ctx, request) => {
  const { invoice } = await request.json();
  await ctx.runMutation(internal.invoices.markPaid, { invoice });
  return new Response(null, { status: 200 });
});
```

## Use instead

```ts
export const paid = httpAction(async (ctx, request) => {
  const body = await request.text();
  if (!(await verify(body, request.headers.get("stripe-signature")))) {
    return new Response("Bad signature", { status: 401 });
  }
  await ctx.runMutation(internal.invoices.markPaid, { invoice: JSON.parse(body).invoice });
  return new Response(null, { status: 200 });
});
```

## Known limits

Silent where only public functions are run (anybody can call those anyway), where the request or the ctx is handed on
to something that may look at it, and where a name speaks of a token, a signature, a secret or the like. It can't tell
whether what is looked at proves anything.

## References

* https://docs.convex.dev/functions/http-actions
* https://docs.convex.dev/auth/database-auth#set-up-webhooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import RunCall, ScheduleCall
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.lint.syntax import walk
from biconvex.rules.auth.identity import authentication, named_like_authentication, words_of
from biconvex.rules.wording import begin, callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, CtxCall, Function

__all__ = ["UnverifiedWebhook"]


def _case(name: str, typescript: str, python: str) -> Case:
    """An HTTP action whose body is given."""
    return Case(
        name,
        typescript=f"""\
import {{ httpAction, internalMutation, mutation }} from "./_generated/server";
import {{ api, internal }} from "./_generated/api";
import {{ check }} from "./somewhere";
export const markPaid = internalMutation({{ args: {{}}, handler: async (ctx) => null }});
export const subscribe = mutation({{ args: {{}}, handler: async (ctx) => null }});
export const paid = httpAction(async (ctx, request) => {{
  const invoice = await request.json();
{typescript}  return new Response(null, {{ status: 200 }});
}});
""",
        python=f"""\
from biconvex.sim.server import Response, api, http_action, internal, internal_mutation, mutation
from .somewhere import check

@internal_mutation(args={{}})
async def mark_paid(ctx, args):
    return None

@mutation(args={{}})
async def subscribe(ctx, args):
    return None

@http_action
async def paid(ctx, request):
    invoice = await request.json()
{python}    return Response("", status=200)
""",
    )


SILENT = (
    _case(
        "a signature",
        """\
  if (request.headers.get("x-signature") !== "…") return new Response(null, { status: 401 });
  await ctx.runMutation(internal.tasks.markPaid, { invoice });
""",
        """\
    if request.headers["x-signature"] != "…":
        return Response("", status=401)
    await ctx.run_mutation(internal.tasks.mark_paid, {"invoice": invoice})
""",
    ),
    _case(
        "a request that somebody checks",
        "  await check(request);\n  await ctx.runMutation(internal.tasks.markPaid, { invoice });\n",
        '    await check(request)\n    await ctx.run_mutation(internal.tasks.mark_paid, {"invoice": invoice})\n',
    ),
    _case(
        "a secret in the body",
        '  if (invoice.secret === "…") await ctx.runMutation(internal.tasks.markPaid, { invoice });\n',
        '    if invoice["secret"] == "…":\n'
        '        await ctx.run_mutation(internal.tasks.mark_paid, {"invoice": invoice})\n',
    ),
    _case(
        "what any client can call anyway",
        "  await ctx.runMutation(api.tasks.subscribe, { invoice });\n",
        '    await ctx.run_mutation(api.tasks.subscribe, {"invoice": invoice})\n',
    ),
)

FLAGGED = (
    _case(
        "a mutation for anybody",
        "  await «ctx.runMutation(internal.tasks.markPaid, { invoice })»;\n",
        '    await «ctx.run_mutation(internal.tasks.mark_paid, {"invoice": invoice})»\n',
    ),
    _case(
        "work that is scheduled for anybody",
        "  await «ctx.scheduler.runAfter(0, internal.tasks.markPaid, { invoice })»;\n",
        '    await «ctx.scheduler.run_after(0, internal.tasks.mark_paid, {"invoice": invoice})»\n',
    ),
)

_PROOFS = frozenset({
    "headers", "header", "environ", "env", "getenv", "cookie", "cookies", "bearer", "hmac", "svix", "key", "keys",
    "captcha", "turnstile", "recaptcha", "allow", "allowed", "validate", "check",
})  # fmt: skip


class UnverifiedWebhook(Rule):
    """The first effect of every HTTP action that looks at nothing that could tell who sent the request."""

    name = "unverified-webhook"
    theme = "auth"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/http-actions",
        "https://docs.convex.dev/auth/database-auth#set-up-webhooks",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem for each of them."""
        actions = [function for function in backend.functions if function.kind == "httpAction"]
        effects: dict[Body, CtxCall] = {}
        for call in backend.ctx_calls if actions else ():
            if _acts(call):
                effects.setdefault(call.body, call)
        suspects: list[tuple[Function, CtxCall]] = []
        for function in actions:
            bodies = backend.reachable(function)
            effect = next((effects[body] for body in bodies if body in effects), None)
            if effect is not None and not _hands_on_request(function) and not any(map(_looks, bodies)):
                suspects.append((function, effect))
        known = authentication(backend).of if suspects else {}
        for function, effect in suspects:
            if known[function] == "not":
                yield Problem(
                    effect.place,
                    begin(
                        f"{name_of(function)} calls {callee(effect)} for whoever sends a request: it looks at nothing "
                        "that could tell who that is."
                    ),
                    help="verify the sender's signature, or ask for a secret, before anything else",
                    evidence=((function.place, "the HTTP action"),),
                )


def _acts(call: CtxCall) -> bool:
    """Tell whether a call does something that clients can't do by themselves."""
    if isinstance(call, RunCall | ScheduleCall):
        target = call.reference.function if call.reference else None
        return target is not None and target.visibility == "internal" and target.kind != "query"
    return call.api in {"storage.store", "storage.delete"}


def _looks(body: Body) -> bool:
    """Tell whether a body has a name that speaks of how to know who somebody is."""
    for node in walk(body.syntax):
        if isinstance(node, syntax.Name):
            name = node.id
        elif isinstance(node, syntax.Member):
            name = node.name
        elif isinstance(node, syntax.Property):
            name = node.key or ""
        elif isinstance(node, syntax.Literal) and isinstance(node.value, str):
            name = node.value
        else:
            continue
        if named_like_authentication(name) or not _PROOFS.isdisjoint(words_of(name)):
            return True
    return False


def _hands_on_request(function: Function) -> bool:
    """Tell whether a handler hands its whole request to something."""
    handler = function.handler
    if handler is None or len(handler.syntax.parameters) < 2:
        return False
    target = handler.syntax.parameters[1].target
    if not isinstance(target, syntax.Name):
        return True
    return any(
        isinstance(node, syntax.Call)
        and any(isinstance(part, syntax.Name) and part.id == target.id for part in node.arguments)
        for node in walk(handler.syntax)
    )
