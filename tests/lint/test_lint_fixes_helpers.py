"""The edits that rules make: exact in both languages, with comments and layout as they were."""

from __future__ import annotations

import pytest
from biconvex.lint.analysis import build_from_sources
from biconvex.lint.declarations import Place
from biconvex.lint.finding import Edit
from biconvex.lint.fixes import (
    delete,
    delete_property,
    import_beside,
    import_from,
    insert_after,
    insert_before,
    insert_option,
    insert_property,
    place_of,
    rename_member,
    rename_property,
    replace,
    replace_string,
    to_object_syntax,
)
from biconvex.lint.fixes.apply import edited
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Call, Member, Object, walk

TS, PY = "tasks.ts", "tasks.py"


def _source(text: str, path: str = TS) -> SourceFile:
    return SourceFile(path, "python" if path.endswith(".py") else "typescript", text.encode())


def _done(source: SourceFile, *edits: Edit) -> str:
    return edited(source.data, edits).decode()


def _objects(source: SourceFile) -> list[Object]:
    return [node for node in walk(parse(source).module) if isinstance(node, Object)]


# --- at a place --------------------------------------------------------------------------------------------


def test_text_is_put_before_after_and_in_place_of_code() -> None:
    source = _source("a(b(c));")
    (inner,) = (
        place_of(source, node)
        for node in walk(parse(source).module)
        if isinstance(node, Call) and source.text(node.start, node.end) == "b(c)"
    )
    assert _done(source, insert_before(inner, "await ")) == "a(await b(c));"
    assert _done(source, insert_after(inner, ".d")) == "a(b(c).d);"
    assert _done(source, replace(inner, "e")) == "a(e);"
    assert _done(source, delete(inner)) == "a();"


def test_a_member_is_renamed_in_the_spelling_of_its_language() -> None:
    for path, before, after in (
        (TS, "ctx . runQuery(a);", "ctx . runMutation(a);"),
        (TS, "ctx?.runQuery(a);", "ctx?.runMutation(a);"),
        (PY, "ctx.run_query(a)\n", "ctx.run_mutation(a)\n"),
    ):
        source = _source(before, path)
        (member,) = (node for node in walk(parse(source).module) if isinstance(node, Member))
        assert _done(source, rename_member(source, member, "runMutation")) == after


# --- properties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "before", "at", "after"),
    [
        (TS, "f({ a: 1, b: 2, c: 3 });", 0, "f({ b: 2, c: 3 });"),
        (TS, "f({ a: 1, b: 2, c: 3 });", 1, "f({ a: 1, c: 3 });"),
        (TS, "f({ a: 1, b: 2, c: 3 });", 2, "f({ a: 1, b: 2 });"),
        (TS, "f({ a: 1, b: 2, });", 1, "f({ a: 1, });"),
        (TS, "f({ a: 1 });", 0, "f({});"),
        (TS, "f({a: 1});", 0, "f({});"),
        (
            TS,
            "f({\n  a: 1, // the first\n  // the second\n  b: 2,\n});",
            0,
            "f({\n  // the second\n  b: 2,\n});",
        ),
        (TS, "f({\n  a: 1,\n  b: {\n    c: 1,\n  },\n  ...d,\n});", 1, "f({\n  a: 1,\n  ...d,\n});"),
        (TS, "f({\n  a: 1,\n  b: 2\n});", 1, "f({\n  a: 1,\n});"),
        (TS, "f({\r\n  a: 1,\r\n  b: 2,\r\n});", 0, "f({\r\n  b: 2,\r\n});"),
        (TS, "f({ a: 1 /* one, or two */, b: 2 });", 0, "f({ b: 2 });"),
        (TS, "f({ a() { return 1; }, b });", 0, "f({ b });"),
        (PY, 'f({"a": (1), "b": 2})\n', 0, 'f({"b": 2})\n'),
        (PY, 'f({"a": 1, "b": ((2))})\n', 1, 'f({"a": 1})\n'),
        (PY, "f(x, a=1, b=2)\n", 0, "f(x, b=2)\n"),
        (PY, "f(x, a=1, b=(2))\n", 1, "f(x, a=1)\n"),
        (PY, "f(x, a=1)\n", 0, "f(x)\n"),
        (PY, "f(a=1)\n", 0, "f()\n"),
        (PY, "f(\n    a=1,  # one\n    b=2,\n)\n", 0, "f(\n    b=2,\n)\n"),
    ],
)
def test_a_property_is_deleted_with_its_comma_or_line(path: str, before: str, at: int, after: str) -> None:
    source = _source(before, path)
    owner = _objects(source)[0]
    assert _done(source, delete_property(source, owner, owner.properties[at])) == after


def test_only_a_member_of_the_object_can_be_deleted() -> None:
    source = _source("f({ a: { b: 1 } });")
    outer, inner = _objects(source)
    with pytest.raises(ValueError, match="what is to be deleted is no member of the object"):
        delete_property(source, outer, inner.properties[0])


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (TS, "f({ b });", "f({ a: 1, b });"),
        (TS, "f({});", "f({ a: 1 });"),
        (TS, "f({ });", "f({ a: 1 });"),
        (TS, "f({ /* none */ });", "f({ a: 1, /* none */ });"),
        (TS, "f({\n  // first\n  b: 1,\n});", "f({\n  // first\n  a: 1,\n  b: 1,\n});"),
        (TS, "f({\r\n\tb,\r\n});", "f({\r\n\ta: 1,\r\n\tb,\r\n});"),
        (PY, "f({})\n", "f({a: 1})\n"),
    ],
)
def test_a_property_is_inserted_as_the_others_are_laid_out(path: str, before: str, after: str) -> None:
    source = _source(before, path)
    assert _done(source, insert_property(source, _objects(source)[0], "a: 1")) == after


# --- imports -----------------------------------------------------------------------------------------------


def _imported(text: str, path: str = TS) -> tuple[str, str] | None:
    module = build_from_sources({path: text}).modules["tasks"]
    found = import_beside(module, "api", "internal")
    return found and (found.local, _done(module.source, *found.edits))


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (TS, 'import { api } from "./a";\n', 'import { api, internal } from "./a";\n'),
        (TS, 'import { api as all, b } from "./a";\n', 'import { api as all, internal, b } from "./a";\n'),
        (TS, 'import {\n  api,\n  b,\n} from "./a";\n', 'import {\n  api,\n  internal,\n  b,\n} from "./a";\n'),
        (PY, "from a import api\n", "from a import api, internal\n"),
        (PY, "from a import b, api as all, c  # these\n", "from a import b, api as all, internal, c  # these\n"),
        (PY, "from a import (\n    api,\n    b,  # b\n)\n", "from a import (\n    api,\n    internal,\n    b,  # b\n)\n"),
        (PY, "from a import (  # x\n    api,  # y\n\n    b,  # z\n)\n", "from a import (  # x\n    api,  # y\n\n    internal,\n    b,  # z\n)\n"),
        (PY, "from a import (b, api,)\n", "from a import (b, api, internal,)\n"),
    ],
)  # fmt: skip
def test_a_name_is_imported_beside_another(path: str, before: str, after: str) -> None:
    assert _imported(before, path) == ("internal", after)


def test_a_name_that_is_imported_already_is_used_as_it_is() -> None:
    code = 'import { api, internal as ours } from "./a";\n'
    assert _imported(code) == ("ours", code)


@pytest.mark.parametrize(
    "code",
    [
        'import { internal } from "./b";\nimport { api } from "./a";\n',
        'import type { api } from "./a";\n',
        'import * as api from "./a";\n',
        "const api = 1;\n",
    ],
)
def test_a_name_that_would_be_in_the_way_or_has_no_place_is_not_imported(code: str) -> None:
    assert _imported(code) is None


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (TS, "f({ a: 1 });", "f({ b: 1 });"),
        (TS, 'f({ "a" : 1 });', "f({ b: 1 });"),
        (TS, "f({\n  a:\n    1 });", "f({\n  b:\n    1 });"),
        (PY, "f(a=1)\n", "f(b=1)\n"),
        (TS, "f({ a: /* x */ 1 });", None),
        (TS, "f({ [a]: 1 });", None),
        (TS, "f(1);", None),
    ],
)
def test_a_property_is_renamed_by_its_value(path: str, before: str, after: str | None) -> None:
    module = build_from_sources({path: before}).modules["tasks"]
    at = before.index("1")
    edit = rename_property(module, Place(module.source, at, at + 1), "b")
    assert (edit and _done(module.source, edit)) == after


def test_a_string_keeps_its_quotes() -> None:
    source = _source("f('ab', \"ab\", `ab`);")
    places = [Place(source, at, at + 4) for at in (2, 8, 14)]
    assert [edit and _done(source, edit) for edit in (replace_string(place, "ab", "c") for place in places)] == [
        "f('c', \"ab\", `ab`);", "f('ab', \"c\", `ab`);", None,
    ]  # fmt: skip


def _had(
    code: str,
    path: str = TS,
    wanted: str = "convex/values",
    name: str = "ConvexError",
    *,
    type_only: bool = False,
) -> tuple[str, str] | None:
    module = build_from_sources({path: code}).modules["tasks"]
    found = import_from(module, {"typescript": wanted, "python": "a.b"}, name, type_only=type_only)
    return found and (found.local, _done(module.source, *found.edits))


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (TS, 'import { v } from "convex/values";\n', 'import { v, ConvexError } from "convex/values";\n'),
        (TS, "import { a } from './a' // x\n\nf()", "import { a } from './a' // x\nimport { ConvexError } from 'convex/values'\n\nf()"),
        (TS, 'import a from "./a"; f();', 'import a from "./a";\nimport { ConvexError } from "convex/values"; f();'),
        (TS, 'import type { Value } from "convex/values";\n', 'import type { Value } from "convex/values";\nimport { ConvexError } from "convex/values";\n'),
        (TS, 'import * as all from "convex/values";', 'import * as all from "convex/values";\nimport { ConvexError } from "convex/values";'),
        (PY, "from a.b import v\n", "from a.b import v, ConvexError\n"),
        (PY, "from a import (\n    c,\n)  # c\n\nx = 1\n", "from a import (\n    c,\n)  # c\nfrom a.b import ConvexError\n\nx = 1\n"),
        (PY, "if True:\n    from a.b import d\nimport c\n", "if True:\n    from a.b import d\nimport c\nfrom a.b import ConvexError\n"),
    ],
)  # fmt: skip
def test_a_name_is_imported_from_its_source(path: str, before: str, after: str) -> None:
    assert _had(before, path) == ("ConvexError", after)


def test_a_name_that_comes_from_its_source_under_another_is_used_so() -> None:
    code = 'import { v, ConvexError as Refused } from "convex/values";\n'
    assert _had(code) == ("Refused", code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('import { query } from "@/convex/_generated/server";', 'import { query, type QueryCtx } from "@/convex/_generated/server";'),
        ('import type { Id } from "../_generated/server.js";', 'import type { Id, QueryCtx } from "../_generated/server.js";'),
        ('import { a } from "./a";', 'import { a } from "./a";\nimport type { QueryCtx } from "../_generated/server";'),
    ],
)  # fmt: skip
def test_a_type_is_imported_as_a_type(before: str, after: str) -> None:
    assert _had(before, TS, "../_generated/server", "QueryCtx", type_only=True) == ("QueryCtx", after)


@pytest.mark.parametrize(
    "code",
    [
        "const a = 1;\n",
        'import { a } from "./a";\nclass ConvexError {}\n',
        'import { ConvexError } from "./a";\n',
    ],
)
def test_a_name_that_means_something_else_or_has_no_place_is_not_imported_from_its_source(code: str) -> None:
    assert _had(code) is None


# --- registrations -----------------------------------------------------------------------------------------


def _with_args(text: str, path: str = TS) -> str | None:
    (function,) = build_from_sources({path: text}).functions
    edits = insert_option(function, "args", "{}")
    return None if edits is None else _done(function.place.source, *edits)


SERVER = 'import { query } from "./_generated/server";\n'
FROM_SERVER = "from biconvex.sim.server import query\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("query({ handler: f });", "query({ args: {}, handler: f });"),
        ("query({\n  // f\n  handler: f,\n});", "query({\n  // f\n  args: {},\n  handler: f,\n});"),
        ("query({});", "query({ args: {} });"),
        ("query(async (ctx) => 1);", "query({ args: {}, handler: async (ctx) => 1 });"),
        ("query(async (ctx) => 1, );", "query({ args: {}, handler: async (ctx) => 1 }, );"),
        (
            "query(async (ctx) => {\n    // one\n    const a = `\n  b`;\n\n    return a;\n});",
            (
                "query({\n    args: {},\n    handler: async (ctx) => {\n        // one\n        const a = `\n  b`;"
                "\n\n        return a;\n    },\n});"
            ),
        ),
        (
            "query(\n\tasync (ctx) => {\n\t\treturn 1;\n\t},\n);",
            "query(\n\t{\n\t\targs: {},\n\t\thandler: async (ctx) => {\n\t\t\treturn 1;\n\t\t},\n\t},\n);",
        ),
    ],
)  # fmt: skip
def test_an_option_is_added_to_a_registration(before: str, after: str) -> None:
    assert _with_args(f"{SERVER}export const list = {before}\n") == f"{SERVER}export const list = {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@query", "@query(args={})"),
        ("@query()", "@query(args={})"),
        ("@query(  )", "@query(args={})"),
        ("@query(returns=v.null())", "@query(args={}, returns=v.null())"),
        ("@query(\n    returns=1,  # why\n)", "@query(\n    args={},\n    returns=1,  # why\n)"),
    ],
)
def test_an_option_is_added_to_a_decorator(before: str, after: str) -> None:
    handler = "\nasync def list(ctx, args):\n    return 1\n"
    assert _with_args(f"{FROM_SERVER}{before}{handler}", PY) == f"{FROM_SERVER}{after}{handler}"


@pytest.mark.parametrize("registered", ["query(f);", "query(options);", "query(...all);", "query(make());"])
def test_a_registration_whose_options_are_not_in_sight_is_left_alone(registered: str) -> None:
    code = f"{SERVER}const f = async (ctx) => 1;\nconst options = {{ handler: f }};\nexport const list = {registered}\n"
    assert _with_args(code) is None


def test_the_old_syntax_becomes_an_object_with_the_handler_alone() -> None:
    (function,) = build_from_sources(
        {TS: f"{SERVER}export const a = query((ctx, args) => args.x);\n"}
    ).functions
    edits = to_object_syntax(function)
    assert edits is not None
    assert _done(function.place.source, *edits).splitlines()[1] == (
        "export const a = query({ handler: (ctx, args) => args.x });"
    )
