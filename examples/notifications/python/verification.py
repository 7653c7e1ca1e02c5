import secrets

from biconvex.sim.server import internal, internal_action, internal_mutation, mutation, now_ms
from biconvex.sim.values import ConvexError, v

from .lib.people import require_user
from .lib.phones import turkish_phone
from .lib.time import MINUTE_MS
from .limits import next_turn
from .services.sms import send_verification

GOOD_FOR_MS = 10 * MINUTE_MS


@mutation(args={"phone": v.string()}, returns=v.null())
async def request(ctx, args):
    """Send a code to a phone that the caller says is theirs; once a minute for everybody."""
    user = await require_user(ctx)
    phone = turkish_phone(args["phone"])
    if phone is None:
        raise ConvexError({"code": "invalid-phone", "phone": args["phone"]})
    retry_after_ms = await next_turn(ctx, f"verification of {user['_id']}", MINUTE_MS)
    if retry_after_ms > 0:
        raise ConvexError({"code": "rate-limited", "retryAfterMs": retry_after_ms})
    await ctx.scheduler.run_after(0, internal.verification.send, {"userId": user["_id"], "phone": phone})


@internal_action(args={"userId": v.id("users"), "phone": v.string()}, returns=v.null())
async def send(ctx, args):
    """An action, because a secret needs randomness that nobody can foresee: mutations have a seeded one."""
    code = f"{secrets.randbelow(1_000_000):06}"
    verification_id = await ctx.run_mutation(internal.verification.store, {**args, "code": code})
    await send_verification(args["phone"], code, verification_id)


@internal_mutation(
    args={"userId": v.id("users"), "phone": v.string(), "code": v.string()},
    returns=v.id("verifications"),
)
async def store(ctx, args):
    earlier = (
        await ctx.db.query("verifications")
        .with_index("by_userId", lambda q: q.eq("userId", args["userId"]))
        .unique()
    )
    if earlier is not None:
        await ctx.db.delete("verifications", earlier["_id"])
    return await ctx.db.insert("verifications", {**args, "expiresAt": now_ms() + GOOD_FOR_MS})


@mutation(args={"code": v.string()}, returns=v.boolean())
async def confirm(ctx, args):
    """Say whether the code was right. Either way it is used up, or else it could be guessed."""
    user = await require_user(ctx)
    found = (
        await ctx.db.query("verifications")
        .with_index("by_userId", lambda q: q.eq("userId", user["_id"]))
        .unique()
    )
    if found is None:
        return False
    await ctx.db.delete("verifications", found["_id"])
    if found["code"] != args["code"] or found["expiresAt"] < now_ms():
        return False
    await ctx.db.patch("users", user["_id"], {"phone": found["phone"]})
    return True
