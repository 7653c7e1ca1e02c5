"""Python as the syntax tree has it, and Convex's names in it."""

import pytest
from biconvex.lint import syntax
from syntax_dump import dump, read, tree


def python(text: str) -> str:
    return tree(text, "convex/a.py")


EXPRESSIONS = [
    ("a.b['c'][0]", '(index (index (. a b) "c") 0)'),
    ("a[1:2]", "(index a (slice 1 2))"),
    ("f(a, *b, c=1, **d)", "(call f a ...b **{c:1 ...d})"),
    ("a and b and c or not d", "(|| (&& (&& a b) c) (! d))"),
    ("a is None", "(=== a (null None))"),
    ("a is not None", "(!== a (null None))"),
    ("a == b != c", "(=== !== a b c)"),
    ("a not in b", "(! (in a b))"),
    ("1 < a <= 2", "(< <= 1 a 2)"),
    ("-a ** 2 // 3", "(// (- (** a 2)) 3)"),
    ("b if a else c", "(?: a b c)"),
    ("(b := 1)", "(set= b 1)"),
    ("[1, 'a', b'c', None, True, ...]", '[1 "a" (bytes c) (null None) (boolean True) (ellipsis)]'),
    ("(1, *a)", "[1 ...a]"),
    ("{1, 2}", "[1 2]"),
    ("{'a': 1, b: 2, 3: 4, **c}", "{a:1 [b]:2 [3]:4 ...c}"),
    ("lambda a, /, b=1, *c, d=2, **e: a", "(arrow (a b=1 ...c d=2 ...e) [(return a)])"),
    ("lambda: (yield)", "(generator arrow () [(return (yield))])"),
    ("[a for a in b if c for d in a]", "(comprehension a b [c] [(comprehension d a [a])])"),
    ("{a: b async for a, b in c}", "(async comprehension pattern[a b] c [{[a]:b}])"),
    ("f'a{b}c{d!r:>{e}}' 'f'", '(template "a${}c${}f" b d e)'),
    ("f'a'", '"a"'),
    ("'\\ud83d'", '"\ufffd"'),
    ("1j", "(complex)"),
]


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_an_expression_becomes(text: str, expected: str) -> None:
    assert python(f"x.y = {text}") == f"(set= (. x y) {expected})"


STATEMENTS = [
    ("a = 1", "(let a 1)"),
    ("a, (b, *c) = d", "(let pattern[a pattern[b ...c]] d)"),
    ("a, b.c = d", "(set= pattern[a (. b c)] d)"),
    ("a = b.c = d", "(let a (set= (. b c) d))"),
    ("a: int = 1", "(let a<int> 1)"),
    ("a: int", "(let a<int> _)"),
    ("a.b: int = 1", "(set= (. a b) 1)"),
    ("a += 1", "(set+= a 1)"),
    ("a[b] //= 1", "(set//= (index a b) 1)"),
    ("if a: b\nelif c: d\nelse: e", "(if a [b] [(if c [d] [e])])"),
    ("for a, b in c:\n  break\nelse: d", "(for-of pattern[a b] c [(break)])\n(block [d])"),
    ("while a: continue", "(while [a] [(continue)])"),
    ("with a as b, c: d", "(block [(let b a) (with c) d])"),
    ("try: a\nexcept E as b: c\nelse: d\nfinally: e", "(try [a d] catch b [c] finally [e])"),
    ("try: a\nexcept E as b: c\nexcept (F, G) as d: e", "(try [a] catch b [c (let d _) e])"),
    ("try: a\nexcept* E as b: c", "(try [a] catch b [c])"),
    ("raise E('a') from b", '(cause b)\n(throw (call E "a"))'),
    ("assert a, 'b'", '(assert a "b")'),
    ("del a, b.c", "(delete a)\n(delete (. b c))"),
    ("pass", ""),
    ("def f():\n  global a, b\n  nonlocal_ = 1", "(function f () [(global a b) (let nonlocal_ 1)])"),
]


@pytest.mark.parametrize(("text", "expected"), STATEMENTS)
def test_a_statement_becomes(text: str, expected: str) -> None:
    assert python(text) == expected


def test_a_match_is_a_switch() -> None:
    text = """
match a:
    case {"b": c, **d}: e
    case [1, *_] if f: g
    case None | H(i) as j: k
    case "l": pass
    case _: m
"""
    assert python(text) == (
        "(switch a (block [(case pattern{b:c ...d} e) (case pattern[1 ..._] f g) "
        '(case (as (matchor (null None) (matchclass H i)) j) k) (case "l") (default m)]))'
    )


FUNCTIONS = [
    (
        "@a(b=1)\nasync def f(c: int, d: 'T' = 1, *e: U, **g) -> str:\n  return await h",
        "(async function f (c<int> d=1<'T'> ...e<U> ...g) <str> @(call a **{b:1}) [(return (await h))])",
    ),
    ("def f():\n  yield 1\n  yield from g", "(generator function f () [(yield 1) (yield* g)])"),
    ("def f():\n  def g(): yield", "(function f () [(generator function g () [(yield)])])"),
    (
        "@d\nclass A(B, c=C):\n  '''doc'''\n  x: int\n  y: int = 1\n  z = 2\n  @e\n  def f(self): ...",
        '(class A B **{c:C} @d ["doc" y:1 z:2 f()(function (self) @e [(ellipsis)])])',
    ),
    (
        "async def f():\n  async with a as b, c: d\n  async for e in g: h",
        "(async function f () [(block [(let b (await a)) (await c) d]) (async for-of e g [h])])",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS)
def test_a_function_or_class_becomes(text: str, expected: str) -> None:
    assert python(text) == expected


IMPORTS = [
    ("from .a.b import c as d", '(import "./a/b" c:d)'),
    ("from . import a, b", '(import "." a b)'),
    ("from .. import a", '(import ".." a)'),
    ("from ..a import b", '(import "../a" b)'),
    ("from ...a import *", '(import "../../a" *)'),
    ("from a.b import c", '(import "a.b" c)'),
    ("import a.b as c, d", '(import "a.b" *:c)\n(import "d" *:d)'),
    ("import a.b", '(import "a" *:a)\n(import "a.b")'),
    ("if TYPE_CHECKING:\n  from a import B", '(if TYPE_CHECKING [(import type "a" B)] [])'),
]


@pytest.mark.parametrize(("text", "expected"), IMPORTS)
def test_an_import_becomes(text: str, expected: str) -> None:
    assert python(text) == expected


def test_typing_cast_is_a_cast_under_any_name() -> None:
    text = "from typing import cast as c\nimport typing\nc('T', a)\ntyping.cast(list[T], b)\ncast(T, d)"
    assert python(text).splitlines()[2:] == ["(as a <T>)", "(as b <list[T]>)", "(call cast T d)"]


def test_a_docstring_is_no_directive() -> None:
    assert read('"""use node"""', "a.py").module.directives == []


# --- Convex's names ---------------------------------------------------------------------------------------------


def test_names_imported_from_convex_are_imported_in_its_spelling() -> None:
    text = "from biconvex.sim.server import internal_query as iq, define_table, api, now_ms\n"
    assert python(text) == (
        '(import "biconvex.sim.server" internalQuery:iq defineTable:define_table api now_ms)'
    )


def test_names_imported_from_elsewhere_stay() -> None:
    assert python("from .helpers import run_after") == '(import "./helpers" run_after)'


RENAMED = [
    ("ctx.scheduler.run_after(1, f)", "(call (. (. ctx scheduler) runAfter) 1 f)"),
    ("q.with_index('a', f)", '(call (. q withIndex) "a" f)'),
    ("q.and_(a, b)", "(call (. q and) a b)"),
    ("query(ctx).with_search_index('a')", '(call (. (call query ctx) withSearchIndex) "a")'),
    ("later = ctx.scheduler.run_at", "(let later (. (. ctx scheduler) runAt))"),
    ("run = ctx.run_query", "(let run (. ctx runQuery))"),
    ("ctx.storage.generate_upload_url()", "(call (. (. ctx storage) generateUploadUrl))"),
    (
        "t.search_index('a', search_field='b', filter_fields=['c'])",
        '(call (. t searchIndex) "a" **{searchField:"b" filterFields:["c"]})',
    ),
    ("http.route(path_prefix='/a/')", '(call (. http route) **{pathPrefix:"/a/"})'),
    (
        "define_schema({}, schema_validation=False)",
        "(call define_schema {} **{schemaValidation:(boolean False)})",
    ),
]


@pytest.mark.parametrize(("text", "expected"), RENAMED)
def test_a_member_of_the_api_is_renamed(text: str, expected: str) -> None:
    assert python(text) == expected


NOT_RENAMED = [
    ("internal.tasks.run_after", "(. (. internal tasks) run_after)"),
    ("internal.tasks.run_after(1)", "(call (. (. internal tasks) run_after) 1)"),
    ("self.get_url()", "(call (. self get_url))"),
    ("task.run_after", "(. task run_after)"),
    ("args['run_after']", '(index args "run_after")'),
    ("f({'search_field': 1}, search_field=2)", "(call f {search_field:1} **{search_field:2})"),
]


@pytest.mark.parametrize(("text", "expected"), NOT_RENAMED)
def test_what_may_be_the_users_own_is_not_renamed(text: str, expected: str) -> None:
    assert python(text) == expected


def test_members_of_imported_modules_are_not_renamed_but_those_of_convex_are() -> None:
    text = """
from . import helpers
from biconvex.sim import server
from biconvex.sim.server import api as public
helpers.run_after(ctx)
helpers.query(ctx).with_index("a")
server.define_table({})
public.tasks.get_url()
"""
    assert python(text).splitlines()[3:] == [
        "(call (. helpers run_after) ctx)",
        '(call (. (call (. helpers query) ctx) withIndex) "a")',
        "(call (. server defineTable) {})",
        "(call (. (. public tasks) get_url))",
    ]


# --- places, comments, errors -----------------------------------------------------------------------------------


def test_every_node_lies_where_its_source_is() -> None:
    text = "é = ctx .db.get('ü', k=1)\n@d\ndef f(a: 'T' = 1, **é): pass\n"
    parsed = read(text, "a.py")
    spans = [
        f"{type(node).__name__} {parsed.source.text(node.start, node.end)}"
        for node in syntax.walk(parsed.module)
    ]
    assert sorted(spans) == sorted(
        [
            f"Module {text}",
            "Declare é = ctx .db.get('ü', k=1)",
            "Name é",
            "Call ctx .db.get('ü', k=1)",
            "Member ctx .db.get",
            "Member ctx .db",
            "Name ctx",
            "Literal 'ü'",
            "Object k=1",
            "Property k=1",
            "Literal 1",
            "Function @d\ndef f(a: 'T' = 1, **é): pass",
            "Name d",
            "Parameter a: 'T' = 1",
            "Default a: 'T' = 1",
            "Name a",
            "Literal 1",
            "Parameter **é",
            "Spread **é",
            "Name é",
        ]
    )


def test_names_that_python_normalises_keep_their_place() -> None:
    parsed = read("a.ﬁx", "a.py")
    member = next(node for node in syntax.walk(parsed.module) if isinstance(node, syntax.Member))
    assert (member.name, parsed.source.text(member.name_start, member.end)) == ("fix", "ﬁx")


@pytest.mark.parametrize("text", ["f'''\n {a} {b.c(d)}\n'''", "(f'a{b}'\n  f'c{d}' 'e')"])
def test_what_is_in_an_f_string_lies_within_it(text: str) -> None:
    parsed = read(f"x = {text}", "a.py")
    template = next(node for node in syntax.walk(parsed.module) if isinstance(node, syntax.Template))
    assert all(template.start <= node.start <= node.end <= template.end for node in syntax.walk(template))


def test_comments_are_found_outside_of_strings_only() -> None:
    text = """#!/usr/bin/env python
x = "# no" + f'# {y} no'  # yes
z: "# no" = (
    "a"  # between
    "b # no"
)
try: pass
except f("# no"): pass
'''
# no
'''
# end"""
    parsed = read(text, "a.py")
    assert [(each.text, each.trailing) for each in parsed.comments] == [
        ("!/usr/bin/env python", False),
        ("yes", True),
        ("between", True),
        ("end", False),
    ]
    assert [parsed.source.text(each.start, each.end) for each in parsed.comments[1:3]] == [
        "# yes",
        "# between",
    ]


BROKEN = [
    ("f(", "1:2 Python can't read this: '(' was never closed"),
    ("é = = 1", "1:5 Python can't read this: invalid syntax"),
    ("if a:\nb", "2:1 Python can't read this: expected an indented block after 'if' statement on line 1"),
    ("x = 'a", "1:5 Python can't read this: unterminated string literal (detected at line 1)"),
    ("(" * 300, "1:201 Python can't read this: too many nested parentheses"),
    (
        "a" + ".b()" * 10_000,
        "1:1 this file nests deeper than Python itself can parse: split up its deepest expression",
    ),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_broken_code_is_reported_where_it_is(text: str, expected: str) -> None:
    parsed = read(text, "a.py")
    places = [parsed.source.position(each.start) for each in parsed.errors]
    assert [
        f"{at.line}:{at.column} {each.message}" for at, each in zip(places, parsed.errors, strict=True)
    ] == [expected]


def test_a_number_too_long_for_python_is_an_error() -> None:
    assert len(read("x = " + "9" * 5000, "a.py").errors) == 1


def test_warnings_of_python_are_not_ours() -> None:
    assert tree("x = '\\d'; y = 1 is 1", "a.py") == '(let x "\\d")\n(let y (=== 1 1))'


def test_deep_nesting_is_cut_and_nothing_in_it_is_lost() -> None:
    parsed = read("x = " + "f(" * 190 + "y" + ")" * 190, "a.py")
    names = [node.id for node in syntax.walk(parsed.module) if isinstance(node, syntax.Name)]
    assert (names.count("f"), names.count("y")) == (190, 1)
    assert "(deep" in dump(parsed.module.body[0])
