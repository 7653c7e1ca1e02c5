"""The deployment's documents, for tests to look at and to start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from biconvex.sim.values import DeveloperError, FunctionError, from_python

if TYPE_CHECKING:
    from biconvex.sim.runtime import Runtime

__all__ = ["Tables"]


class Tables:
    """`convex.db`: committed documents. What it answers are copies."""

    def __init__(self, runtime: Runtime, component: str = "") -> None:
        """Those of the app, or of the component at a path."""
        self._runtime = runtime
        self._component = component

    @property
    def names(self) -> list[str]:
        """The user tables that exist, in order of their creation."""
        return self._runtime.store.tables_of(self._component).names()

    def table(self, name: str) -> list[dict[str, Any]]:
        """All documents of a table in creation order; `_scheduled_functions` is one as well."""
        return self._runtime.store.documents(name, self._component)

    def get(self, document_id: str) -> dict[str, Any] | None:
        """A document by its id, or None."""
        transaction = self._runtime.begin(writable=False)
        try:
            found = transaction.inside(self._component).get(document_id)
            return None if found is None else from_python(found.value)  # type: ignore[return-value]
        except DeveloperError as error:
            raise FunctionError(error.message, code=error.code) from None
        finally:
            transaction.discard()

    def insert(self, table: str, document: Mapping[str, Any]) -> str:
        """Insert a document without a function, the schema applying; its id.

        Raises `FunctionError` with Convex's own message when the document doesn't fit.
        """
        transaction = self._runtime.begin()
        try:
            value: Any = from_python(dict(document))
            if self._runtime.value_limits is not None:
                self._runtime.value_limits.check(value)
            document_id = transaction.inside(self._component).insert(table, value)
            self._runtime.commit(transaction, source="test")
        except DeveloperError as error:
            raise FunctionError(error.message, code=error.code) from None
        else:
            # Somebody may have subscribed to what has changed.
            self._runtime.kernel.settle()
            return document_id
        finally:
            transaction.discard()
