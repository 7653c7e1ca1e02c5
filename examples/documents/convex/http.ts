import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { receive } from "./webhooks";

const DOCUMENTS = "/api/documents/";

const http = httpRouter();

http.route({
  path: "/webhook/stripe",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const body = await request.text();
    const known = await receive(ctx, body, request.headers.get("stripe-signature"));
    return new Response(known ? "OK" : "Bad signature", { status: known ? 200 : 400 });
  }),
});

// A path has no parameters: `/api/documents/:id` would serve that very path and no other. A prefix serves all below it.
http.route({
  pathPrefix: DOCUMENTS,
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const id = new URL(request.url).pathname.slice(DOCUMENTS.length);
    const document = await ctx.runQuery(internal.documents.visible, { id });
    if (document === null) {
      return Response.json({ error: "Not found" }, { status: 404 });
    }
    return Response.json(document);
  }),
});

export default http;
