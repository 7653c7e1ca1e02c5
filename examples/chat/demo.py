"""A day in the life of the chat, in TypeScript and in Python: the same day."""

from __future__ import annotations

import time
from pathlib import Path

from biconvex.sim import Deployment, OutboundRequest, Reply

CHAT = Path(__file__).parent
SERVICE = "https://llm.example.com/v1/chat"


def answer(request: OutboundRequest) -> Reply:
    """Stand for the language model, which is out for lunch at noon."""
    hour = round(request.time_ms / 3_600_000) % 24
    if hour == 12:
        return Reply(status=503, latency_ms=2_000)
    said = request.json()["messages"][-1]["content"]
    return Reply(json={"choices": [{"message": {"content": f"You said: {said}"}}]}, latency_ms=800)


def live(language: str, folder: Path) -> Deployment:
    """Simulate one day; what happened is in the deployment that comes back."""
    began = time.perf_counter()
    convex = Deployment(folder, seed=7)
    convex.outbound.on("POST", SERVICE, answer)
    ada = convex.mutation("people:join", {"name": "Ada"})
    channel = convex.mutation("channels:open", {"name": "general"})
    convex.as_admin().mutation("cleanup:sweep")
    for hour in range(24):
        convex.mutation(
            "messages:send", {"authorId": ada, "channelId": channel, "content": f"it is {hour} o'clock"}
        )
        convex.advance(hours=1)
    took = time.perf_counter() - began
    messages, jobs = convex.db.table("messages"), convex.db.table("_scheduled_functions")
    print(
        f"  {language:<10}  one day in {took:.2f} s: {len(messages)} messages, {len(jobs)} scheduled functions, "
        f"{len(convex.trace)} events, digest {convex.trace.digest}"
    )
    return convex


def main() -> None:
    """Live the day twice and compare."""
    print("A day of examples/chat on a virtual clock")
    typescript = live("TypeScript", CHAT / "convex")
    python = live("Python", CHAT / "python")
    same = typescript.trace.digest == python.trace.digest
    print(f"  the two days are {'the same, event by event' if same else 'DIFFERENT'}\n")
    print("Noon, when the language model was down:")
    noon = [event for event in typescript.trace if "12:00:0" in str(event)]
    print(typescript.trace.HEADER)
    for line in map(str, noon):
        print(line if len(line) <= 118 else f"{line[:117]}…")
    typescript.close()
    python.close()
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
