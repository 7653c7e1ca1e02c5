import os

from biconvex.sim.server import fetch
from biconvex.sim.values import ConvexError

SERVICE = "https://llm.example.com/v1/chat/completions"


async def complete(prompt):
    """Ask the language model. Only actions can: queries and mutations have no `fetch`."""
    response = await fetch(
        SERVICE,
        method="POST",
        headers={"Authorization": f"Bearer {os.environ['LLM_API_KEY']}"},
        json={"model": "small", "messages": [{"role": "user", "content": prompt}]},
    )
    if not response.ok:
        raise ConvexError({"code": "MODEL_UNAVAILABLE", "status": response.status})
    completion = await response.json()
    return completion["choices"][0]["message"]["content"]
