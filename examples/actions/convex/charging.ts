import { ConvexError } from "convex/values";

const SERVICE = "https://payments.example.com/charges";
const PATIENCE_MS = 20_000;

// Charges an order. The key makes that safe to repeat: the service charges once for each key, however often it is asked.
export async function charge(orderId: string, amount: number): Promise<string> {
  const response = await fetch(SERVICE, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": orderId },
    body: JSON.stringify({ amount, metadata: { orderId } }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) {
    throw new ConvexError({ code: "PAYMENT_FAILED", status: response.status });
  }
  const { id } = await response.json();
  return id;
}
