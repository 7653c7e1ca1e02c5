from biconvex.sim.server import Response, http_action, http_router, internal

from .webhooks import receive

DOCUMENTS = "/api/documents/"

http = http_router()


@http_action
async def stripe(ctx, request):
    body = await request.text()
    known = await receive(ctx, body, request.headers.get("stripe-signature"))
    return Response("OK" if known else "Bad signature", status=200 if known else 400)


@http_action
async def document(ctx, request):
    document_id = request.path.removeprefix(DOCUMENTS)
    found = await ctx.run_query(internal.documents.visible, {"id": document_id})
    if found is None:
        return Response(json={"error": "Not found"}, status=404)
    return Response(json=found)


http.route(path="/webhook/stripe", method="POST", handler=stripe)
# A path has no parameters: `/api/documents/:id` would serve that very path and no other. A prefix serves all below it.
http.route(path_prefix=DOCUMENTS, method="GET", handler=document)
