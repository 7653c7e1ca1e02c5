"""Calls that are made and not run yet, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.deployment.users import user_claims
from biconvex.sim.runtime import Identity
from biconvex.sim.server.references import FunctionReference, function_path
from biconvex.sim.values import FunctionError

if TYPE_CHECKING:
    from biconvex.sim.deployment.client import Client

__all__ = ["Call", "CallOutcome", "Request", "call", "claims_of", "request"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function by its path: what `call` makes, or the method of a user, the admin or a client."""

    function: str
    args: Mapping[str, Any]
    identity: Identity = None
    admin: bool = False
    client: Client | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        subject = f", as_user={self.identity.get('subject')!r}" if isinstance(self.identity, Mapping) else ""
        return f"call({self.function!r}{f', {dict(self.args)!r}' if self.args or subject else ''}{subject})"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the deployment: what `request` makes. The fields are those of `convex.fetch`."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    json: Any = msgspec.UNSET
    body: str | bytes | None = None

    def __repr__(self) -> str:
        given = {"headers": self.headers, "body": self.body}
        shown = [f", {name}={value!r}" for name, value in given.items() if value is not None]
        json = "" if self.json is msgspec.UNSET else f", json={self.json!r}"
        return f"request({self.url!r}, method={self.method!r}{json}{''.join(shown)})"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What came of a call: its `value` (of a request: the `HttpResponse`), or its `error`."""

    value: Any = None
    error: FunctionError | None = None

    @property
    def ok(self) -> bool:
        """Whether there is no error. A response with any status is no error."""
        return self.error is None

    def result(self) -> Any:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value


def call(
    function: str | FunctionReference,
    args: Mapping[str, Any] | None = None,
    *,
    as_user: Mapping[str, Any] | str | None = None,
) -> Call:
    """A call of a public function that is not run yet, for `convex.concurrently`.

    `as_user` has the claims of who calls, or the subject alone; None: nobody is logged in.
    """
    return Call(function_path(function), args or {}, claims_of(as_user))


def request(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Any = msgspec.UNSET,
    body: str | bytes | None = None,
) -> Request:
    """A request that is not sent yet, for `convex.concurrently` and `convex.deliver`; arguments as for `fetch`."""
    return Request(url, method, headers, json, body)


def claims_of(user: Mapping[str, Any] | str | None) -> Identity:
    """The claims of a user, whole; raises `UsageError` as `convex.as_user` does."""
    if user is None:
        return None
    return user_claims({"subject": user} if isinstance(user, str) else user)
