from biconvex.sim.server import action
from biconvex.sim.values import v

from .model import complete


@action(args={"prompt": v.string()}, returns=v.string())
async def ask(ctx, args):
    """An action at its simplest: it asks another service, and touches no data."""
    return await complete(args["prompt"])
