"""`ctx.meta`: what a function may learn of its transaction, itself, its deployment and its request.

The methods are those of the npm package in snake_case; what they answer has the fields that it has in TypeScript.
"""

from __future__ import annotations

from typing import Any, ClassVar

from biconvex.sim.server.link import Link
from biconvex.sim.server.operation import operation
from biconvex.sim.values import Int64, from_json

__all__ = ["ActionMeta", "MutationMeta", "QueryMeta"]

Fields = dict[str, Any]


class _Meta:
    _kind: ClassVar[str]

    def __init__(self, link: Link) -> None:
        self._link = link

    @operation("ctx.meta.get_function_metadata")
    async def get_function_metadata(self) -> Fields:
        """The function: `name` (its path), `componentPath`, `type` and `visibility`."""
        found: Fields = await self._link.call("1.0/getFunctionMetadata", {})
        return {**found, "type": self._kind, "visibility": self._link.visibility}

    @operation("ctx.meta.get_deployment_metadata")
    async def get_deployment_metadata(self) -> Fields:
        """The deployment: `name`, `region` and `class`."""
        found: Fields = await self._link.call("1.0/getDeploymentMetadata", {})
        return found


class _RequestMeta(_Meta):
    @operation("ctx.meta.get_request_metadata")
    async def get_request_metadata(self) -> Fields:
        """The request that led here: `ip`, `userAgent`, `requestId`, `scheduledFunctionId`, `authToken`."""
        found: Fields = await self._link.call("1.0/getRequestMetadata", {})
        return found


class QueryMeta(_Meta):
    """`ctx.meta` of a query."""

    _kind = "query"

    @operation("ctx.meta.get_transaction_metrics")
    async def get_transaction_metrics(self) -> Fields:
        """What the transaction has used and has left: `documentsRead`, `bytesRead`, … each `used` and `remaining`."""
        found: Any = from_json(await self._link.call("1.0/getTransactionMetrics", {}))
        return dict(found)

    def get_snapshot_ts(self) -> Int64:
        """The timestamp of the snapshot that the transaction reads."""
        found: Any = from_json(self._link.sync("1.0/getSnapshotTs", {}))
        return Int64(found)


class MutationMeta(QueryMeta, _RequestMeta):
    """`ctx.meta` of a mutation."""

    _kind = "mutation"


class ActionMeta(_RequestMeta):
    """`ctx.meta` of an action."""

    _kind = "action"
