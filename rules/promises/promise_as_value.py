"""A promise that is used as if it were what it promises.

## What it does

Finds calls on a ctx, and of the project's own async functions that are handed a ctx, whose promise is not awaited and
then tested or compared (`if (ctx.db.get(…))`), asked for a member (`ctx.db.get(…).title`), or put into an object that
is stored or given back by a function (`{ url: ctx.storage.getUrl(…) }`).

## Why is this bad?

A promise is always true, equals nothing, and has none of the members of what it promises. Convex refuses to store or
give back an object with a promise in it: the function fails.

## Example

```ts
return { name: file.name, url: ctx.storage.getUrl(file.storageId) };
```

## Use instead

```ts
return { name: file.name, url: await ctx.storage.getUrl(file.storageId) };
```

## Known limits

Silent where the promise takes a way through a variable or a function: it may be awaited there.

## References

* https://docs.convex.dev/understanding/best-practices/#await-all-promises
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_after, insert_before
from biconvex.lint.model import DatabaseUse
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import python_handler, typescript_handler
from biconvex.rules.wording import begin, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, Promise

__all__ = ["PromiseAsValue"]


def _case(name: str, typescript: str, python: str, *, fixed: tuple[str, str] | None = None) -> Case:
    """The statements of a mutation."""
    there = fixed and Fixed(typescript_handler(fixed[0], "mutation"), python_handler(fixed[1], "mutation"))
    files = typescript_handler(typescript, "mutation"), python_handler(python, "mutation")
    return Case(name, *files, fixed=there or None)


_TEST = ("if ({}) return null;", "if {}:\n    return None")
_CALL = ('ctx.db.get("tasks", id)', 'ctx.db.get("tasks", id)')
_URL = ("ctx.storage.getUrl(id)", "ctx.storage.get_url(id)")
_GIVEN = ("return {{ url: {} }};", 'return {{"url": {}}}')
_WRITTEN = (
    'await ctx.db.insert("files", {{ at: {{ url: {} }} }});',
    'await ctx.db.insert("files", {{"at": {{"url": {}}}}})',
)


def _with(templates: tuple[str, str], calls: tuple[str, str], form: str = "{}") -> tuple[str, str]:
    return templates[0].format(form.format(calls[0])), templates[1].format(form.format(calls[1]))


SILENT = (
    _case("awaited", *_with(_TEST, _CALL, "await {}")),
    _case("awaited in an object", *_with(_GIVEN, _URL, "await {}")),
    _case("given back as it is", f"return {_CALL[0]};", f"return {_CALL[1]}"),
    _case("one of two given back", f"return id ? {_CALL[0]} : null;", f"return {_CALL[1]} if id else None"),
    _case(
        "kept, and awaited later",
        f"const kept = {{ task: {_CALL[0]} }};\nreturn await kept.task;",
        f'kept = {{"task": {_CALL[1]}}}\nreturn await kept["task"]',
    ),
    _case(
        "gathered",
        f"return await Promise.all([{_CALL[0]}].concat(rest));",
        f"return await asyncio.gather({_CALL[1]})",
    ),
    _case(
        "the last part of a condition",
        f"return await (id && {_CALL[0]});",
        f"return await (id and {_CALL[1]})",
    ),
)

FLAGGED = (
    _case("a test", *_with(_TEST, _CALL, "«{}»"), fixed=_with(_TEST, _CALL, "await {}")),
    _case(
        "a comparison",
        f"if («{_CALL[0]}» === null) return null;",
        f"if «{_CALL[1]}» is None:\n    return None",
        fixed=(
            f"if (await {_CALL[0]} === null) return null;",
            f"if await {_CALL[1]} is None:\n    return None",
        ),
    ),
    _case(
        "a member",
        f"return «{_CALL[0]}».title;",
        f'return «{_CALL[1]}»["title"]',
        fixed=(f"return (await {_CALL[0]}).title;", f'return (await {_CALL[1]})["title"]'),
    ),
    _case(
        "an object that is given back", *_with(_GIVEN, _URL, "«{}»"), fixed=_with(_GIVEN, _URL, "await {}")
    ),
    _case(
        "an object that is stored", *_with(_WRITTEN, _URL, "«{}»"), fixed=_with(_WRITTEN, _URL, "await {}")
    ),
)

_OF_PROMISES = frozenset({"then", "catch", "finally", "send", "throw", "close"})
_COMPARING = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">=", "is", "is not", "in", "not in", "!"})
_FIRST = frozenset({"&&", "||", "??"})
_WRITES = frozenset({"insert", "patch", "replace"})
_USES = {
    "test": "tested, and always true",
    "comparison": "compared, and equals nothing",
    "member": "asked for a member, which a promise doesn't have",
    "value": "put into an object, which Convex then refuses",
}


class PromiseAsValue(Rule):
    """Every promise whose value is taken without waiting for it."""

    name = "promise-as-value"
    theme = "promises"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "safe"
    links = ("https://docs.convex.dev/understanding/best-practices/#await-all-promises",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them, with what is done to it."""
        loose: dict[Body, dict[tuple[int, int], Promise]] = {}
        for promise in backend.promises:
            if promise.fate not in {"awaited", "floating", "unused", "voided"} and promise.through is None:
                loose.setdefault(promise.body, {})[promise.place.start, promise.place.end] = promise
        handlers = {function.handler for function in backend.functions if function.kind != "httpAction"}
        written: dict[Body, set[tuple[int, int]]] = {}
        for call in backend.ctx_calls:
            if isinstance(call, DatabaseUse) and call.operation in _WRITES and call.body in loose:
                written.setdefault(call.body, set()).add((call.place.start, call.place.end))
        for body, promises in loose.items():
            for use, node in _taken(body.syntax, written.get(body, set()), gives=body in handlers):
                found = promises.pop((node.start, node.end), None)
                if found is not None:
                    yield _problem(found, use)


def _taken(
    function: syntax.Function, writes: set[tuple[int, int]], *, gives: bool
) -> Iterator[tuple[str, syntax.Node]]:
    """Give each expression whose value is taken, with how; those of functions within it, too."""
    stack: list[tuple[syntax.Node, bool]] = [(node, gives) for node in function.body]
    while stack:
        node, own = stack.pop()
        if isinstance(node, syntax.If | syntax.Conditional):
            yield "test", node.test
        elif isinstance(node, syntax.Operation) and node.operands:
            if node.operator in _COMPARING:
                yield from (
                    ("test" if node.operator == "!" else "comparison", each) for each in node.operands
                )
            elif node.operator in _FIRST and node.operator != "??":
                yield "test", node.operands[0]
        elif isinstance(node, syntax.Member | syntax.Index):
            if not (isinstance(node, syntax.Member) and node.name in _OF_PROMISES):
                yield "member", _bare(node.object)
        elif isinstance(node, syntax.Return) and own and node.value is not None:
            yield from (("value", each) for each in _values(_bare(node.value)))
        elif isinstance(node, syntax.Call) and (node.start, node.end) in writes:
            for argument in node.arguments:
                yield from (("value", each) for each in _values(_bare(argument)))
        inner = own and not isinstance(node, syntax.Function)
        stack += [(each, inner) for each in syntax.children(node)]


def _values(whole: syntax.Node) -> Iterator[syntax.Node]:
    """Give the values in an object that is written out, however deep."""
    stack: list[syntax.Node] = [whole] if isinstance(whole, syntax.Object | syntax.Array) else []
    while stack:
        node = _bare(stack.pop())
        if isinstance(node, syntax.Object):
            stack += [item.value for item in node.properties if isinstance(item, syntax.Property)]
        elif isinstance(node, syntax.Array):
            stack += node.elements
        elif isinstance(node, syntax.Conditional):
            stack += [node.then, node.otherwise]
        else:
            yield node


def _bare(node: syntax.Node) -> syntax.Node:
    while isinstance(node, syntax.Cast):
        node = node.value
    return node


def _problem(promise: Promise, use: str) -> Problem:
    python = promise.place.source.language == "python"
    what = "coroutine" if python else "promise"
    after = insert_after(promise.place, ")")
    edits = (
        (insert_before(promise.place, "(await "), after)
        if use == "member"
        else (insert_before(promise.place, "await "),)
    )
    return Problem(
        promise.place,
        begin(
            f"the {what} of {quoted(promise.callee)} is not awaited: it is {_USES[use].replace('promise', what)}."
        ),
        help="await it" if promise.in_async else "await it in an async function",
        fix=Fix("await it", edits) if promise.in_async else None,
    )
