"""Function handles: texts by which functions of other components can be called (semantics §12.4)."""

from __future__ import annotations

from typing import Any

from biconvex.sim.server.link import Link, current_link
from biconvex.sim.server.operation import Operation
from biconvex.sim.server.references import FunctionReference, function_address

__all__ = ["create_function_handle"]


def create_function_handle(reference: FunctionReference | str) -> Operation[str]:
    """The handle of a function: a text that stands for it wherever a function is called or scheduled.

    It may be passed to a component, which can't refer to the functions of the app by itself, and be kept in documents.
    """
    link = current_link("create_function_handle")
    return Operation(_create(link, function_address(reference)), "create_function_handle", link, depth=2)


async def _create(link: Link, address: dict[str, Any]) -> str:
    handle: str = await link.call("1.0/createFunctionHandle", address)
    return handle
