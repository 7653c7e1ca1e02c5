from biconvex.sim.server import fetch


async def post(url, headers, body):
    """Send one message to a service.

    A service that is overloaded, down or out of reach may do better next time; one that refuses the message won't.
    """
    try:
        response = await fetch(url, method="POST", headers=headers, json=body)
    except RuntimeError:
        return {"kind": "failed", "error": "out of reach", "again": True}
    if response.ok:
        return {"kind": "sent"}
    again = response.status == 429 or response.status >= 500
    return {"kind": "failed", "error": f"status {response.status}", "again": again}
