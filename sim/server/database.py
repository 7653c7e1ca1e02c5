"""`ctx.db`: reading and writing documents (semantics §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from biconvex.sim.server.link import Link
from biconvex.sim.server.operation import operation
from biconvex.sim.server.query import Document, TableQuery
from biconvex.sim.values import UNDEFINED, DeveloperError, Undefined, from_json, patch_to_json, to_json

__all__ = ["DatabaseReader", "DatabaseWriter"]

# What the backend checks once it has the value, and not the package: its errors name the argument.
_OF_THE_BACKEND: Final = frozenset({"ArrayTooLong", "TooManyFieldsError", "TooNestedError"})


class DatabaseReader:
    """`ctx.db` of a query."""

    def __init__(self, link: Link, *, system: bool = False) -> None:
        self._link = link
        self._is_system = system
        if not system:
            self.system = DatabaseReader(link, system=True)

    @operation("ctx.db.get")
    async def get(self, table_or_id: str, document_id: str | Undefined = UNDEFINED) -> Document | None:
        """A document by id, or by table and id; None if there is none."""
        given = table_or_id if document_id is UNDEFINED else document_id
        if given is UNDEFINED:
            raise TypeError("Must provide arg 1 `id` to `get`")
        if not isinstance(given, str):
            raise RuntimeError(  # noqa: TRY004 - it is an Error in JavaScript
                f"Invalid argument `id` for `db.get`, expected string but got '{type(given).__name__}': {given}"
            )
        call = {"id": given, "isSystem": self._is_system, "version": "python"}
        if document_id is not UNDEFINED:
            call["table"] = table_or_id
        found: Any = from_json(await self._link.call("1.0/get", call))
        return None if found is None else dict(found)

    def query(self, table: str) -> TableQuery:
        """Begin a query over a table."""
        self._check_table(table, "query")
        return TableQuery(self._link, table)

    def normalize_id(self, table: str, text: str) -> str | None:
        """The id in its canonical form if it is one of the table's, else None."""
        self._check_table(table, "normalizeId")
        answer = self._link.sync("1.0/db/normalizeId", {"table": table, "idString": text})
        found: str | None = answer["id"]
        return found

    def _check_table(self, table: str, operation: str) -> None:
        is_system = table.startswith("_")
        if is_system != self._is_system:
            raise RuntimeError(
                f"{'System' if is_system else 'User'} tables can only be accessed from "
                f"db.{'' if self._is_system else 'system.'}{operation}()."
            )


class DatabaseWriter(DatabaseReader):
    """`ctx.db` of a mutation."""

    @operation("ctx.db.insert")
    async def insert(self, table: str, value: Mapping[str, Any]) -> str:
        """Insert a document; its id."""
        if table.startswith("_"):
            raise RuntimeError("System tables (prefixed with `_`) are read-only.")
        answer = await self._link.call("1.0/insert", {"table": table, "value": _encoded(value, "db.insert")})
        document_id: str = answer["_id"]
        return document_id

    @operation("ctx.db.patch")
    async def patch(self, *place: Any) -> None:
        """`patch(id, fields)` or `patch(table, id, fields)`: set some fields; `UNDEFINED` takes one away."""
        call, value = self._address("patch", place, 2)
        call["value"] = _encoded(value, "db.patch", _patch_to_json)
        await self._link.call("1.0/shallowMerge", call)

    @operation("ctx.db.replace")
    async def replace(self, *place: Any) -> None:
        """`replace(id, document)` or `replace(table, id, document)`: put another body in its place."""
        call, value = self._address("replace", place, 2)
        call["value"] = _encoded(value, "db.replace")
        await self._link.call("1.0/replace", call)

    @operation("ctx.db.delete")
    async def delete(self, *place: str) -> None:
        """`delete(id)` or `delete(table, id)`: take a document away."""
        call, _ = self._address("delete", place, 1)
        await self._link.call("1.0/remove", call)

    def _address(self, op: str, place: tuple[Any, ...], least: int) -> tuple[dict[str, Any], Any]:
        if not least <= len(place) <= least + 1:
            raise TypeError(f"`{op}` takes {least} or {least + 1} arguments, got {len(place)}")
        call: dict[str, Any] = {"table": place[0]} if len(place) > least else {}
        document_id, value = place[-least], place[-1]
        if document_id is UNDEFINED:
            raise TypeError(f"Must provide arg 1 `id` to `{op}`")
        if least == 2 and value is UNDEFINED:
            raise TypeError(f"Must provide arg 2 `value` to `{op}`")
        # An id of a wrong type travels as what it is, for Convex to refuse.
        call["id"] = document_id if isinstance(document_id, str) else to_json(document_id)
        return call, value


def _encoded(value: Any, operation: str, encode: Callable[[Any], Any] = to_json) -> Any:
    try:
        return encode(dict(value) if isinstance(value, Mapping) else value)
    except DeveloperError as error:
        if error.code not in _OF_THE_BACKEND:
            raise
        raise DeveloperError(
            error.code, f"Invalid argument `value` for `{operation}`: {error.message}"
        ) from None


def _patch_to_json(value: Any) -> Any:
    return patch_to_json(value) if isinstance(value, dict) else to_json(value)
