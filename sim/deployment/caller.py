"""Who calls the functions of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.deployment.calls import Call, Request
from biconvex.sim.deployment.subscriptions import Subscription
from biconvex.sim.runtime import Identity
from biconvex.sim.server.references import FunctionReference, function_path
from biconvex.sim.services import HttpResponse
from biconvex.sim.services.http import token_of
from biconvex.sim.values import UsageError

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment

__all__ = ["Arguments", "Caller", "Reference"]

Reference = str | FunctionReference
Arguments = Mapping[str, Any] | None


class Caller:
    """Somebody who calls functions: a client with an identity, or the admin, who may call internal ones too."""

    def __init__(self, deployment: Deployment, identity: Identity = None, *, admin: bool = False) -> None:
        self._deployment = deployment
        self._identity = identity
        self._admin = admin

    def query(self, function: Reference, args: Arguments = None) -> Any:
        """Run a query; its result. Raises `FunctionError`, or `ConvexError` where the function threw one."""
        return self._call("query", function, args)

    def mutation(self, function: Reference, args: Arguments = None) -> Any:
        """Run a mutation and commit it; its result. Raises as `query` does."""
        return self._call("mutation", function, args)

    def action(self, function: Reference, args: Arguments = None) -> Any:
        """Run an action; its result. The clock moves by what it waits for. Raises as `query` does."""
        return self._call("action", function, args)

    def run(self, function: Reference, args: Arguments = None) -> Any:
        """Run a function of whatever kind it is; its result. Raises as `query` does."""
        return self._call(None, function, args)

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json: Any = msgspec.UNSET,
        body: str | bytes | None = None,
    ) -> HttpResponse:
        """Send a request to the deployment; the response, whatever its status. Give `json` or `body`, or neither.

        A path (`/hook`) is one of the project's HTTP actions; a whole URL, such as one that `ctx.storage` gave, is
        whatever it is. Who sends it is told by its `Authorization` header, which a user's requests have by themselves.
        The clock moves by what the handler waits for.
        """
        self._deployment._require_open()
        made = self.request(url, method=method, headers=headers, json=json, body=body)
        return self._deployment._await(self._deployment._respond(made), f"{made.method} {made.url}")

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json: Any = msgspec.UNSET,
        body: str | bytes | None = None,
    ) -> Request:
        """A request that is not sent yet, for `convex.concurrently` and `convex.deliver`; arguments as for `fetch`."""
        given = dict(headers or {})
        if isinstance(self._identity, Mapping) and "authorization" not in map(str.lower, given):
            given["authorization"] = f"Bearer {self.token}"
        return Request(url, method, given or None, json, body)

    def call(self, function: Reference, args: Arguments = None) -> Call:
        """A call that is not run yet, for `convex.concurrently`."""
        return Call(function_path(function), args or {}, self._identity, self._admin)

    @property
    def token(self) -> str:
        """What a user's requests have in their `Authorization` header, after `Bearer`; others have none."""
        if not isinstance(self._identity, Mapping):
            raise UsageError("only a user has a token: convex.as_user(subject=…).token")
        return token_of(self._identity)

    def subscribe(self, function: Reference, args: Arguments = None) -> Subscription:
        """Subscribe to a query: it runs now, and again whenever a commit touches what it read (semantics §6.5).

        An error of the query is a result like any other. Raises `FunctionError` when there is no such query.
        """
        return self._deployment._subscribe(function, args, self._identity, admin=self._admin)

    def _call(self, kind: str | None, reference: Reference, args: Arguments) -> Any:
        return self._deployment._invoke(kind, reference, args, self._identity, admin=self._admin)
