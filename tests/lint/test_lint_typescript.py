"""TypeScript as the syntax tree has it."""

import pytest
from biconvex.lint import syntax, typescript
from biconvex.lint.source import Comment
from syntax_dump import dump, misplaced, read, tree

EXPRESSIONS = [
    ("a.b?.c", "(?. (. a b) c)"),
    ("a?.(b)?.[c]", "(index (call? a b) c)"),
    ("a!.b!", "(. a b)"),
    ("a satisfies T", "a"),
    ("a as T[]", "(as a <T[]>)"),
    ("a as const", "(as a <const>)"),
    ("<T>a", "(as a <T>)"),
    ("(a as any).b", "(. (as a <any>) b)"),
    ("f<T>(a)", "(call f a)"),
    ("f<T>", "f"),
    ("new Foo", "(new Foo)"),
    ("new Foo<T>(a)", "(new Foo a)"),
    ("a && b || c ?? d", "(?? (|| (&& a b) c) d)"),
    ("!a", "(! a)"),
    ("-1", "(- 1)"),
    ("typeof a === 'x'", '(=== (typeof a) "x")'),
    ("void f()", "(void (call f))"),
    ("yield.f()", "(call (. (yield) f))"),
    ("delete a.b", "(delete (. a b))"),
    ("a /* x */ + /* y */ b", "(+ a b)"),
    ("#p in a", "(in #p a)"),
    ("a.#p", "(. a #p)"),
    ("a ? b : c", "(?: a b c)"),
    ("(a, b)", "(sequence a b)"),
    ("a = b", "(set= a b)"),
    ("a.b ??= c", "(set??= (. a b) c)"),
    ("a++", "(set+= a 1)"),
    ("--a.b", "(set-= (. a b) 1)"),
    ("[a, , b.c] = d", "(set= pattern[a _ (. b c)] d)"),
    ("({a, b: [c = 1, ...d], ...e} = f)", "(set= pattern{a b:pattern[c=1 ...d] ...e} f)"),
    ("[1, , ...a]", "[1 ...a]"),
    (
        "({a, [b]: 1, 'c-d': 2, 3: 4, ...e, f() {}, get g() { return 1 }})",
        "{a [b]:1 c-d:2 3:4 ...e f()(function () []) g()(function () [(return 1)])}",
    ),
    ("async x => x", "(async arrow (x) [(return x)])"),
    ("(): number => ({})", "(arrow () <number> [(return {})])"),
    ("function* g() { yield; yield* x }", "(generator function g () [(yield) (yield* x)])"),
    ("await a", "(await a)"),
    ("await import('a')", '(await (import() "a"))'),
    ("require('a')", '(import() "a")'),
    ("import(a)", "(call import a)"),
    ("import.meta.url", "(. (. import meta) url)"),
    ("this.a", "(. this a)"),
    ("super.a()", "(call (. super a))"),
    ("`a${b}c${`d`}`", '(template "a${}c${}" b "d")'),
    ("`a\\n`", '"a\n"'),
    ("t`a${b}`", '(call t (template "a${}" b))'),
    ("/a\\/b/gi", "(regex /a\\/b/gi)"),
    ("[0x10, 0b11, 0o17, 1_000, .5, 1e3, 007]", "[16 3 15 1000 0.5 1000.0 7]"),
    ("10n", "(bigint 10)"),
    ("[null, undefined, true, NaN]", "[(null None) (undefined None) (boolean True) NaN]"),
    (r"'\x41\u0042\u{43}\t\'\
'", "\"ABC\t'\""),
    (r"'\ud83d\ude00 \ud83d'", '"😀 \ufffd"'),
    ("class {}", "(class _ [])"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_an_expression_becomes(text: str, expected: str) -> None:
    assert tree(f"x = {text}") == f"(set= x {expected})"


STATEMENTS = [
    ("const a = 1, b: T = 2, c: U", "(let a 1)\n(let b<T> 2)\n(let c<U> _)"),
    ("let a", "(let! a _)"),
    ("var {a, b = 1, c: {d}, ...e} = f", "(var! pattern{a b:b=1 c:pattern{d} ...e} f)"),
    ("using a = b", "(let a b)"),
    ("await using a = b", "(let a b)"),
    ("if (a) b; else if (c) { d } else e", "(if a [b] [(if c [d] [e])])"),
    (
        "for (let i = 0, j; i < 1; i++, j--) a",
        "(for [(let! i 0) (let! j _) (< i 1) (sequence (set+= i 1) (set-= j 1))] [a])",
    ),
    ("for (;;) { break }", "(for [(break)])"),
    ("for await (const {a} of b) c", "(async for-of pattern{a} b [c])"),
    ("for (a in b) { continue }", "(for-in a b [(continue)])"),
    ("while (a) b", "(while [a] [b])"),
    ("do a; while (b)", "(do [b] [a])"),
    ("outer: for (;;) continue outer", "(for [(continue)])"),
    ("try { a } catch ({b = 1}) { c } finally { d }", "(try [a] catch pattern{b:b=1} [c] finally [d])"),
    ("try {} catch {}", "(try [] catch _ [])"),
    ("try {} catch (e: unknown) {}", "(try [] catch e [])"),
    ("try { a } finally { b }", "(try [a] finally [b])"),
    ("throw new E('a')", '(throw (new E "a"))'),
    (
        "switch (a) { case 1: b; break; default: c }",
        "(switch a (block [(case 1 b (break)) (default c)]))",
    ),
    ("{ a; ; b }", "(block [a b])"),
    ("enum E { A, B = 5, C, D = 'd', E }", '(let E {A:0 B:5 C:6 D:"d" E:(undefined None)})'),
    ("const enum E { A }", "(let E {A:0})"),
    ("namespace A.B { const c = 1 }", "(let A (namespace (block [(let c 1)])))"),
    ("declare const a: T; declare module 'x' { const b: T }", "(ambient_declaration)\n(ambient_declaration)"),
    ("interface A { b: T }; type C = typeof import('c')", "(interface_declaration)\n(type_alias_declaration)"),
    ("function f(a: string): void; function f(a) {}", "(function_signature)\n(function f (a) [])"),
    ("import a = b.c", "(let a (. b c))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATEMENTS)
def test_a_statement_becomes(text: str, expected: str) -> None:
    assert tree(text) == expected


MODULES = [
    ("import a, * as b from 'x'", '(import "x" default:a *:b)'),
    ("import {a, b as c, default as d, type E} from 'x'", '(import "x" a b:c default:d type E)'),
    ("import {'a-b' as c} from 'x'", '(import "x" a-b:c)'),
    ("import type {A} from 'x'", '(import type "x" A)'),
    ("import 'x'", '(import "x")'),
    ("import a = require('x')", '(import "x" *:a)'),
    ("import a from './a.json' with {type: 'json'}", '(import "./a.json" default:a)'),
    ("import defer * as a from 'x'", '(import "x" *:a)'),
    ("export * from 'x'", '(export * from "x")'),
    ("export * as a from 'x'", '(export *:a from "x")'),
    ("export type * from 'x'", '(export type * from "x")'),
    ("export {a, b as c, type D} from 'x'", '(export a b:c from "x")'),
    ("export {a as default}", "(export a:default)"),
    ("export type {A}", "(export type A)"),
    ("export {type A}", "(export type A)"),
    ("export {}", "(export)"),
    ("export const a = 1, b = 2", "(export (let a 1))\n(export (let b 2))"),
    ("export default f(1)", "(export default (call f 1))"),
    ("export default async function () {}", "(export default (async function () []))"),
    ("export default class A {}", "(export default (class A []))"),
    ("export = a", "(export default a)"),
    ("export async function f() {}", "(export (async function f () []))"),
    ("export enum E { A }", "(export (let E {A:0}))"),
    ("@d export class A {}", "(export (class A @d []))"),
    ("export interface A {}", "(interface_declaration)"),
    ("export declare const a: T", "(ambient_declaration)"),
    ("export default interface A {}", "(interface_declaration)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MODULES)
def test_an_import_or_export_becomes(text: str, expected: str) -> None:
    assert tree(text) == expected


FUNCTIONS = [
    (
        "function f(this: W, a?: string, {b = 1}: X = {}, ...c: T[]) {}",
        "(function f (a<string> pattern{b:b=1}={}<X> ...c<T[]>) [])",
    ),
    (
        "class A<T> extends B(C)<T> implements I { constructor(private readonly a = 1) { super() } }",
        "(class A (call B C) [constructor()(function (a=1) [(call super)])])",
    ),
    (
        "class A { static async *f?(): T {} get g() { return 1 } async<T>() {} }",
        "(class A [f()(async generator function () <T> []) g()(function () [(return 1)]) async()(function () [])])",
    ),
    (
        "class A { x: number = 1; #p = () => 1; static { f() } y: string; [k] = 2; abstract m(): void }",
        "(class A [x:1 #p:(arrow () [(return 1)]) (block [(call f)]) [k]:2])",
    ),
    (
        "@d(1) class A { @e x = 1; @f m(@g a) {} }",
        "(class A @(call d 1) [(decorator e) x:1 m()(function (a) @f [])])\n(decorator g)",
    ),
    ("class A { static accessor x = 1 }", "(class A [x:1])"),
    ("function f(a): a is string {}", "(function f (a) <a is string> [])"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS)
def test_a_function_or_class_becomes(text: str, expected: str) -> None:
    assert tree(text) == expected


def test_jsx_keeps_components_and_expressions() -> None:
    text = '<div a="1" {...p} b={f(x)}><A.B c={<C/>}>text {y} &amp;</A.B>{/* no */}</div>'
    assert tree(f"x = {text}", "a.tsx") == '(set= x (jsx "1" ...p (call f x) (jsx (. A B) (jsx C) y)))'


def test_a_js_file_is_read_as_tsx() -> None:
    assert tree("const a = <b.C/>", "a.js") == "(let a (jsx (. b C)))"


def test_only_the_prologue_has_directives() -> None:
    parsed = read("// first\n'use node'; \"use strict\";\nf(); 'not this'")
    assert parsed.module.directives == ["use node", "use strict"]
    assert len(parsed.module.body) == 4


def test_a_template_is_no_directive() -> None:
    assert read("`use node`;\nimport 'x';\n").module.directives == []


def test_every_node_lies_where_its_source_is() -> None:
    text = "const é = ctx /*é*/ .db\n  .get(a!, 'ü');"
    parsed = read(text)
    spans = {
        f"{type(node).__name__} {parsed.source.text(node.start, node.end)}"
        for node in syntax.walk(parsed.module)
    }
    assert spans == {
        f"Module {text}",
        f"Declare {text}",
        "Name é",
        "Call ctx /*é*/ .db\n  .get(a!, 'ü')",
        "Member ctx /*é*/ .db\n  .get",
        "Member ctx /*é*/ .db",
        "Name ctx",
        "Name a",
        "Literal 'ü'",
    }
    members = [node for node in syntax.walk(parsed.module) if isinstance(node, syntax.Member)]
    names = [parsed.source.text(node.name_start, node.name_start + len(node.name)) for node in members]
    assert names == ["get", "db"]


def test_comments_are_told_apart_by_what_stands_before_them() -> None:
    text = (
        "/** doc */ // more\nf(/* in */ a); // after\n  // alone\ntype A = { // in a type\n}\nx = 'http://no'"
    )
    parsed = read(text)
    assert [(each.text, each.trailing) for each in parsed.comments] == [
        ("doc", False),
        ("more", False),
        ("in", True),
        ("after", True),
        ("alone", False),
        ("in a type", True),
    ]
    assert [parsed.source.text(each.start, each.end) for each in parsed.comments][:3] == [
        "/** doc */",
        "// more",
        "/* in */",
    ]


def test_a_comment_between_the_parts_of_a_node_is_kept_once() -> None:
    parsed = read("class A { [/* k */ k]() {} }; a = b /* 1 */ . /* 2 */ c /* 3 */ [ /* 4 */ d ]")
    assert [each.text for each in parsed.comments] == ["k", "1", "2", "3", "4"]


def test_a_shebang_is_no_comment() -> None:
    assert read("#!/usr/bin/env node\n// a").comments == [Comment("a", 20, 24, False)]


def problems(text: str, path: str = "a.ts") -> list[str]:
    parsed = read(text, path)
    places = [parsed.source.position(each.start) for each in parsed.errors]
    return [f"{at.line}:{at.column} {each.message}" for at, each in zip(places, parsed.errors, strict=True)]


BROKEN = [
    ("const a = query({ args: {", "1:25 this `{` is never closed"),
    ("f(a;\n}", "1:2 this `(` isn't closed before the `}` in line 2"),
    ("f(a))", "1:5 this `)` closes nothing"),
    ("const a = = 1", "1:9 `=` can't be read as TypeScript here"),
    ("if (a) else b", "1:8 `else` can't be read as TypeScript here"),
    ("const = 1", "1:1 `const =` can't be read as TypeScript here"),
    ("let a = 'b\n", "1:9 this `'` is never closed"),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_broken_code_is_reported_once_and_where_it_is(text: str, expected: str) -> None:
    assert problems(text) == [expected]


NEWER = [
    "export const components: { a: import('@convex-dev/a/_generated/component.js').ComponentApi<'a'> } = b",
    "const a = await f<typeof import('./a')>()",
    "type A<in out T> = T; interface B<out T extends string> {}",
    "for (using a of b) {}",
    "export default abstract class {}",
    "import source a from 'a'",
    "class A { static accessor x = 1 }",
]


@pytest.mark.parametrize("text", NEWER)
def test_code_newer_than_the_grammar_is_no_error(text: str) -> None:
    assert problems(text) == []


def test_an_ampersand_in_the_text_of_jsx_is_no_error() -> None:
    assert problems("x = <a>b & c {d}</a>", "a.tsx") == []


def test_code_around_an_error_is_still_read() -> None:
    parsed = read("f(1);\nconst a = = g(2);\nh(3);")
    dumped = " ".join(map(dump, parsed.module.body))
    assert all(each in dumped for each in ("(call f 1)", "(call g 2)", "(call h 3)"))


def test_what_takes_too_long_to_parse_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typescript, "PATIENCE_S", -1.0)
    assert problems("f(1);\n" * 12_000) == [
        "1:1 this takes over -1 s to parse: it isn't TypeScript, or broken at very many places"
    ]


DEEP = 10_000
NESTED = {
    "parentheses": "(" * DEEP + "x" + ")" * DEEP,
    "arrays": "[" * DEEP + "]" * DEEP,
    "objects": "x=" + "{a:" * DEEP + "1" + "}" * DEEP,
    "blocks": "{" * DEEP + "}" * DEEP,
    "calls": "f(" * DEEP + ")" * DEEP,
    "arrows": "a=>" * DEEP + "1",
    "sums": "a+" * DEEP + "a",
    "chains": "a" + ".b()" * DEEP,
    "ifs": "if(a){}" + "else if(a){}" * DEEP,
    "labels": "a:" * DEEP + "b",
    "patterns": "let " + "[" * DEEP + "]" * DEEP + "=1",
    "classes": "class A{m(){" * 2000 + "}}" * 2000,
    "types": "let a: " + "A<" * DEEP + "b" + ">" * DEEP,
    "elements": "x=" + "<a>" * 3000 + "</a>" * 3000,
    "templates": "`${" * 2000 + "x" + "}`" * 2000,
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
def test_no_nesting_is_too_deep_and_nothing_in_it_is_lost(text: str) -> None:
    parsed = read(text, "a.tsx")
    assert parsed.errors == []
    assert misplaced(parsed) == []
    assert depth(parsed.module) < 500


def test_what_is_too_deep_is_kept_below_the_place_where_it_was_cut() -> None:
    parsed = read("f(" * 1000 + "last" + ")" * 1000)
    names = [node.id for node in syntax.walk(parsed.module) if isinstance(node, syntax.Name)]
    assert names.count("f") == 1000
    assert names.count("last") == 1


def depth(node: syntax.Node) -> int:
    deepest, pending = 0, [(node, 1)]
    while pending:
        each, level = pending.pop()
        deepest = max(deepest, level)
        pending += [(child, level + 1) for child in syntax.children(each)]
    return deepest


def test_twenty_thousand_lines_of_generated_code_are_read() -> None:
    lines = [f'export const f{n} = query({{ args: {{ a{n}: v.id("t{n}") }} }});' for n in range(20_000)]
    parsed = read("\n".join(lines))
    assert parsed.errors == []
    assert len(parsed.module.body) == 20_000
