import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { sameSecret } from "./lib/texts";

const http = httpRouter();

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

// Whether a request carries the secret. Without one in the environment nobody gets in.
function isAuthorized(request: Request, secret: string | undefined): boolean {
  const header = request.headers.get("Authorization");
  if (!secret || !header?.startsWith("Bearer ")) {
    return false;
  }
  return sameSecret(header.substring("Bearer ".length), secret);
}

http.route({
  path: "/api/health",
  method: "GET",
  handler: httpAction(async () => json({ status: "ok" })),
});

// The payment provider tells of a payment, and tells again until it gets a 200.
http.route({
  path: "/api/webhook",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    if (!isAuthorized(request, process.env.WEBHOOK_SECRET)) {
      return json({ error: "Unauthorized" }, 401);
    }
    const { paymentId, orderId, amount } = await request.json();
    if (typeof paymentId !== "string" || typeof orderId !== "string" || typeof amount !== "number") {
      return json({ error: "Not a payment" }, 400);
    }
    const { success } = await ctx.runMutation(internal.payments.record, { paymentId, orderId, amount });
    return json({ success }, success ? 200 : 404);
  }),
});

http.route({
  path: "/api/protected",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    if (!isAuthorized(request, process.env.API_TOKEN)) {
      return json({ error: "Unauthorized" }, 401);
    }
    const payments = await ctx.runQuery(internal.payments.latest, {});
    return json({ payments });
  }),
});

export default http;
