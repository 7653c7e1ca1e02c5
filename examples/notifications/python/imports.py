from biconvex.sim.server import internal, internal_mutation, mutation, query
from biconvex.sim.values import UNDEFINED, ConvexError, v

from .audit import record
from .lib.collections import (
    collection_validator,
    problems_of,
    read_beneficiary,
    read_donation,
    row_validator,
)
from .lib.people import require_staff

MAX_ROWS = 500

mode_validator = v.union(v.literal("insert"), v.literal("update"), v.literal("upsert"))
done_validator = v.union(v.literal("inserted"), v.literal("updated"))
errors_validator = v.array(v.object({"row": v.number(), "field": v.string(), "message": v.string()}))


def check_size(rows):
    if len(rows) > MAX_ROWS:
        raise ConvexError({"code": "too-many-rows", "most": MAX_ROWS})


def refused(problems):
    return ConvexError({"code": "invalid-row", "problems": problems})


def check_mode(mode, field, *, exists):
    """Whether there should be a document by now, by the mode of the import."""
    if exists and mode == "insert":
        raise refused([{"field": field, "message": "is there already"}])
    if not exists and mode == "update":
        raise refused([{"field": field, "message": "is unknown"}])
    return "updated" if exists else "inserted"


@query(
    args={"collection": collection_validator, "rows": v.array(row_validator)},
    returns=v.object({"valid": v.number(), "errors": errors_validator}),
)
async def check(ctx, args):
    """What is wrong with the rows by themselves: for a form that wants to know before it imports."""
    await require_staff(ctx)
    check_size(args["rows"])
    problems = [problems_of(args["collection"], row) for row in args["rows"]]
    errors = [{"row": row, **problem} for row, found in enumerate(problems, 1) for problem in found]
    return {"valid": sum(not found for found in problems), "errors": errors}


@mutation(
    args={"collection": collection_validator, "mode": mode_validator, "rows": v.array(row_validator)},
    returns=v.object(
        {"inserted": v.number(), "updated": v.number(), "failed": v.number(), "errors": errors_validator}
    ),
)
async def run(ctx, args):
    user = await require_staff(ctx)
    check_size(args["rows"])
    done = {"inserted": 0, "updated": 0, "failed": 0}
    errors = []
    is_person = args["collection"] == "beneficiaries"
    one = internal.imports.beneficiary if is_person else internal.imports.donation
    for index, row in enumerate(args["rows"]):
        try:
            # Within ours, a transaction of its own: what a bad row has written is undone, and nothing else.
            how = await ctx.run_mutation(one, {"mode": args["mode"], "row": row})
            done[how] += 1
        except ConvexError as error:
            done["failed"] += 1
            errors += [{"row": index + 1, **problem} for problem in error.data["problems"]]
    await record(ctx, user["_id"], "import", args["collection"], {"mode": args["mode"], **done})
    return {**done, "errors": errors}


@internal_mutation(args={"mode": mode_validator, "row": row_validator}, returns=done_validator)
async def beneficiary(ctx, args):
    value, problems = read_beneficiary(args["row"])
    if problems:
        raise refused(problems)
    existing = (
        await ctx.db.query("beneficiaries")
        .with_index("by_code", lambda q: q.eq("code", value["code"]))
        .unique()
    )
    done = check_mode(args["mode"], "code", exists=existing is not None)
    if existing is None:
        given = {field: found for field, found in value.items() if found is not None}
        await ctx.db.insert("beneficiaries", {**given, "received": 0})
    else:
        change = {field: UNDEFINED if found is None else found for field, found in value.items()}
        await ctx.db.patch("beneficiaries", existing["_id"], change)
    return done


@internal_mutation(args={"mode": mode_validator, "row": row_validator}, returns=done_validator)
async def donation(ctx, args):
    value, problems = read_donation(args["row"])
    if problems:
        raise refused(problems)
    existing = (
        await ctx.db.query("donations")
        .with_index("by_receipt", lambda q: q.eq("receipt", value["receipt"]))
        .unique()
    )
    done = check_mode(args["mode"], "receipt", exists=existing is not None)
    if existing is None:
        await ctx.db.insert("donations", value)
    else:
        await credit(ctx, existing, -1)
        await ctx.db.replace("donations", existing["_id"], value)
    await credit(ctx, value, 1)
    return done


async def credit(ctx, donated, sign):
    """Add a donation to what its beneficiary has received, or take it off."""
    found = (
        await ctx.db.query("beneficiaries")
        .with_index("by_code", lambda q: q.eq("code", donated["beneficiary"]))
        .unique()
    )
    if found is None:
        raise refused([{"field": "beneficiary", "message": "is unknown"}])
    amount = sign * donated["amount"] if donated["status"] == "received" else 0
    await ctx.db.patch("beneficiaries", found["_id"], {"received": found["received"] + amount})
