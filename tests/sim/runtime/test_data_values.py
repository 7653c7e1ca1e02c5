"""Values on their way through documents, and what no document may hold (semantics §2)."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, Int64
from biconvex.sim.values.surrogates import lone_surrogate

# A backend that makes values which no caller could pass.
TYPESCRIPT = """
const nested = (depth: number): any => { let made: any = 1; for (let level = 0; level < depth; level++) made = [made]; return made; };
const MAKERS: Record<string, () => any> = {
  bytes: () => "x".repeat(1048509),
  one_byte_more: () => "x".repeat(1048510),
  long_array: () => Array.from({ length: 8192 }, () => 0),
  too_long_array: () => Array.from({ length: 8193 }, () => 0),
  nested_15: () => nested(15),
  nested_16: () => nested(16),
  nested_64: () => nested(64),
  nested_65: () => nested(65),
  fields: () => Object.fromEntries(Array.from({ length: 1024 }, (_, n) => [`f${n}`, n])),
  too_many_fields: () => Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`f${n}`, n])),
  surrogate: () => "\\ud800",
  pair: () => "\\ud83d\\ude00",
  dollar: () => ({ $price: 1 }),
  accent: () => ({ prix_é: 1 }),
  control: () => ({ "a\\tb": 1 }),
  long_name: () => ({ ["x".repeat(1024)]: 1 }),
  too_long_name: () => ({ ["x".repeat(1025)]: 1 }),
  odd_names: () => ({ "": 1, "a b": 2, "a.b": 3, _c: 4, "~": 5 }),
  hole: () => [1, undefined],
  nothing_inside: () => ({ kept: 1, dropped: undefined }),
  date: () => new Date(0),
  large_int: () => 2n ** 63n,
};
export const store = mutation({ args: { what: v.string() }, handler: async (ctx, { what }) => await ctx.db.insert("things", { a: MAKERS[what]() }) });
export const give = query({ args: { what: v.string() }, handler: async (_ctx, { what }) => MAKERS[what]() });
"""
PYTHON = """
from datetime import date

def nested(depth):
    made = 1
    for _ in range(depth):
        made = [made]
    return made

MAKERS = {
    "bytes": lambda: "x" * 1048509,
    "one_byte_more": lambda: "x" * 1048510,
    "long_array": lambda: [0] * 8192,
    "too_long_array": lambda: [0] * 8193,
    "nested_15": lambda: nested(15),
    "nested_16": lambda: nested(16),
    "nested_64": lambda: nested(64),
    "nested_65": lambda: nested(65),
    "fields": lambda: {f"f{n}": n for n in range(1024)},
    "too_many_fields": lambda: {f"f{n}": n for n in range(1025)},
    "surrogate": lambda: "\\ud800",
    "pair": lambda: "\\U0001f600",
    "dollar": lambda: {"$price": 1},
    "accent": lambda: {"prix_é": 1},
    "control": lambda: {"a\\tb": 1},
    "long_name": lambda: {"x" * 1024: 1},
    "too_long_name": lambda: {"x" * 1025: 1},
    "odd_names": lambda: {"": 1, "a b": 2, "a.b": 3, "_c": 4, "~": 5},
    "hole": lambda: [1, UNDEFINED],
    "nothing_inside": lambda: {"kept": 1, "dropped": UNDEFINED},
    "date": lambda: date(1970, 1, 1),
    "large_int": lambda: Int64(2**63),
}

@mutation(args={"what": v.string()})
async def store(ctx, args): return await ctx.db.insert("things", {"a": MAKERS[args["what"]]()})

@query(args={"what": v.string()})
async def give(ctx, args): return MAKERS[args["what"]]()
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend)


@pytest.fixture
def makers(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0.0, -0.0, 1.0, 1.5, -1e300, 5e-324, 2.0**53, 2.0**53 + 2, math.inf, -math.inf, math.nan,
        Int64(0), Int64(-1), Int64(2**63 - 1), Int64(-(2**63)), "", "a", "é", "\U0001f600", "\x00", "a\nb",
        b"", b"\x00\xff", [], [None, [1.0]], {}, {"a": {"b": [Int64(1), 1.0, b"x", -0.0]}},
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back_from_a_document_as_it_was(convex: Deployment, value: Any) -> None:
    _, found = kit.write(convex, ["insert", "things", {"a": value}], ["get", "@0"])
    stored = convex.db.table("things")[0]["a"]
    for seen in (found["a"], kit.look(convex, ["get", found["_id"]])["a"], stored):
        assert (type(seen), repr(seen)) == (type(value), repr(value))


def test_integers_and_floats_of_the_same_size_are_different_values(convex: Deployment) -> None:
    kit.write(convex, ["insert", "things", {"a": 1}], ["insert", "things", {"a": Int64(1)}])
    found = [
        kit.look(convex, ["collect", kit.query("things", "by_a", ["eq", "a", one])])
        for one in (1.0, Int64(1))
    ]
    assert [[document["a"] for document in documents] for documents in found] == [[1.0], [Int64(1)]]
    assert [type(documents[0]["a"]) for documents in found] == [float, Int64]


def test_the_order_of_values_is_that_of_their_types_and_then_their_own(convex: Deployment) -> None:
    in_order = [
        None, Int64(-1), Int64(2), -math.inf, -1.0, -0.0, 0.0, 1.0, math.inf, math.nan, False, True,
        "", "A", "a", "é", "\uffff", "\U00010000", b"", b"\x00", b"\xff", [], [None], [1.0], [1.0, 2.0], [2.0],
        {}, {"a": 1.0}, {"a": 1.0, "b": 1.0}, {"a": 2.0}, {"b": 0.0},
    ]  # fmt: skip
    kit.write(convex, *(["insert", "things", {"a": value}] for value in reversed(in_order)))
    kit.write(convex, ["insert", "things", {"b": "without"}])
    found = kit.look(convex, ["collect", kit.query("things", "by_a")])
    assert [repr(document.get("a", "missing")) for document in found] == [
        repr("missing"),
        *map(repr, in_order),
    ]
    backwards = kit.look(convex, ["collect", kit.query("things", "by_a", steps=[["order", "desc"]])])
    assert repr(backwards) == repr(found[::-1])


def test_fields_come_back_in_the_order_of_their_names(convex: Deployment) -> None:
    _, found = kit.write(convex, ["insert", "things", {"b": {"z": 1, "y": 2}, "a": 1}], ["get", "@0"])
    assert [list(found), list(found["b"])] == [["_creationTime", "_id", "a", "b"], ["y", "z"]]


def test_a_document_is_the_functions_own_copy(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const spoil = mutation({
          args: {},
          handler: async (ctx) => {
            const value = { list: [1] };
            const id = await ctx.db.insert("things", value);
            value.list.push(2);
            const first: any = await ctx.db.get(id);
            first.list.push(3);
            return [await ctx.db.get(id), await ctx.db.query("things").first()].map((found: any) => found.list);
          },
        });
        """,
        python="""
        @mutation(args={})
        async def spoil(ctx, args):
            value = {"list": [1]}
            id = await ctx.db.insert("things", value)
            value["list"].append(2)
            first = await ctx.db.get(id)
            first["list"].append(3)
            return [found["list"] for found in (await ctx.db.get(id), await ctx.db.query("things").first())]
        """,
    )
    assert convex.mutation("m:spoil") == [[1], [1]]


# What is too large, too deep or has no place in a document.


@pytest.mark.parametrize(
    "what", ["bytes", "long_array", "nested_15", "fields", "pair", "long_name", "odd_names"]
)
def test_a_value_at_the_limit_is_stored(makers: Deployment, what: str) -> None:
    makers.mutation("m:store", {"what": what})
    assert makers.db.table("things")[0]["a"] == makers.query("m:give", {"what": what})


def test_a_document_of_a_mebibyte_and_a_byte_is_refused(makers: Deployment) -> None:
    assert kit.failure_of(lambda: makers.mutation("m:store", {"what": "one_byte_more"})) == (
        "Uncaught Error: Value is too large (1.00 MiB > maximum size 1 MiB)"
    )
    assert makers.db.table("things") == []


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "too_long_array",
            "Invalid argument `value` for `db.insert`: Array length is too long (8193 > maximum length 8192)",
        ),
        (
            "too_many_fields",
            "Invalid argument `value` for `db.insert`: Object has too many fields (1025 > maximum number 1024)",
        ),
        (
            "nested_65",
            "Invalid argument `value` for `db.insert`: Value is too nested (nested 65 levels deep > maximum nesting 64)",
        ),
    ],
)
def test_what_exceeds_a_limit_on_values_is_refused(makers: Deployment, what: str, message: str) -> None:
    assert kit.failure_of(lambda: makers.mutation("m:store", {"what": what})) == f"Uncaught Error: {message}"


def test_a_document_nested_17_deep_is_refused(makers: Deployment) -> None:
    message = kit.failure_of(lambda: makers.mutation("m:store", {"what": "nested_16"}))
    assert message.startswith("Uncaught Error: Document(value: {_creationTime: 1767225600000.0, _id: ")
    assert message.endswith(
        ", a: " + "[" * 16 + "1.0" + "]" * 16 + "}) isn't a valid document: "
        "Document is too nested (nested 17 levels deep > maximum nesting 16)"
    )


@pytest.mark.parametrize("what", ["nested_64", "long_array", "fields"])
def test_a_result_may_be_what_no_document_is(makers: Deployment, what: str) -> None:
    assert makers.query("m:give", {"what": what}) is not None


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("too_long_array", "Array length is too long (8193 > maximum length 8192)"),
        ("nested_65", "Value is too nested (nested 65 levels deep > maximum nesting 64)"),
        ("too_many_fields", "Object has too many fields (1025 > maximum number 1024)"),
    ],
)
def test_a_result_beyond_the_limits_on_values_fails(makers: Deployment, what: str, message: str) -> None:
    assert message in kit.failure_of(lambda: makers.query("m:give", {"what": what}))


@pytest.mark.parametrize("function", ["m:store", "m:give"])
@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("dollar", "Field name $price starts with {a }'$', which is reserved."),
        (
            "accent",
            (
                "Field name prix_é has invalid character 'é': "
                "Field names can only contain non-control ASCII characters"
            ),
        ),
        (
            "control",
            (
                "Field name a\tb has invalid character '{tab}': "
                "Field names can only contain non-control ASCII characters"
            ),
        ),
        ("too_long_name", "{long}"),
    ],
)
def test_a_field_name_that_convex_has_no_place_for_is_refused(
    makers: Deployment, language: str, function: str, what: str, message: str
) -> None:
    # The npm package and the backend each have words of their own for it.
    words = {
        "typescript": {
            "a ": "a ",
            "tab": "\t",
            "long": f"Field name {'x' * 1025} exceeds maximum field name length 1024.",
        },
        "python": {"a ": "", "tab": r"\t", "long": "Field name is too long (1025 > maximum 1024)"},
    }[language]
    for name, word in words.items():
        message = message.replace(f"{{{name}}}", word)
    assert kit.failure_of(lambda: makers.run(function, {"what": what})) == f"Uncaught Error: {message}"


def test_a_hole_in_an_array_is_refused_with_its_path(makers: Deployment) -> None:
    for function, path, whole in (
        ("m:store", ".a[1]", '{"a":[1,"undefined"]}'),
        ("m:give", "[1]", '[1,"undefined"]'),
    ):
        assert kit.failure_of(lambda f=function: makers.run(f, {"what": "hole"})) == (
            f"Uncaught Error: undefined is not a valid Convex value (present at path {path} in original object "
            f"{whole}). To learn about Convex's supported types, see https://docs.convex.dev/using/types."
        )


def test_an_undefined_field_is_left_out_at_any_depth(makers: Deployment) -> None:
    makers.mutation("m:store", {"what": "nothing_inside"})
    assert (
        makers.db.table("things")[0]["a"] == makers.query("m:give", {"what": "nothing_inside"}) == {"kept": 1}
    )


def test_a_value_of_a_type_that_convex_has_not_is_refused(makers: Deployment, language: str) -> None:
    shown = 'Date "1970-01-01T00:00:00.000Z"' if language == "typescript" else "date"
    assert kit.failure_of(lambda: makers.query("m:give", {"what": "date"})) == (
        f"Uncaught Error: {shown} is not a supported Convex type."
    )


def test_an_integer_of_more_than_64_bits_is_refused(makers: Deployment) -> None:
    assert kit.failure_of(lambda: makers.mutation("m:store", {"what": "large_int"})) == (
        "Uncaught Error: BigInt 9223372036854775808 does not fit into a 64-bit signed integer."
    )


def test_a_lone_surrogate_is_no_text(makers: Deployment, language: str) -> None:
    stored, given = (
        kit.failure_of(lambda f=function: makers.run(f, {"what": "surrogate"}))
        for function in ("m:store", "m:give")
    )
    if language == "typescript":
        assert (
            stored
            == "Uncaught Error: Received invalid json: unexpected end of hex escape at line 1 column 39"
        )
        assert given == (
            "Function m.js:give failed. Could not parse return value as json: "
            "unexpected end of hex escape at line 1 column 8"
        )
    else:
        refused = "A string with a lone surrogate (U+D800 at index 0) is not a supported Convex value"
        assert given == f"Uncaught Error: {refused}."
        assert stored.startswith(f"Uncaught Error: Invalid argument `value` for `db.insert`: {refused}")


@pytest.mark.parametrize("language", ["typescript"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\ud800", "unexpected end of hex escape at line 1 column 34"),
        ("\udc00", "lone leading surrogate in hex escape at line 1 column 33"),
        ("\ud800\ud800", "lone leading surrogate in hex escape at line 1 column 39"),
        ("\udc00\ud800", "lone leading surrogate in hex escape at line 1 column 33"),
        ("\ud800\n", "unexpected end of hex escape at line 1 column 35"),
        ("é\ud800b", "unexpected end of hex escape at line 1 column 36"),
        ("\U0001f600\ud800", "unexpected end of hex escape at line 1 column 38"),
    ],
    ids=ascii,
)
def test_half_a_surrogate_pair_is_told_as_the_backends_json_library_does(
    backend: Any, text: str, problem: str
) -> None:
    convex = backend(
        typescript=f"""
        export const store = mutation({{
          args: {{}},
          handler: async (ctx) => await ctx.db.insert("a" as any, {{ k: {json.dumps(text)} }}).catch(({{ message }}) => message),
        }});
        """,
        python="",
    )
    assert convex.mutation("m:store") == f"Received invalid json: {problem}"
    written = re.sub(
        r"[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):x}", json.dumps(text, ensure_ascii=False)
    )
    assert lone_surrogate(f'{{"table":"a","value":{{"k":{written}}}}}') == problem


@pytest.mark.parametrize("text", ["plain", "\\ud800", "\U0001f600", '"\\u'], ids=ascii)
def test_whole_pairs_and_what_looks_like_an_escape_are_text(convex: Deployment, text: str) -> None:
    assert kit.write(convex, ["insert", "things", {"a": text}], ["get", "@0"])[1]["a"] == text
    assert lone_surrogate(json.dumps(text)) is None


def test_messages_and_logs_show_half_a_pair_as_the_replacement_character(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const fail = query({ args: {}, handler: async () => { console.log("a\\ud800"); throw new Error("b\\ud800"); } });
        """,
        python="""
        @query(args={})
        async def fail(ctx, args):
            console.log("a\\ud800")
            raise Exception("b\\ud800")
        """,
    )
    with pytest.raises(FunctionError) as caught:
        convex.query("m:fail")
    assert caught.value.message.startswith("Uncaught Error: b\ufffd")
    assert caught.value.logs == ("[LOG] 'a\ufffd'",)
    assert len(convex.trace.digest) == 32


@pytest.mark.parametrize("language", ["typescript"])
def test_a_convex_error_loses_data_that_is_no_text(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const fail = query({ args: {}, handler: async () => { throw new ConvexError({ k: "\\ud800" }); } });
        """,
        python="",
    )
    with pytest.raises(FunctionError) as caught:
        convex.query("m:fail")
    assert not isinstance(caught.value, ConvexError)
    assert caught.value.message.startswith('Uncaught ConvexError: {"k":"\\ud800"}')
