from biconvex.sim.values import ConvexError


async def caller(ctx):
    """Who calls. Every expected failure has a code for programs and a message for people.

    In production a client reads no other.
    """
    identity = await ctx.auth.get_user_identity()
    if identity is None:
        raise ConvexError({"code": "UNAUTHORIZED", "message": "You are not logged in"})
    return identity["tokenIdentifier"]


async def owned(ctx, document_id):
    """The document, if it is the caller's own: to be asked before every write."""
    user_id = await caller(ctx)
    document = await ctx.db.get("documents", document_id)
    if document is None:
        raise ConvexError(
            {"code": "NOT_FOUND", "message": "There is no such document", "documentId": document_id}
        )
    if document["ownerId"] != user_id:
        raise ConvexError(
            {"code": "FORBIDDEN", "message": "This is not your document", "documentId": document_id}
        )
    return document
