"""Documents as the store keeps them: immutable, with their size, their index keys and their JSON text."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from biconvex.sim.values import dumps, index_key

__all__ = ["Document", "after_key", "after_prefix", "by_id_key", "value_at"]

_CREATION_TIME_KEY_LENGTH: Final = len(index_key(1.0))


class Document(msgspec.Struct, gc=False, eq=False):
    """One version of a document. Nothing of it may be changed.

    `value` has all fields, `_id` and `_creationTime` among them. `size` is in bytes (semantics §2.1). `keys` are
    its keys in the indexes of its table: by_creation_time first, then the indexes of the schema in their order.
    """

    id: str
    table: str
    value: dict[str, Any]
    size: int
    keys: tuple[bytes, ...]
    _json: str | None = None

    @property
    def json(self) -> str:
        """The document in Convex's wire encoding, as JSON text; made once."""
        text = self._json
        if text is None:
            text = self._json = dumps(self.value)
        return text

    @property
    def creation_time(self) -> float:
        """`_creationTime`, in milliseconds."""
        time: float = self.value["_creationTime"]
        return time


def value_at(value: Any, path: tuple[str, ...], missing: Any = None) -> Any:
    """What is at `path` in the object `value`; `missing` where there is nothing (semantics §1.7)."""
    for name in path:
        if type(value) is not dict or name not in value:
            return missing
        value = value[name]
    return value


def by_id_key(document: Document) -> bytes:
    """The document's key in by_id, which is the end of its key in by_creation_time."""
    return document.keys[0][_CREATION_TIME_KEY_LENGTH:]


def after_key(key: bytes) -> bytes:
    """The least possible key above `key`, a key of all the fields of an index."""
    return key + b"\x00"


def after_prefix(prefix: bytes) -> bytes:
    """A bound above every key that begins with the fields in `prefix`, and below every other greater key."""
    # No value's key begins with 0xff, but an escaped zero byte does go on with it: "a\0" must stay above "a".
    return prefix + b"\xff"
