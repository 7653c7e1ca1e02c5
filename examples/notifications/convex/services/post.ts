import type { Outcome } from "../lib/notices";

// Sends one message to a service. A service that is overloaded, down or out of reach may do better next time; one that
// refuses the message won't.
export async function post(url: string, headers: Record<string, string>, body: string): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body });
  } catch {
    return { kind: "failed", error: "out of reach", again: true };
  }
  if (response.ok) {
    return { kind: "sent" };
  }
  const again = response.status === 429 || response.status >= 500;
  return { kind: "failed", error: `status ${response.status}`, again };
}
