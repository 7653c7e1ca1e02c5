import type { Outcome } from "../lib/notices";
import { turkishPhone } from "../lib/phones";
import { post } from "./post";

const SERVICE = "https://api.sms.example.com/accounts";

// How far two messages must be apart, so that the service takes them.
export const INTERVAL_MS = 1000;

export async function sendSms(to: string, message: string, key: string): Promise<Outcome> {
  const account = process.env.SMS_ACCOUNT;
  const token = process.env.SMS_TOKEN;
  const from = process.env.SMS_FROM;
  if (account === undefined || token === undefined || from === undefined) {
    console.warn("SMS is not configured: set SMS_ACCOUNT, SMS_TOKEN and SMS_FROM");
    return { kind: "skipped", error: "SMS is not configured" };
  }
  const phone = turkishPhone(to);
  if (phone === null) {
    return { kind: "failed", error: `no Turkish mobile number: ${to}`, again: false };
  }
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Idempotency-Key": key,
  };
  const body = JSON.stringify({ from, to: phone, message });
  const outcome = await post(`${SERVICE}/${account}/messages`, headers, body);
  if (outcome.kind === "failed") {
    console.error(`no SMS to ${phone}: ${outcome.error}`);
  }
  return outcome;
}

export async function sendVerification(phone: string, code: string, key: string): Promise<Outcome> {
  return await sendSms(phone, `Your code is ${code}. It is good for ten minutes.`, key);
}

export async function sendNotice(phone: string, title: string, body: string, key: string): Promise<Outcome> {
  return await sendSms(phone, `${title}: ${body}`, key);
}
