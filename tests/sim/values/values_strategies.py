"""Hypothesis strategies of Convex values and validators, and a few tables."""

from __future__ import annotations

import struct
from typing import Any

from biconvex.sim.values import MAX_INT64, MIN_INT64, Int64, encode_id, v
from hypothesis import strategies as st

TABLES = {"users": 10001, "tasks": 10002, "_storage": 540}


class KnownTables:
    """The tables of `TABLES`."""

    def number_of(self, name: str) -> int | None:
        return TABLES.get(name)

    def name_of(self, number: int) -> str | None:
        return next((name for name, known in TABLES.items() if known == number), None)


tables = KnownTables()


def id_of(table: str, internal: bytes = bytes(16)) -> str:
    """An id of a document of `table`."""
    return encode_id(TABLES[table], internal)


def float_of(bits: int) -> float:
    """The float of these 64 bits."""
    number: float = struct.unpack(">d", struct.pack(">Q", bits))[0]
    return number


def bits_of(number: float) -> int:
    """The 64 bits of a float."""
    bits: int = struct.unpack(">Q", struct.pack(">d", number))[0]
    return bits


texts = st.text(max_size=12) | st.text("a\x00\x01\xff\ue000\U0001f600", max_size=4)
names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=6).filter(
    lambda name: not name.startswith("$")
)
floats = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0**53, 5e-324, 1e16, 1e300])
int64s = (st.integers(MIN_INT64, MAX_INT64) | st.integers(-300, 300)).map(Int64)
scalars = st.none() | st.booleans() | floats | int64s | texts | st.binary(max_size=9)


def containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Arrays and objects of `children`, canonical."""
    objects = st.dictionaries(names, children, max_size=4).map(lambda fields: dict(sorted(fields.items())))
    return st.lists(children, max_size=4) | objects


values = st.recursive(scalars, containers, max_leaves=10)

identifiers = st.sampled_from(["a", "b", "name", "_private", "Zed", "a1"])
literals = st.booleans() | texts | int64s | st.floats(allow_nan=False, allow_infinity=False)
_leaves = st.sampled_from(
    [
        v.null(),
        v.number(),
        v.int64(),
        v.commit_ts(),
        v.boolean(),
        v.string(),
        v.bytes(),
        v.any(),
        v.id("users"),
        v.id("_storage"),
    ]
) | literals.map(v.literal)
_keys = st.sampled_from([v.string(), v.id("tasks"), v.union(v.id("users"), v.string())])


def _compound(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = children | children.map(v.optional)
    return (
        children.map(v.array)
        | st.lists(children, max_size=3).map(lambda members: v.union(*members))
        | st.builds(v.record, _keys, children)
        | st.dictionaries(identifiers, fields, max_size=3).map(v.object)
    )


validators = st.recursive(_leaves, _compound, max_leaves=8)
