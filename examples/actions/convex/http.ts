import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { isSigned } from "./signature";

const http = httpRouter();

http.route({
  path: "/webhook/stripe",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const secret = process.env.STRIPE_WEBHOOK_SECRET;
    if (secret === undefined) {
      return Response.json({ error: "not configured" }, { status: 503 });
    }
    const body = await request.text();
    if (!(await isSigned(body, request.headers.get("stripe-signature"), secret))) {
      return Response.json({ error: "bad signature" }, { status: 400 });
    }
    const event = JSON.parse(body);
    if (event.type === "charge.succeeded") {
      const { id, amount, metadata } = event.data.object;
      await ctx.runMutation(internal.orders.pay, { orderId: metadata?.orderId ?? "", chargeId: id, amount });
    }
    // Whatever else it is, it has arrived: Stripe would send it again otherwise.
    return Response.json({ received: true });
  }),
});

export default http;
