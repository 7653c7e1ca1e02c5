import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action } from "./_generated/server";
import type { Outcome } from "./lib/notices";
import { SECOND_MS, sleep } from "./lib/time";
import { sendEmail } from "./services/email";
import { INTERVAL_MS, sendSms } from "./services/sms";

const MAX_RECIPIENTS = 100;
// An action gets to do eight things at once; more would only wait for their turn.
const AT_ONCE = 8;
const ATTEMPTS = 3;

const resultValidator = v.object({ to: v.string(), ok: v.boolean(), error: v.optional(v.string()) });
const totalValidator = v.object({
  success: v.number(),
  failed: v.number(),
  results: v.array(resultValidator),
});

// Tries again a second later, then two: the caller waits, so not for long.
async function persist(attempt: () => Promise<Outcome>): Promise<Outcome> {
  let outcome = await attempt();
  for (let tries = 1; tries < ATTEMPTS && outcome.kind === "failed" && outcome.again; tries++) {
    await sleep(SECOND_MS * 2 ** (tries - 1));
    outcome = await attempt();
  }
  return outcome;
}

function total(recipients: string[], outcomes: Outcome[]) {
  const results = outcomes.map((outcome, index) => {
    const to = recipients[index];
    return outcome.kind === "sent" ? { to, ok: true } : { to, ok: false, error: outcome.error };
  });
  const success = results.filter((result) => result.ok).length;
  return { success, failed: results.length - success, results };
}

function checkRecipients(recipients: string[]): void {
  if (recipients.length > MAX_RECIPIENTS) {
    throw new ConvexError({ code: "too-many-recipients", most: MAX_RECIPIENTS });
  }
}

// `key` is the client's name for this mailing: whoever calls again after a failure doesn't write to anybody twice.
export const emails = action({
  args: { recipients: v.array(v.string()), subject: v.string(), text: v.string(), key: v.string() },
  returns: totalValidator,
  handler: async (ctx, { recipients, subject, text, key }) => {
    const actorId = await ctx.runQuery(internal.people.staff, {});
    checkRecipients(recipients);
    const outcomes: Outcome[] = [];
    for (let start = 0; start < recipients.length; start += AT_ONCE) {
      const some = recipients.slice(start, start + AT_ONCE);
      outcomes.push(
        ...(await Promise.all(
          some.map((to) => persist(() => sendEmail({ to, subject, text }, `${key}/${to}`))),
        )),
      );
    }
    const { success, failed, results } = total(recipients, outcomes);
    const details = { key, success, failed };
    await ctx.runMutation(internal.audit.write, { actorId, action: "bulk e-mail", subject: "emails", details });
    return { success, failed, results };
  },
});

export const texts = action({
  args: { recipients: v.array(v.string()), message: v.string(), key: v.string() },
  returns: totalValidator,
  handler: async (ctx, { recipients, message, key }) => {
    const actorId = await ctx.runQuery(internal.people.staff, {});
    checkRecipients(recipients);
    const outcomes: Outcome[] = [];
    for (const to of recipients) {
      await sleep(await ctx.runMutation(internal.limits.reserve, { name: "sms", intervalMs: INTERVAL_MS }));
      outcomes.push(await persist(() => sendSms(to, message, `${key}/${to}`)));
    }
    const { success, failed, results } = total(recipients, outcomes);
    const details = { key, success, failed };
    await ctx.runMutation(internal.audit.write, { actorId, action: "bulk SMS", subject: "texts", details });
    return { success, failed, results };
  },
});
