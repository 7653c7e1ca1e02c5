"""Arguments that say who the caller is, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.model import DatabaseUse, Place
from biconvex.rules.auth.arguments import arguments_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, CtxCall, Function, IndexUse
    from biconvex.rules.auth.arguments import Arguments

__all__ = ["Spoofing"]

_IDENTITIES = frozenset({
    "userId", "user_id", "ownerId", "owner_id", "authorId", "author_id", "clerkId", "clerk_id", "clerkUserId",
    "tokenIdentifier", "token_identifier", "externalId", "email", "userEmail", "user_email", "role", "isAdmin",
    "is_admin", "createdBy", "created_by",
})  # fmt: skip
_PROVIDED = frozenset({"clerkId", "clerk_id", "clerkUserId", "tokenIdentifier", "token_identifier"})
"""What an identity provider calls a user: where there is one, people log in."""


class Spoofing:
    """The arguments of handlers by which a caller could pass for somebody else."""

    def __init__(self, backend: Backend) -> None:
        self._calls: dict[Body, list[CtxCall]] = {}
        for call in backend.ctx_calls:
            self._calls.setdefault(call.body, []).append(call)
        self._uses: dict[Body | None, list[IndexUse]] = {}
        for use in backend.index_uses:
            self._uses.setdefault(use.body, []).append(use)

    def of(self, function: Function, *, used: bool) -> tuple[Place, str] | None:
        """Give the first use of such an argument, and its name; `used` tells whether the app reads identities."""
        handler = function.handler
        if handler is None:
            return None
        arguments = arguments_of(handler)
        found = [
            *_in_ranges(self._uses.get(handler, []), arguments),
            *_in_calls(self._calls.get(handler, []), arguments),
        ]
        known = [(node, name) for node, name in found if used or name in _PROVIDED]
        if not known:
            return None
        node, name = min(known, key=lambda pair: pair[0].start)
        return Place(handler.place.source, node.start, node.end), name


def _in_ranges(uses: list[IndexUse], arguments: Arguments) -> Iterator[tuple[syntax.Node, str]]:
    for use in uses:
        for step in (step for steps in use.ranges or () for step in steps):
            name = arguments.named(step.value)
            if name in _IDENTITIES and step.operation == "eq" and step.value is not None:
                yield step.value, name


def _in_calls(calls: list[CtxCall], arguments: Arguments) -> Iterator[tuple[syntax.Node, str]]:
    for call in calls:
        if not isinstance(call, DatabaseUse) or call.operation == "query":
            continue
        for node in call.arguments:
            parts = node.properties if isinstance(node, syntax.Object) else [node]
            for part in parts:
                value = part.value if isinstance(part, syntax.Property) else part
                name = arguments.named(value)
                if name in _IDENTITIES:
                    yield value, name
