"""Neither front end raises on any file, and every place that it names lies in the file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syntax_dump import dump, misplaced, read

TYPESCRIPT = """"use node";
import a, { type B, c as d } from "./x"; // comment
import * as e from "../y";
export * from "z"; export { a as default };
/** doc */
export const create = mutation({
  args: { title: v.string(), "k-k": v.optional(v.id("t")) },
  handler: async (ctx, { title = "é", ...rest }: Args<{ a: 1 }>): Promise<Id<"t"> | null> => {
    const rows = await ctx.db.query("t").withIndex("by_a", (q) => q.eq("a", title!)).take(10);
    for await (const [x, , y = 1] of rows as any[]) { if (!x) continue; else break; }
    try { await ctx.scheduler?.runAfter(0, internal.t.f, { ...rest }); } catch (e) { throw new Error(`${e} \\n`); }
    switch (title) { case "a": return null; default: x ||= /re[/]/g; }
    return rows.length > 0 ? rows[0]._id : void f<typeof a>();
  },
});
@d class A<T> extends B<T> { static #x: number = 0x1f; get y() { return this.#x++ } async *[z]() { yield* super.z() } }
enum E { A, B = "b" } declare module "m" { interface I { a(): void } }
const el = <div a="b" {...c}>text {d} <E.F /></div>;
"""
PYTHON = '''"""doc"""
from biconvex.sim.server import mutation, internal as i  # comment
from . import helpers
import a.b as c, d
@mutation(args={"title": v.string()}, returns=v.id("t"))
async def create(ctx, args: dict[str, "T"], /, k=1, *r, **kw) -> int | None:
    rows = await ctx.db.query("t").with_index("by_a", lambda q: q.eq("a", "é")).take(10)
    async for x, *y in rows:
        if x is not None and not y: continue
        elif (z := x): break
    try: await ctx.scheduler.run_after(0, i.t.f, {**args, "a": 1})
    except (E, F) as e: raise ConvexError(f"{e!r:>{k}} {args['a']}\\n") from e
    else: del x.y, z
    finally: pass
    with a as b, c: return [x async for x in y if z]
    match x:
        case {"a": [1, *_], **o} if p: assert q, "no"
        case A(b=c) | None as n: yield
        case _: nonlocal_ = x[1:2, ...] = 0x1f
class A(B, metaclass=C):
    x: int = 1
    @property
    def y(self): return f"""
      {self.x} # {a.b(c)}""" "d"
'''
CASES = [("a.ts", TYPESCRIPT), ("a.tsx", TYPESCRIPT), ("a.py", PYTHON)]
PATHS = st.sampled_from([path for path, _ in CASES])
ALPHABET = st.text(alphabet="(){}[]<>;:,.?!=+-*/\\'\"`$#@ \r\n\tabf01é\u2028if", max_size=80)


def check(text: str | bytes, path: str) -> None:
    parsed = read(text, path)
    size = len(parsed.source.data)
    assert misplaced(parsed) == []
    assert all(0 <= each.start <= each.end <= size for each in [*parsed.comments, *parsed.errors])
    assert all(each.message for each in parsed.errors)
    assert len(parsed.errors) <= 1
    assert [each.start for each in parsed.comments] == sorted({each.start for each in parsed.comments})
    for node in parsed.module.body:
        dump(node).encode()  # there is nothing in a tree that UTF-8 can't hold


@pytest.mark.parametrize(("path", "text"), CASES[1:])
def test_the_snippets_are_healthy(path: str, text: str) -> None:
    assert read(text, path).errors == []


@given(data=st.binary(max_size=200), path=PATHS)
@settings(max_examples=150, deadline=None)
def test_any_bytes(data: bytes, path: str) -> None:
    check(data, path)


@given(text=st.text(max_size=200) | ALPHABET, path=PATHS)
@settings(max_examples=300, deadline=None)
def test_any_text(text: str, path: str) -> None:
    check(text, path)


@given(case=st.sampled_from(CASES), cut=st.integers(0, 1500), data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_cut_off_anywhere(case: tuple[str, str], cut: int, data: st.DataObject) -> None:
    path, text = case
    start = data.draw(st.sampled_from([0, 0, cut // 2]))
    check(text[start:cut], path)


@given(case=st.sampled_from(CASES), data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_file_with_something_put_in_taken_out_or_exchanged(
    case: tuple[str, str], data: st.DataObject
) -> None:
    path, text = case
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 0, 1, 1, 2, 5, 40]))
        text = text[:at] + data.draw(ALPHABET | st.sampled_from(TOKENS)) + text[at + length :]
    check(text, path)


TOKENS = [
    "",
    "",
    *"(){}[]<>;:,.=`'\"#*@",
    "async ",
    "await ",
    "export ",
    "import ",
    "=>",
    "...",
    "${",
    "/*",
    "</a>",
    "lambda ",
    "class ",
]
