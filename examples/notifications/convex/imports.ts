import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { MutationCtx } from "./_generated/server";
import { internalMutation, mutation, query } from "./_generated/server";
import { record } from "./audit";
import {
  collectionValidator,
  type Problem,
  problemsOf,
  readBeneficiary,
  readDonation,
  type Row,
  rowValidator,
} from "./lib/collections";
import { requireStaff } from "./lib/people";

const MAX_ROWS = 500;

const modeValidator = v.union(v.literal("insert"), v.literal("update"), v.literal("upsert"));
const doneValidator = v.union(v.literal("inserted"), v.literal("updated"));
const errorsValidator = v.array(v.object({ row: v.number(), field: v.string(), message: v.string() }));

type Mode = Infer<typeof modeValidator>;
type Done = Infer<typeof doneValidator>;
type RowError = Problem & { row: number };

function checkSize(rows: Row[]): void {
  if (rows.length > MAX_ROWS) {
    throw new ConvexError({ code: "too-many-rows", most: MAX_ROWS });
  }
}

function refuse(problems: Problem[]): never {
  throw new ConvexError({ code: "invalid-row", problems });
}

// Whether there should be a document by now, by the mode of the import.
function checkMode(mode: Mode, field: string, exists: boolean): Done {
  if (exists && mode === "insert") {
    refuse([{ field, message: "is there already" }]);
  }
  if (!exists && mode === "update") {
    refuse([{ field, message: "is unknown" }]);
  }
  return exists ? "updated" : "inserted";
}

// What is wrong with the rows by themselves: for a form that wants to know before it imports.
export const check = query({
  args: { collection: collectionValidator, rows: v.array(rowValidator) },
  returns: v.object({ valid: v.number(), errors: errorsValidator }),
  handler: async (ctx, { collection, rows }) => {
    await requireStaff(ctx);
    checkSize(rows);
    const problems = rows.map((row) => problemsOf(collection, row));
    const errors = problems.flatMap((found, index) => found.map((problem) => ({ row: index + 1, ...problem })));
    return { valid: problems.filter((found) => found.length === 0).length, errors };
  },
});

export const run = mutation({
  args: { collection: collectionValidator, mode: modeValidator, rows: v.array(rowValidator) },
  returns: v.object({ inserted: v.number(), updated: v.number(), failed: v.number(), errors: errorsValidator }),
  handler: async (ctx, { collection, mode, rows }) => {
    const user = await requireStaff(ctx);
    checkSize(rows);
    const done = { inserted: 0, updated: 0, failed: 0 };
    const errors: RowError[] = [];
    const one = collection === "beneficiaries" ? internal.imports.beneficiary : internal.imports.donation;
    for (const [index, row] of rows.entries()) {
      try {
        // Within ours, a transaction of its own: what a bad row has written is undone, and nothing else.
        const how: Done = await ctx.runMutation(one, { mode, row });
        done[how] += 1;
      } catch (error) {
        if (!(error instanceof ConvexError)) {
          throw error;
        }
        const problems: Problem[] = error.data.problems;
        done.failed += 1;
        errors.push(...problems.map((problem) => ({ row: index + 1, ...problem })));
      }
    }
    await record(ctx, user._id, "import", collection, { mode, ...done });
    return { ...done, errors };
  },
});

export const beneficiary = internalMutation({
  args: { mode: modeValidator, row: rowValidator },
  returns: doneValidator,
  handler: async (ctx, { mode, row }) => {
    const { value, problems } = readBeneficiary(row);
    if (problems.length > 0) {
      refuse(problems);
    }
    const existing = await ctx.db
      .query("beneficiaries")
      .withIndex("by_code", (q) => q.eq("code", value.code))
      .unique();
    const done = checkMode(mode, "code", existing !== null);
    if (existing === null) {
      await ctx.db.insert("beneficiaries", { ...value, received: 0 });
    } else {
      await ctx.db.patch("beneficiaries", existing._id, value);
    }
    return done;
  },
});

export const donation = internalMutation({
  args: { mode: modeValidator, row: rowValidator },
  returns: doneValidator,
  handler: async (ctx, { mode, row }) => {
    const { value, problems } = readDonation(row);
    if (problems.length > 0) {
      refuse(problems);
    }
    const existing = await ctx.db
      .query("donations")
      .withIndex("by_receipt", (q) => q.eq("receipt", value.receipt))
      .unique();
    const done = checkMode(mode, "receipt", existing !== null);
    if (existing === null) {
      await ctx.db.insert("donations", value);
    } else {
      await credit(ctx, existing, -1);
      await ctx.db.replace("donations", existing._id, value);
    }
    await credit(ctx, value, 1);
    return done;
  },
});

// Adds a donation to what its beneficiary has received, or takes it off.
async function credit(
  ctx: MutationCtx,
  donation: { beneficiary: string; amount: number; status: string },
  sign: 1 | -1,
): Promise<void> {
  const found = await ctx.db
    .query("beneficiaries")
    .withIndex("by_code", (q) => q.eq("code", donation.beneficiary))
    .unique();
  if (found === null) {
    refuse([{ field: "beneficiary", message: "is unknown" }]);
  }
  const amount = donation.status === "received" ? sign * donation.amount : 0;
  await ctx.db.patch("beneficiaries", found._id, { received: found.received + amount });
}
