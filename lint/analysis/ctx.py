"""The ctx: what it offers to which kind of function, and how a parameter shows that it is one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.analysis.values import Pending, Record, Value, choose

if TYPE_CHECKING:
    from collections.abc import Hashable

    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Kind

__all__ = [
    "ALL_KINDS",
    "LIBRARY",
    "PARTS",
    "QUERY",
    "Annotation",
    "Ctx",
    "annotation_of",
    "is_query",
    "kinds_with",
    "members_of",
    "of_shape",
    "overlay",
]

ALL_KINDS: frozenset[Kind] = frozenset(("query", "mutation", "action", "httpAction"))
_ACTIONS: frozenset[Kind] = frozenset(("action", "httpAction"))
_TRANSACTIONS: frozenset[Kind] = frozenset(("query", "mutation"))
_MUTATION: frozenset[Kind] = frozenset(("mutation",))

PARTS = frozenset(
    {"db", "auth", "storage", "scheduler", "meta", "runQuery", "runMutation", "runAction", "vectorSearch"}
)

_WHERE: dict[str, frozenset[Kind]] = {
    "db.get": _TRANSACTIONS,
    "db.query": _TRANSACTIONS,
    "db.normalizeId": _TRANSACTIONS,
    "db.insert": _MUTATION,
    "db.patch": _MUTATION,
    "db.replace": _MUTATION,
    "db.delete": _MUTATION,
    "auth.getUserIdentity": ALL_KINDS,
    "storage.getUrl": ALL_KINDS,
    "storage.getMetadata": ALL_KINDS,
    "storage.generateUploadUrl": _MUTATION | _ACTIONS,
    "storage.delete": _MUTATION | _ACTIONS,
    "storage.get": _ACTIONS,
    "storage.store": _ACTIONS,
    "scheduler.runAfter": _MUTATION | _ACTIONS,
    "scheduler.runAt": _MUTATION | _ACTIONS,
    "scheduler.cancel": _MUTATION | _ACTIONS,
    "runQuery": ALL_KINDS,
    "runMutation": _MUTATION | _ACTIONS,
    "runAction": _ACTIONS,
    "vectorSearch": _ACTIONS,
    "db.vectorSearch": frozenset(),
}
"""The calls a ctx offers, and the kinds of functions whose ctx has them (semantics §1.4).

`db.vectorSearch`, which people write, is on none.
"""

LIBRARY = "library"
"""A part of the path of a reader that a helper library has made of `ctx.db`."""

QUERY = "query"
"""The first part of the shape of a query that is handed to a helper; the second is what it may be."""

_SYNCHRONOUS = frozenset({"db.query", "db.normalizeId"})


def kinds_with(api: str) -> frozenset[Kind]:
    """Give the kinds of functions whose ctx has this call."""
    if api.startswith("db.") and api not in _WHERE:
        return _TRANSACTIONS
    return _WHERE.get(api, ALL_KINDS)


class Ctx(Value):
    """A ctx, or what `path` leads to on it. `exact` is false when it may not be what Convex passes in."""

    path: tuple[str, ...] = ()
    exact: bool = True

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        if not self.path and name not in PARTS:
            return None
        return Ctx((*self.path, name), self.exact)

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        path = tuple(part for part in self.path if part not in {"system", LIBRARY})
        api = ".".join(path)
        if api not in _WHERE:
            return None
        result = site.evaluator.ctx_call(api, self, site)
        if api in _SYNCHRONOUS:
            return result
        draft = site.evaluator.promise(site.node, site.scope, api=api)
        return Pending((draft,) if draft else (), result)

    def shape(self) -> Hashable:
        """Give the key of what it carries."""
        return ("ctx", self.path, self.exact)


def of_shape(shape: Hashable) -> Value | None:
    """Make the value that a shape stands for: the inverse of `Value.shape`."""
    match shape:
        case ("ctx", tuple(path), bool(exact)):
            return Ctx(path, exact)
        case ("record", base, tuple(parts)):
            fields = {str(key): of_shape(part) for key, part in parts}
            return Record(fields, base=of_shape(base), complete=False)
        case (kind, tuple(queries)) if kind == QUERY:
            return choose(list(queries))
    return None


def is_query(shape: Hashable) -> bool:
    """Tell whether a shape is that of a query, which is no part of a ctx."""
    return isinstance(shape, tuple) and shape[0] == QUERY


def overlay(added: Value | None) -> Value:
    """Give the ctx of a custom builder that adds to Convex's: what it replaces is no longer exact."""
    if not isinstance(added, Record):
        return Ctx(exact=False)
    fields = {
        name: Ctx((name,), exact=False) if name in PARTS and not (value and value.shape()) else value
        for name, value in added.fields.items()
    }
    known = added.complete and (added.base is None or isinstance(added.base, Ctx))
    return Record(fields, base=Ctx(exact=known), complete=False)


# --- annotations -------------------------------------------------------------------------------------------


class Annotation(msgspec.Struct, frozen=True):
    """What a parameter's type promises: the part of a ctx it is, and the kinds of functions that have it."""

    path: tuple[str, ...]
    kinds: frozenset[Kind]


_NAMED = r"(?:\w+\.)?(?:Generic)?(Query|Mutation|Action)Ctx\b(?:<.*>)?"
_WHOLE = re.compile(rf"^{_NAMED}$", re.DOTALL)
_MEMBER = re.compile(rf"""^{_NAMED}\[["'](\w+)["']\]$""", re.DOTALL)
_UTILITY = re.compile(r"^(?:Pick|Omit|Partial|Readonly|Required)\s*<(.*)>$", re.DOTALL)
_OBJECT = re.compile(
    r"""^\{.*\bdb\??:\s*(?:(?:Generic)?Database(?:Reader|Writer)\b|(?:Query|Mutation)Ctx\[["']db["']\]).*\}$""",
    re.DOTALL,
)
_PART_TYPES = {
    "DatabaseReader": ("db",),
    "GenericDatabaseReader": ("db",),
    "DatabaseWriter": ("db",),
    "GenericDatabaseWriter": ("db",),
    "Scheduler": ("scheduler",),
    "StorageReader": ("storage",),
    "StorageWriter": ("storage",),
    "StorageActionWriter": ("storage",),
}
_PART_TYPE = re.compile(rf"^(?:{'|'.join(_PART_TYPES)})\b(?:<.*>)?$", re.DOTALL)
_KINDS: dict[str, frozenset[Kind]] = {"Query": _TRANSACTIONS, "Mutation": _MUTATION, "Action": _ACTIONS}


@lru_cache(maxsize=1024)
def annotation_of(text: str | None) -> Annotation | None:
    """Read a parameter's type; None when it does not name a ctx.

    `QueryCtx | MutationCtx`, `GenericMutationCtx<DataModel>`, `Pick<MutationCtx, "db">`, `DatabaseReader`. A
    function type or an object type that only mentions a ctx is none.
    """
    if text is None:
        return None
    kinds: frozenset[Kind] = frozenset()
    path: tuple[str, ...] | None = None
    for part in members_of(text.strip().strip("\"'")):
        found = _read(part)
        if found is not None:
            path = found.path
            kinds |= found.kinds
    return Annotation(path, kinds) if path is not None else None


def _read(part: str) -> Annotation | None:
    """Read one member of a union."""
    if _PART_TYPE.match(part):
        name = part.partition("<")[0].strip()
        return Annotation(_PART_TYPES[name], _MUTATION if name.endswith("DatabaseWriter") else frozenset())
    if named := _WHOLE.match(part):
        return Annotation((), _KINDS[named.group(1)])
    if member := _MEMBER.match(part):
        return Annotation((member.group(2),), _KINDS[member.group(1)])
    if utility := _UTILITY.match(part):
        parts = members_of(utility.group(1), ",")
        return _read(parts[0])
    return Annotation((), frozenset()) if _OBJECT.match(part) else None


def members_of(text: str, separators: str = "|&") -> list[str]:
    """Split a union or intersection (or a list) at its top level into the texts of its members."""
    parts, depth, begin = [], 0, 0
    for at, character in enumerate(text):
        if character in "<({[":
            depth += 1
        elif character in ">)}]":
            depth -= 1 if text[at - 1 : at + 1] != "=>" else 0
        elif character in separators and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return [*parts, text[begin:].strip()]
