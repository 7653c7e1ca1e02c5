"""What both front ends share: one shape for one program, and an answer to any bytes."""

import pytest
from syntax_dump import misplaced, read, tree

SAME = {
    "a registered mutation's body": (
        """
async function create(ctx, args) {
  const user = await ctx.auth.getUserIdentity();
  if (user === null || !user["name"]) throw ConvexError("who?");
  return await ctx.db.insert("tasks", {...args, "done": false});
}
""",
        """
async def create(ctx, args):
    user = await ctx.auth.get_user_identity()
    if user is None or not user["name"]: raise ConvexError("who?")
    return await ctx.db.insert("tasks", {**args, "done": False})
""",
    ),
    "an index range": (
        'ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", me).gt("at", -1)).order("desc").take(10)',
        'ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", me).gt("at", -1)).order("desc").take(10)',
    ),
    "scheduling in a loop": (
        "for (const [a, ...b] of rows) { await ctx.scheduler.runAfter(5 * 60, internal.a.run_after, {a: a}); }",
        'for [a, *b] in rows: await ctx.scheduler.run_after(5 * 60, internal.a.run_after, {"a": a})',
    ),
    "reading a query lazily": (
        'async function f(ctx) { for await (const row of ctx.db.query("a")) { continue; } }',
        'async def f(ctx):\n    async for row in ctx.db.query("a"): continue',
    ),
    "a schema": (
        'schema = defineSchema({a: defineTable({b: v.id("b")}).index("by_b", ["b"])})',
        'schema.x = defineSchema({"a": defineTable({"b": v.id("b")}).index("by_b", ["b"])})',
    ),
    "errors": (
        "try { a(); } catch (e) { b(e); } finally { c(); }",
        "try: a()\nexcept Exception as e: b(e)\nfinally: c()",
    ),
    "loops and branches": (
        "while (a < 1) { if (b) break; else if (c) { d(); } else { e(); } }",
        "while a < 1:\n  if b: break\n  elif c: d()\n  else: e()",
    ),
    "assignments": ("a.b = 1; a['c'] += 2; [a.d, e] = f", "a.b = 1; a['c'] += 2; [a.d, e] = f"),
    "a template and a conditional": ("f(`a${b}c`, d ? 1 : 2.5)", "f(f'a{b}c', 1 if d else 2.5)"),
    "logic from the left": ("f(a && b && c || d)", "f(a and b and c or d)"),
    "a class": (
        "class A extends B { x = 1; f(self, a = 2) { return this } }",
        "class A(B):\n    x = 1\n    def f(self, a=2): return this",
    ),
    "a generator": ("function* f() { yield 1; yield* g(); }", "def f():\n  yield 1\n  yield from g()"),
    "a switch": (
        "switch (a) { case 1: b(); default: d(); }",
        "match a:\n  case 1: b()\n  case _: d()",
    ),
    "a relative import": ('import { a, b as c } from "./x/y"', "from .x.y import a, b as c"),
    "a namespace import": ('import * as a from "x"', "import x as a"),
}


@pytest.mark.parametrize(("typescript", "python"), SAME.values(), ids=SAME.keys())
def test_the_same_program_has_the_same_tree(typescript: str, python: str) -> None:
    assert tree(typescript) == tree(python, "a.py").replace("(. schema x)", "schema")


@pytest.mark.parametrize("path", ["a.ts", "a.tsx", "a.py"])
class TestBytes:
    def test_an_empty_file_is_an_empty_module(self, path: str) -> None:
        parsed = read("", path)
        assert (parsed.module.body, parsed.comments, parsed.errors) == ([], [], [])

    def test_a_byte_order_mark_is_no_code(self, path: str) -> None:
        text = "\ufefff(a)"
        parsed = read(text, path)
        assert parsed.errors == []
        assert [parsed.source.text(node.start, node.end) for node in parsed.module.body] == ["f(a)"]

    @pytest.mark.parametrize("line_break", ["\r\n", "\n"])
    def test_places_count_bytes_whatever_the_line_breaks(self, path: str, line_break: str) -> None:
        parsed = read(f"f('é'){line_break}{line_break}g(1)", path)
        assert [parsed.source.text(node.start, node.end) for node in parsed.module.body] == ["f('é')", "g(1)"]
        assert [parsed.source.position(node.start).line for node in parsed.module.body] == [1, 3]

    def test_a_null_byte_is_the_only_error(self, path: str) -> None:
        parsed = read(b"f(a)\n\0", path)
        message = "there is a null byte here: this isn't a text file, or a damaged one"
        assert [(each.start, each.end, each.message) for each in parsed.errors] == [(5, 6, message)]
        assert parsed.module.body == []

    def test_what_isnt_utf_8_is_the_only_error(self, path: str) -> None:
        parsed = read("f('é')".encode("latin-1"), path)
        message = "this file isn't UTF-8 (byte 0xe9 here): save it as UTF-8"
        assert [(each.start, each.end, each.message) for each in parsed.errors] == [(3, 4, message)]

    def test_utf_16_is_named(self, path: str) -> None:
        parsed = read("f(a)".encode("utf-16"), path)
        assert [each.message for each in parsed.errors] == ["this file is UTF-16: save it as UTF-8"]

    def test_half_a_character_at_the_end_is_an_error(self, path: str) -> None:
        assert len(read("f('é')".encode()[:4], path).errors) == 1

    def test_there_is_one_error_a_file(self, path: str) -> None:
        parsed = read("= = =\n) ) )\n] ] ]", path)
        assert len(parsed.errors) == 1
        assert misplaced(parsed) == []


def test_old_line_breaks_of_python_count_as_python_counts_them() -> None:
    parsed = read("f(1)\rg(2) # a\rh(3)", "a.py")
    assert [parsed.source.text(node.start, node.end) for node in parsed.module.body] == [
        "f(1)",
        "g(2)",
        "h(3)",
    ]
    assert [each.text for each in parsed.comments] == ["a"]


def test_an_encoding_declaration_changes_no_place() -> None:
    parsed = read("# -*- coding: latin-1 -*-\nf('é', a)", "a.py")
    assert [parsed.source.text(node.start, node.end) for node in parsed.module.body] == ["f('é', a)"]
