from biconvex.sim import ConvexError


def remove(client, document_id):
    """Delete a document; what to tell the user."""
    try:
        client.mutation("documents:remove", {"id": document_id})
    except ConvexError as error:
        return explain(error)
    return "Deleted."


def archive(client, document_ids):
    """Archive documents; what to tell the user."""
    try:
        count = client.mutation("documents:mark", {"ids": document_ids, "status": "archived"})
    except ConvexError as error:
        return explain(error)
    return f"Archived: {int(count)}."


def explain(error):
    """What to tell the user of an error that the backend meant them to know.

    Any other is a bug, and for whoever catches those.
    """
    match error.data["code"]:
        case "UNAUTHORIZED":
            return "Please log in."
        case "NOT_FOUND":
            return "Somebody has deleted it."
        case "FORBIDDEN":
            return "It belongs to somebody else."
        case "TOO_MANY":
            return error.data["message"]
    raise error
