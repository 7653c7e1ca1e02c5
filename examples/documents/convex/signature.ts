const TOLERANCE_S = 5 * 60;

// Whether a body was signed with the secret, as Stripe does it: the header has the time and one or more signatures of
// `time.body`. It must be the raw body: parsed and written again, it would be another one. An old signature is refused,
// so that nobody can record a request and send it again.
export async function isSigned(body: string, header: string | null, secret: string): Promise<boolean> {
  const parts = (header ?? "").split(",").map((part) => part.split("="));
  const time = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!/^\d{1,12}$/.test(time) || Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_S) {
    return false;
  }
  const encode = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), algorithm, false, ["verify"]);
  const signed = encode(`${time}.${body}`);
  for (const [name, value] of parts) {
    const pairs = name === "v1" && /^[0-9a-f]{64}$/.test(value) ? value.match(/../g) : null;
    if (pairs !== null) {
      const signature = Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
      if (await crypto.subtle.verify("HMAC", key, signature, signed)) {
        return true;
      }
    }
  }
  return false;
}
