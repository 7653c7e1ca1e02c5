"""Actions: their time, what a killed one leaves behind, the order of timers and answers, requests given up (§6.3, §7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

URL = "https://slow.example.com/"
MINUTE_MS = 60_000
TYPESCRIPT = """
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const note = internalMutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  await ctx.db.insert("notes", { text, at: Date.now() });
} });
export const doomed = internalAction({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.m.note, { text: "before" });
  await ctx.scheduler.runAfter(60_000, internal.m.note, { text: "child within its time" });
  await ctx.scheduler.runAfter(2 * 3_600_000, internal.m.note, { text: "child after its time" });
  await sleep(3 * 3_600_000);
  await ctx.runMutation(internal.m.note, { text: "never" });
} });
export const start = mutation({ args: { name: v.string() }, handler: async (ctx, { name }) =>
  await ctx.scheduler.runAfter(0, (internal.m as any)[name], {}),
});
export const state = query({ args: { id: v.id("_scheduled_functions") }, handler: async (ctx, { id }) =>
  (await ctx.db.system.get(id))!.state,
});
export const fails = internalAction({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.m.note, { text: "tried" });
  throw new Error("no");
} });
export const parent = action({ args: {}, handler: async (ctx) => {
  await sleep(10 * 60_000);
  await ctx.runAction(internal.m.slowChild, {});
} });
export const slowChild = internalAction({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.m.note, { text: "child began" });
  await sleep(29 * 60_000);
  await ctx.runMutation(internal.m.note, { text: "child goes on" });
  await sleep(29 * 60_000);
  await ctx.runMutation(internal.m.note, { text: "never" });
} });
export const timers = action({ args: {}, handler: async () => {
  const said: string[] = [];
  await new Promise<void>((done) => {
    setTimeout(() => {
      said.push("first at 10");
      void Promise.resolve().then(() => said.push("right after it"));
      setTimeout(() => said.push("nested"), 0);
    }, 10);
    setTimeout(() => said.push("second at 10"), 10);
    setTimeout(() => said.push("at 5"), 5);
    clearTimeout(setTimeout(() => said.push("never"), 7));
    setTimeout(() => said.push("at 0"), 0);
    setTimeout(() => { said.push("at 20"); done(); }, 20);
    said.push("at once");
  });
  return said;
} });
export const answers = action({ args: {}, handler: async () => {
  const said: string[] = [];
  const ask = async (name: string) => {
    await fetch("https://slow.example.com/" + name);
    said.push(name);
    await null;
    said.push(name);
  };
  await Promise.all([ask("a"), ask("b"), ask("c")]);
  return said;
} });
export const impatient = action({ args: { ms: v.number() }, handler: async (_ctx, { ms }) => {
  try {
    return await (await fetch("https://slow.example.com/", { signal: AbortSignal.timeout(ms) })).text();
  } catch (error) {
    return [(error as Error).name, await (await fetch("https://slow.example.com/again")).text()];
  }
} });
export const race = action({ args: {}, handler: async () =>
  await Promise.race([fetch("https://slow.example.com/").then(() => "reply"), sleep(1000).then(() => "timer")]),
});
export const aborting = action({ args: {}, handler: async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const first = await fetch("https://slow.example.com/", { signal: controller.signal }).catch((error) => error.name);
  const second = await fetch("https://slow.example.com/", { signal: controller.signal }).catch((error) => error.name);
  const start = Date.now();
  return [first, second, Date.now() - start];
} });
"""
PYTHON = """
HOUR_S = 3600

@internal_mutation(args={"text": v.string()})
async def note(ctx, args):
    await ctx.db.insert("notes", {"text": args["text"], "at": now_ms()})

@internal_action(args={})
async def doomed(ctx, args):
    await ctx.run_mutation(internal.m.note, {"text": "before"})
    await ctx.scheduler.run_after(60_000, internal.m.note, {"text": "child within its time"})
    await ctx.scheduler.run_after(2 * 3_600_000, internal.m.note, {"text": "child after its time"})
    await asyncio.sleep(3 * HOUR_S)
    await ctx.run_mutation(internal.m.note, {"text": "never"})

@mutation(args={"name": v.string()})
async def start(ctx, args):
    return await ctx.scheduler.run_after(0, getattr(internal.m, args["name"]), {})

@query(args={"id": v.id("_scheduled_functions")})
async def state(ctx, args):
    return (await ctx.db.system.get(args["id"]))["state"]

@internal_action(args={})
async def fails(ctx, args):
    await ctx.run_mutation(internal.m.note, {"text": "tried"})
    raise ValueError("no")

@action(args={})
async def parent(ctx, args):
    await asyncio.sleep(10 * 60)
    await ctx.run_action(internal.m.slowChild, {})

@internal_action(args={})
async def slowChild(ctx, args):
    await ctx.run_mutation(internal.m.note, {"text": "child began"})
    await asyncio.sleep(29 * 60)
    await ctx.run_mutation(internal.m.note, {"text": "child goes on"})
    await asyncio.sleep(29 * 60)
    await ctx.run_mutation(internal.m.note, {"text": "never"})

@action(args={})
async def timers(ctx, args):
    said, loop = [], asyncio.get_running_loop()
    done = loop.create_future()

    def first():
        said.append("first at 10")
        loop.call_soon(said.append, "right after it")
        loop.call_later(0, said.append, "nested")

    loop.call_later(0.010, first)
    loop.call_later(0.010, said.append, "second at 10")
    loop.call_later(0.005, said.append, "at 5")
    loop.call_later(0.007, said.append, "never").cancel()
    loop.call_later(0, said.append, "at 0")
    loop.call_later(0.020, lambda: (said.append("at 20"), done.set_result(None)))
    said.append("at once")
    await done
    return said

@action(args={})
async def answers(ctx, args):
    said = []

    async def ask(name):
        await fetch("https://slow.example.com/" + name)
        said.append(name)
        await asyncio.sleep(0)
        said.append(name)

    await asyncio.gather(ask("a"), ask("b"), ask("c"))
    return said

@action(args={"ms": v.number()})
async def impatient(ctx, args):
    try:
        async with asyncio.timeout(args["ms"] / 1000):
            return await (await fetch("https://slow.example.com/")).text()
    except TimeoutError as error:
        return [type(error).__name__, await (await fetch("https://slow.example.com/again")).text()]

@action(args={})
async def race(ctx, args):
    async def ask():
        await fetch("https://slow.example.com/")
        return "reply"

    async def wait():
        await asyncio.sleep(1)
        return "timer"

    done, _ = await asyncio.wait([asyncio.create_task(ask()), asyncio.create_task(wait())], return_when="FIRST_COMPLETED")
    return done.pop().result()
"""


@pytest.fixture
def deployed(backend: Any) -> Callable[..., Deployment]:
    def make(**options: Any) -> Deployment:
        deployment: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, **options)
        return deployment

    return make


def notes(convex: Deployment) -> list[str]:
    return [note["text"] for note in convex.db.table("notes")]


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_scheduled_action_that_is_killed_leaves_its_children_and_is_not_run_again(
    deployed: Callable[..., Deployment],
) -> None:
    convex = deployed()
    job = convex.mutation("m:start", {"name": "doomed"})
    convex.advance(minutes=29)
    assert convex.query("m:state", {"id": job})["kind"] == "inProgress"
    assert notes(convex) == ["before", "child within its time"]
    convex.advance(minutes=2)
    assert convex.query("m:state", {"id": job}) == {
        "kind": "failed",
        "error": "Function execution timed out (maximum duration: 1800s)",
    }
    convex.advance(days=2)
    assert notes(convex) == ["before", "child within its time", "child after its time"]
    assert {job["state"]["kind"] for job in convex.db.table("_scheduled_functions")[1:]} == {"success"}


def test_a_call_of_an_action_that_is_killed_leaves_its_children(deployed: Callable[..., Deployment]) -> None:
    convex = deployed()
    start = convex.now
    with pytest.raises(FunctionError) as raised:
        convex.as_admin().action("m:doomed")
    assert raised.value.message == "Function execution timed out (maximum duration: 1800s)"
    assert convex.now - start == 30 * MINUTE_MS
    assert [job["state"]["kind"] for job in convex.db.table("_scheduled_functions")] == ["success", "pending"]
    convex.run_until_idle()
    assert notes(convex) == ["before", "child within its time", "child after its time"]


def test_an_action_that_fails_is_not_run_again(deployed: Callable[..., Deployment]) -> None:
    convex = deployed()
    job = convex.mutation("m:start", {"name": "fails"})
    convex.advance(days=1)
    assert (convex.query("m:state", {"id": job})["kind"], notes(convex)) == ("failed", ["tried"])


def test_what_a_killed_action_called_goes_on_or_not(deployed: Callable[..., Deployment]) -> None:
    outcomes = set()
    for seed in range(6):
        convex = deployed(seed=seed)
        with pytest.raises(
            FunctionError, match=r"^Function execution timed out \(maximum duration: 1800s\)$"
        ):
            convex.action("m:parent")
        convex.advance(hours=3)
        outcomes.add(tuple(notes(convex)))
    assert outcomes == {("child began",), ("child began", "child goes on")}


# --- order -----------------------------------------------------------------------------------------------------------


def test_timers_fire_by_their_times_and_then_in_the_order_in_which_they_began(
    deployed: Callable[..., Deployment],
) -> None:
    assert deployed().action("m:timers") == [
        "at once",
        "at 0",
        "at 5",
        "first at 10",
        "right after it",
        "second at 10",
        "nested",
        "at 20",
    ]


def test_answers_that_come_at_one_instant_are_dealt_with_one_by_one_in_any_order(
    deployed: Callable[..., Deployment],
) -> None:
    orders = set()
    for seed in range(8):
        convex = deployed(seed=seed)
        convex.outbound.on("GET", f"{URL}*", text="", latency_ms=5)
        said = convex.action("m:answers")
        assert said[::2] == said[1::2]
        orders.add(tuple(said[::2]))
    assert len(orders) > 1


# --- requests that are given up --------------------------------------------------------------------------------------


def test_a_request_is_given_up_in_virtual_time(deployed: Callable[..., Deployment]) -> None:
    convex = deployed()
    convex.outbound.on("GET", URL, text="late", latency_ms=10_000)
    convex.outbound.on("GET", f"{URL}again", text="at last", latency_ms=100)
    start = convex.now
    assert convex.action("m:impatient", {"ms": 2000}) == ["TimeoutError", "at last"]
    assert convex.now - start == 2100
    assert convex.action("m:impatient", {"ms": 11_000}) == "late"
    assert convex.findings == []


def test_who_loses_a_race_is_left_dangling(deployed: Callable[..., Deployment]) -> None:
    convex = deployed()
    convex.outbound.on("GET", URL, text="late", latency_ms=10_000)
    start = convex.now
    assert convex.action("m:race") == "timer"
    assert convex.now - start == 1000
    assert [(finding.rule, finding.message) for finding in convex.findings] == [
        ("floating-promise", "m:race returned before it awaited: fetch.")
    ]


@pytest.mark.parametrize("language", ["typescript"], indirect=True)
def test_an_abort_ends_a_request_and_refuses_the_next(deployed: Callable[..., Deployment]) -> None:
    convex = deployed()
    convex.outbound.on("GET", URL, text="late", latency_ms=10_000)
    start = convex.now
    assert convex.action("m:aborting") == ["AbortError", "AbortError", 0]
    assert (convex.now - start, len(convex.outbound.requests)) == (300, 1)


# --- the Node runtime ------------------------------------------------------------------------------------------------

NODE = """\
"use node";
import { action } from "./_generated/server";
import { api, internal } from "./_generated/api";
import { setTimeout as wait } from "node:timers/promises";
export const slow = action(async (_ctx, { seconds }: any) => { await wait(seconds * 1000); return "done"; });
export const doomed = action(async (ctx) => {
  await ctx.scheduler.runAfter(0, internal.m.note, { text: "child" });
  await wait(3_600_000);
});
export const hog = action(async () => { const kept: any[] = []; for (;;) kept.push(new Array(10_000).fill(0.5)); });
export const timers = action(async () => {
  const said: string[] = [];
  const timer = setTimeout(() => said.push("refreshed"), 10);
  setTimeout(() => { timer.refresh(); said.push("at 5"); }, 5).unref();
  setImmediate(() => said.push("immediate"));
  process.nextTick(() => said.push("tick"));
  const interval = setInterval(() => { if (said.push("interval") > 6) clearInterval(interval); }, 4);
  await wait(20);
  clearTimeout(Number(setTimeout(() => said.push("never"), 1)));
  return said;
});
"""


@pytest.fixture(scope="module")
def with_node(written_backends: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    functions: Path = written_backends("typescript", {"m": TYPESCRIPT, "caller": CALLER})
    (functions / "n.ts").write_text(NODE)
    return functions


CALLER = """
export const calls = action({ args: {}, handler: async (ctx) => {
  try {
    await ctx.runAction(api.n.slow, { seconds: 3600 });
  } catch (error) {
    return [(error as Error).message, Date.now()];
  }
} });
"""
OUT_OF_TIME = "Uncaught Error: Action `{}` execution timed out (maximum duration 600s)"


def test_an_action_in_node_has_ten_minutes(with_node: Path) -> None:
    with Deployment(with_node) as convex:
        start = convex.now
        assert convex.action("n:slow", {"seconds": 599}) == "done"
        with pytest.raises(FunctionError) as raised:
            convex.action("n:slow", {"seconds": 601})
        assert raised.value.message == OUT_OF_TIME.format("slow")
        assert convex.now - start == (599 + 600) * 1000


def test_an_action_in_node_that_is_killed_leaves_its_children(with_node: Path) -> None:
    with Deployment(with_node) as convex:
        with pytest.raises(FunctionError) as raised:
            convex.action("n:doomed")
        assert (raised.value.message, notes(convex)) == (OUT_OF_TIME.format("doomed"), ["child"])


def test_who_called_an_action_in_node_catches_that_it_was_killed(with_node: Path) -> None:
    with Deployment(with_node) as convex:
        start = convex.now
        message, now = convex.action("caller:calls")
        assert (message, now - start) == (OUT_OF_TIME.format("slow") + "\n", 10 * MINUTE_MS)


def test_timers_of_node_are_nodes(with_node: Path) -> None:
    with Deployment(with_node) as convex:
        assert convex.action("n:timers") == [
            "tick", "immediate", "interval", "at 5", "interval", "interval", "refreshed", "interval",
        ]  # fmt: skip


def test_an_action_in_node_that_takes_all_memory_fails_and_the_next_call_works(with_node: Path) -> None:
    with Deployment(with_node) as convex:
        with pytest.raises(FunctionError) as raised:
            convex.action("n:hog")
        message = "Node.js action execution ran out of memory (maximum memory usage: 512 MB)"
        assert (raised.value.message, raised.value.code) == (message, "OutOfMemory")
        assert convex.action("n:slow", {"seconds": 1}) == "done"
