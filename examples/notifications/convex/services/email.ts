import type { Outcome } from "../lib/notices";
import { render, type Template } from "../lib/templates";
import { post } from "./post";

const SERVICE = "https://api.mail.example.com/emails";

type Email = { to: string; subject: string; text: string };

// The key tells the service which message it is: sent twice under one key, it is delivered once.
export async function sendEmail(email: Email, key: string): Promise<Outcome> {
  const apiKey = process.env.EMAIL_API_KEY;
  const from = process.env.EMAIL_FROM;
  if (apiKey === undefined || from === undefined) {
    console.warn("e-mail is not configured: set EMAIL_API_KEY and EMAIL_FROM");
    return { kind: "skipped", error: "e-mail is not configured" };
  }
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    "Content-Type": "application/json",
    "Idempotency-Key": key,
  };
  const outcome = await post(SERVICE, headers, JSON.stringify({ from, ...email }));
  if (outcome.kind === "failed") {
    console.error(`no e-mail to ${email.to}: ${outcome.error}`);
  }
  return outcome;
}

export async function sendTemplate(
  to: string,
  template: Template,
  values: Record<string, string>,
  key: string,
): Promise<Outcome> {
  return await sendEmail({ to, ...render(template, values) }, key);
}
