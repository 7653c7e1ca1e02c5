"""Writes that a function issues together: performed in one go, and yet seen one by one."""

from __future__ import annotations

from collections.abc import Callable

from biconvex.sim import Deployment

MakeBackend = Callable[..., Deployment]

TYPESCRIPT = {
    "schema": 'export default defineSchema({ notes: defineTable({ n: v.number() }).index("by_n", ["n"]) });',
    "m": """
        const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
        export const order = mutation({ handler: async (ctx) => {
          const seen: string[] = [];
          await Promise.all(numbers(3).map(async (n) => {
            await ctx.db.insert("notes", { n });
            seen.push(`${n} is written`);
            await null;
            seen.push(`${n} goes on`);
          }));
          return seen;
        } });
        export const refused = mutation({ handler: async (ctx) => {
          const values: any[] = [{ n: 0 }, { n: "one" }, { n: 2 }];
          return await Promise.all(values.map(async (value) => {
            try {
              await ctx.db.insert("notes", value);
              return "written";
            } catch (error) {
              return "refused";
            }
          }));
        } });
        export const fails = mutation({ handler: async (ctx) => {
          await Promise.all(numbers(5).map(async (n) => {
            await ctx.db.insert("notes", { n });
            if (n === 1) throw new ConvexError(`after ${n}`);
          }));
        } });
        export const survives = mutation({ handler: async (ctx) => {
          try {
            await ctx.runMutation(api.m.fails, {});
          } catch (error) {
            await ctx.db.insert("notes", { n: 7 });
          }
        } });
        export const forgets = mutation({ handler: async (ctx) => {
          numbers(5).forEach((n) => void ctx.db.insert("notes", { n }));
        } });
        export const follows = mutation({ handler: async (ctx) => {
          await Promise.all(numbers(3).map(async (n) => {
            const id = await ctx.db.insert("notes", { n });
            await ctx.db.patch(id, { n: n + 10 });
            if (n === 0) await ctx.db.delete(id);
          }));
        } });
        export const many = mutation({ handler: async (ctx) => {
          await Promise.all(numbers(700).map((n) => ctx.db.insert("notes", { n })));
        } });
    """,
}
PYTHON = {
    "schema": 'schema = define_schema({"notes": define_table({"n": v.number()}).index("by_n", ["n"])})',
    "m": """
        @mutation()
        async def order(ctx, args):
            seen = []
            async def one(n):
                await ctx.db.insert("notes", {"n": n})
                seen.append(f"{n} is written")
                await asyncio.sleep(0)
                seen.append(f"{n} goes on")
            await asyncio.gather(*map(one, range(3)))
            return seen

        @mutation()
        async def refused(ctx, args):
            async def one(value):
                try:
                    await ctx.db.insert("notes", value)
                    return "written"
                except Exception:
                    return "refused"
            return await asyncio.gather(*map(one, [{"n": 0}, {"n": "one"}, {"n": 2}]))

        @mutation()
        async def fails(ctx, args):
            async def one(n):
                await ctx.db.insert("notes", {"n": n})
                if n == 1:
                    raise ConvexError(f"after {n}")
            await asyncio.gather(*map(one, range(5)))

        @mutation()
        async def survives(ctx, args):
            try:
                await ctx.run_mutation(api.m.fails, {})
            except ConvexError:
                await ctx.db.insert("notes", {"n": 7})

        @mutation()
        async def forgets(ctx, args):
            for n in range(5):
                asyncio.ensure_future(ctx.db.insert("notes", {"n": n}))

        @mutation()
        async def follows(ctx, args):
            async def one(n):
                id = await ctx.db.insert("notes", {"n": n})
                await ctx.db.patch(id, {"n": n + 10})
                if n == 0:
                    await ctx.db.delete(id)
            await asyncio.gather(*map(one, range(3)))

        @mutation()
        async def many(ctx, args):
            await asyncio.gather(*(ctx.db.insert("notes", {"n": n}) for n in range(700)))
    """,
}


def written(convex: Deployment) -> list[float]:
    return [note["n"] for note in convex.db.table("notes")]


def test_a_function_goes_on_after_each_write_before_it_sees_the_next(backend: MakeBackend) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    assert convex.mutation("m:order") == [
        *("0 is written", "0 goes on"),
        *("1 is written", "1 goes on"),
        *("2 is written", "2 goes on"),
    ]


def test_a_write_that_is_refused_leaves_the_others_alone(backend: MakeBackend) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    assert convex.mutation("m:refused") == ["written", "refused", "written"]
    assert written(convex) == [0, 2]


def test_a_nested_function_that_fails_between_its_writes_undoes_those_that_follow(
    backend: MakeBackend,
) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.mutation("m:survives")
    assert written(convex) == [7]


def test_writes_that_nobody_awaits_happen_all_the_same(backend: MakeBackend) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.mutation("m:forgets")
    assert written(convex) == [0, 1, 2, 3, 4]


def test_writes_that_follow_from_writes_come_in_the_order_of_their_issue(backend: MakeBackend) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.mutation("m:follows")
    assert written(convex) == [11, 12]
    kinds = [event.kind for event in convex.trace if event.kind in {"insert", "patch", "delete"}]
    assert kinds == ["insert"] * 3 + ["patch"] * 3 + ["delete"]


def test_more_writes_than_are_performed_in_one_go_are_all_performed(backend: MakeBackend) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.mutation("m:many")
    assert written(convex) == list(range(700))
