"use node";

import { createHash } from "node:crypto";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalAction } from "./_generated/server";

const MAIL = "https://api.mail.example.com/emails";
const PAY = "https://api.pay.example.com/charges";

async function post(url: string, key: string | undefined, idempotencyKey: string, body: object): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${key}`,
      "Content-Type": "application/json",
      "Idempotency-Key": idempotencyKey,
    },
    body: JSON.stringify(body),
  });
}

// The provider is told which order it is: whoever pays again after a failure is charged once.
export const pay = action({
  args: { orderId: v.string() },
  returns: v.object({ success: v.boolean() }),
  handler: async (ctx, { orderId }): Promise<{ success: boolean }> => {
    const order = await ctx.runQuery(internal.orders.toPay, { orderId });
    if (order === null) {
      throw new ConvexError({ code: "no-such-order" });
    }
    if (order.status !== "pending") {
      return { success: order.status === "paid" };
    }
    const { amount } = order;
    const response = await post(PAY, process.env.PAY_API_KEY, orderId, { orderId, amount });
    if (!response.ok) {
      return { success: false };
    }
    const { paymentId } = await response.json();
    const { success } = await ctx.runMutation(internal.payments.record, { paymentId, orderId, amount });
    return { success };
  },
});

// Best effort, and so not tried again. The hash keeps the address out of the provider's logs.
export const confirm = internalAction({
  args: { orderId: v.string(), email: v.string() },
  returns: v.object({ success: v.boolean(), messageId: v.optional(v.string()) }),
  handler: async (_ctx, { orderId, email }) => {
    const key = createHash("sha256").update(`${orderId} ${email}`).digest("hex").slice(0, 16);
    const letter = { to: email, subject: "Your order", text: `We have your order ${orderId}.` };
    const response = await post(MAIL, process.env.MAIL_API_KEY, key, letter);
    if (!response.ok) {
      return { success: false };
    }
    const data = await response.json();
    return { success: true, messageId: String(data.id) };
  },
});
