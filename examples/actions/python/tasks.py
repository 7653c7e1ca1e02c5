from biconvex.sim.server import (
    fetch,
    internal,
    internal_action,
    internal_mutation,
    internal_query,
    mutation,
    query,
)
from biconvex.sim.values import v

WORKER = "https://worker.example.com/jobs"
DELAY_MS = 5 * 60 * 1000


@mutation(args={"name": v.string()}, returns=v.id("tasks"))
async def create(ctx, args):
    """Note a task, and schedule its job: either there are both or neither."""
    task_id = await ctx.db.insert("tasks", args)
    await ctx.scheduler.run_after(DELAY_MS, internal.tasks.process, {"taskId": task_id})
    return task_id


@internal_action(args={"taskId": v.id("tasks")})
async def process(ctx, args):
    """Do a task, at most once: if it fails, or takes longer than an action may, nobody runs it again."""
    name = await ctx.run_query(internal.tasks.read, args)
    if name is None:
        return
    response = await fetch(WORKER, method="POST", body=name)
    if not response.ok:
        raise RuntimeError(f"the worker answered with status {response.status}")
    await ctx.run_mutation(internal.tasks.finish, {**args, "result": await response.text()})


@internal_query(args={"taskId": v.id("tasks")})
async def read(ctx, args):
    task = await ctx.db.get("tasks", args["taskId"])
    return None if task is None else task["name"]


@internal_mutation(args={"taskId": v.id("tasks"), "result": v.string()})
async def finish(ctx, args):
    await ctx.db.patch("tasks", args["taskId"], {"result": args["result"]})


@query(args={"taskId": v.id("tasks")}, returns=v.union(v.string(), v.null()))
async def result(ctx, args):
    task = await ctx.db.get("tasks", args["taskId"])
    return None if task is None else task.get("result")
