import asyncio

from biconvex.sim.server import action, internal
from biconvex.sim.values import ConvexError, v

from .lib.time import SECOND_MS, sleep
from .services.email import send_email
from .services.sms import INTERVAL_MS, send_sms

MAX_RECIPIENTS = 100
# An action gets to do eight things at once; more would only wait for their turn.
AT_ONCE = 8
ATTEMPTS = 3

result_validator = v.object({"to": v.string(), "ok": v.boolean(), "error": v.optional(v.string())})
total_validator = v.object(
    {"success": v.number(), "failed": v.number(), "results": v.array(result_validator)}
)


async def persist(attempt):
    """Try again a second later, then two: the caller waits, so not for long."""
    outcome = await attempt()
    for tries in range(1, ATTEMPTS):
        if outcome["kind"] != "failed" or not outcome["again"]:
            break
        await sleep(SECOND_MS * 2 ** (tries - 1))
        outcome = await attempt()
    return outcome


def total(recipients, outcomes):
    results = [
        {"to": to, "ok": True}
        if outcome["kind"] == "sent"
        else {"to": to, "ok": False, "error": outcome["error"]}
        for to, outcome in zip(recipients, outcomes, strict=True)
    ]
    success = sum(result["ok"] for result in results)
    return {"success": success, "failed": len(results) - success, "results": results}


def check_recipients(recipients):
    if len(recipients) > MAX_RECIPIENTS:
        raise ConvexError({"code": "too-many-recipients", "most": MAX_RECIPIENTS})


@action(
    args={"recipients": v.array(v.string()), "subject": v.string(), "text": v.string(), "key": v.string()},
    returns=total_validator,
)
async def emails(ctx, args):
    """`key` is the client's name for this mailing: whoever calls again doesn't write to anybody twice."""
    actor_id = await ctx.run_query(internal.people.staff)
    recipients, key = args["recipients"], args["key"]
    check_recipients(recipients)

    async def send(to):
        email = {"to": to, "subject": args["subject"], "text": args["text"]}
        return await persist(lambda: send_email(email, f"{key}/{to}"))

    outcomes = []
    for start in range(0, len(recipients), AT_ONCE):
        outcomes += await asyncio.gather(*map(send, recipients[start : start + AT_ONCE]))
    found = total(recipients, outcomes)
    details = {"key": key, "success": found["success"], "failed": found["failed"]}
    line = {"actorId": actor_id, "action": "bulk e-mail", "subject": "emails", "details": details}
    await ctx.run_mutation(internal.audit.write, line)
    return found


@action(
    args={"recipients": v.array(v.string()), "message": v.string(), "key": v.string()},
    returns=total_validator,
)
async def texts(ctx, args):
    actor_id = await ctx.run_query(internal.people.staff)
    recipients, key = args["recipients"], args["key"]
    check_recipients(recipients)

    async def send(to):
        return await persist(lambda: send_sms(to, args["message"], f"{key}/{to}"))

    outcomes = []
    for to in recipients:
        turn = {"name": "sms", "intervalMs": INTERVAL_MS}
        wait_ms = await ctx.run_mutation(internal.limits.reserve, turn)
        await sleep(wait_ms)
        outcomes.append(await send(to))
    found = total(recipients, outcomes)
    details = {"key": key, "success": found["success"], "failed": found["failed"]}
    line = {"actorId": actor_id, "action": "bulk SMS", "subject": "texts", "details": details}
    await ctx.run_mutation(internal.audit.write, line)
    return found
