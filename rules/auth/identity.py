"""Which registered functions ask who their caller is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from biconvex.lint.model import Backend, Body, CtxCall, Function

__all__ = [
    "READ", "Authentication", "Effects", "authentication", "effects", "exposed", "named_like_authentication",
    "words_of",
]  # fmt: skip

READ = "auth.getUserIdentity"

_ENVIRONMENT = re.compile(rb"\benv\b|\benviron\b|\bgetenv\b")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_AUTHENTICATING = frozenset(
    {
        "auth",
        "authed",
        "authenticate",
        "authenticated",
        "authentication",
        "authorize",
        "authorized",
        "authorization",
        "session",
        "identity",
        "viewer",
        "user",
        "login",
        "permission",
        "permissions",
        "role",
        "admin",
        "owner",
        "member",
        "membership",
        "access",
        "verify",
        "token",
        "credential",
        "credentials",
        "signature",
        "secret",
        "apikey",
        "guard",
        "acl",
    }
)
_IDENTITY = frozenset({"auth", "authed", "authenticated", "authentication", "identity", "viewer"})
_CREDENTIALS = frozenset(
    {
        "token",
        "secret",
        "session",
        "signature",
        "password",
        "passcode",
        "pin",
        "otp",
        "apikey",
        "credential",
        "nonce",
        "jwt",
        "hash",
        "hmac",
    }
)
_KEY_OF = frozenset({"api", "access", "admin", "secret", "private", "service", "deploy"})


_CHANGES = frozenset({
    "db.insert", "db.patch", "db.replace", "db.delete", "runMutation", "scheduler.runAfter", "scheduler.runAt",
    "scheduler.cancel", "storage.store", "storage.delete",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effects:
    """What functions change."""

    backend: Backend
    changing: Mapping[Body, CtxCall]

    def of(self, function: Function) -> CtxCall | None:
        """Give a call by which a function changes something, the nearest to its handler."""
        bodies = self.backend.reachable(function)
        return next((self.changing[body] for body in bodies if body in self.changing), None)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known of each function: `asks` who its caller is, `may` ask, or certainly does `not`.

    `used` says whether the backend reads identities anywhere, itself or through a library.
    """

    of: Mapping[Function, Literal["asks", "may", "not"]]
    used: bool


def words_of(name: str) -> list[str]:
    """Split a name into its words, in small letters: `getUserByAPIKey`, `get_user_by_api_key`."""
    return [word.lower() for word in _WORD.findall(name)]


def named_like_authentication(name: str) -> bool:
    """Tell whether a name speaks of users, sessions or permissions."""
    return not _AUTHENTICATING.isdisjoint(words_of(name))


def exposed(backend: Backend, function: Function) -> bool:
    """Tell whether clients can call a function by its reference."""
    public = function.visibility == "public" and function.kind != "httpAction"
    return public and backend.kind == "app" and function.reference is not None


@lru_cache(maxsize=1)
def authentication(backend: Backend) -> Authentication:
    """Find out which functions ask who their caller is: themselves, in a helper, or in a function that they run."""
    reads = {call.body for call in backend.ctx_calls if call.api == READ}
    handed: dict[Body, bool] = {}
    for handover in backend.handovers:
        handed[handover.body] = handed.get(handover.body, False) or named_like_authentication(handover.callee)
    runs: dict[Body, list[Function | None]] = {}
    for call in backend.run_calls:
        target = call.reference.function if call.reference else None
        runs.setdefault(call.body, []).append(target)
    throwing = {throw.body for throw in backend.throws}
    of: dict[Function, Literal["asks", "may", "not"]] = {}
    callers: dict[Function, list[Function]] = {}
    for function in backend.functions:
        bodies = backend.reachable(function)
        targets = [target for body in bodies for target in runs.get(body, ())]
        for target in targets:
            if target is not None:
                callers.setdefault(target, []).append(function)
        if any(body in reads or handed.get(body) for body in bodies) or _takes_credentials(function):
            of[function] = "asks"
        elif (
            function.opaque
            or function.handler is None
            or None in targets
            or _guarded(function, bodies, throwing)
        ):
            of[function] = "may"
        else:
            of[function] = "may" if any(body in handed for body in bodies) else "not"
    for answer in ("asks", "may"):
        stack = [function for function, known in of.items() if known == answer]
        while stack:
            for caller in callers.get(stack.pop(), ()):
                if of[caller] == "not" or (of[caller] == "may" and answer == "asks"):
                    of[caller] = answer
                    stack.append(caller)
    return Authentication(of, bool(reads) or any(_reads_identity(each.callee) for each in backend.handovers))


def _guarded(function: Function, bodies: Sequence[Body], throwing: Collection[Body]) -> bool:
    """Tell whether something may turn callers away: a custom builder, or the environment."""
    if function.custom and any(body in throwing for body in bodies if body is not function.handler):
        return True
    return any(_reads_environment(body) for body in bodies if body in throwing or body is function.handler)


def _reads_environment(body: Body) -> bool:
    text = body.place.source.data[body.place.start : body.place.end]
    return _ENVIRONMENT.search(text) is not None


def _reads_identity(callee: str) -> bool:
    return not _IDENTITY.isdisjoint(words_of(callee))


def _takes_credentials(function: Function) -> bool:
    """Tell whether a function is given something that only its rightful callers know."""
    shape = function.args.shape
    return any(_is_credential(words_of(name)) for name in shape.fields) if shape is not None else False


def _is_credential(words: list[str]) -> bool:
    if not _CREDENTIALS.isdisjoint(words):
        return True
    return any(word == "key" and words[at - 1] in _KEY_OF for at, word in enumerate(words) if at)


def effects(backend: Backend) -> Effects:
    """Find out which functions change something: documents, files, what is scheduled."""
    changing: dict[Body, CtxCall] = {}
    for call in backend.ctx_calls:
        if call.api in _CHANGES:
            changing.setdefault(call.body, call)
    return Effects(backend, changing)
