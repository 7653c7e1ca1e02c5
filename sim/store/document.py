"""Documents as the store keeps them: immutable, with their size, their index keys and their JSON text.

A store may hold many of them, so they are kept small: names are shared, values are a tuple.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from biconvex.sim.values import Int64, dumps, index_key

__all__ = ["Document", "after_key", "after_prefix", "by_id_key", "value_at"]

_CREATION_TIME_KEY_LENGTH: Final = len(index_key(1.0))


class Document(msgspec.Struct, gc=False, eq=False):
    """One version of a document. Nothing of it may be changed.

    `names` are its fields in order, `_id` and `_creationTime` among them, and `values` what they hold. `size` is in
    bytes (semantics §2.1). `keys` are its keys in the indexes of its table: by_creation_time first, then the indexes
    of the schema in their order.
    """

    id: str
    table: str
    names: tuple[str, ...]
    values: tuple[Any, ...]
    size: int
    keys: tuple[bytes, ...]
    _json: str | None = None

    @classmethod
    def of(
        cls, document_id: str, table: str, fields: dict[str, Any], size: int, keys: tuple[bytes, ...]
    ) -> Document:
        """The document that has these fields, in order; `fields` may be used for something else afterwards."""
        # Most documents of a table have the same fields, and many the same short texts: those are kept once.
        if len(_NAMES) >= _MOST_SHARED:
            _NAMES.clear()
        if len(_TEXTS) >= _MOST_SHARED:
            _TEXTS.clear()
        names = tuple(fields)
        names = _NAMES.setdefault(names, names)
        share = _TEXTS.setdefault
        values = tuple(
            [
                share(member, member) if type(member) is str and len(member) <= _SHORT else member
                for member in fields.values()
            ]
        )
        return cls(document_id, table, names, values, size, keys)

    @property
    def value(self) -> dict[str, Any]:
        """All fields as an object, made anew."""
        return dict(zip(self.names, self.values, strict=True))

    @property
    def json(self) -> str:
        """The document in Convex's wire encoding, as JSON text; made once."""
        text = self._json
        if text is None:
            text = self._json = dumps(self.value)
        return text

    @property
    def may_be_pending(self) -> bool:
        """Whether `db.vars.commitTs` may be in it: most documents have nothing but plain fields."""
        return not _PLAIN.issuperset(map(type, self.values))

    @property
    def creation_time(self) -> float:
        """`_creationTime`, in milliseconds."""
        time: float = self.values[self.names.index("_creationTime")]
        return time


# Forgetting what is shared costs memory and no more.
_MOST_SHARED: Final = 4096
_NAMES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
_TEXTS: Final[dict[str, str]] = {}
_SHORT: Final = 24
_PLAIN: Final = frozenset((str, float, bool, Int64, bytes, type(None)))


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
