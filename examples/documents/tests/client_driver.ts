// Runs the example's client with the package's own `ConvexHttpClient`, whose requests go to the test instead of the network:
// a line of JSON each to standard output, and the response as a line on standard input.
import * as readline from "node:readline";
import { ConvexHttpClient } from "convex/browser";
import * as documents from "../client/documents";

type Step = { call: "remove" | "archive"; given: any; token: string | null };

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);

async function ask(url: any, init: any): Promise<Response> {
  say({ url: String(url), method: init.method, headers: init.headers, body: init.body });
  const { status, body } = JSON.parse((await lines.next()).value);
  return new Response(body, { status });
}

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { call, given, token }: Step = JSON.parse(line);
  const options = { fetch: ask as typeof fetch, logger: false };
  const client = new ConvexHttpClient("https://anonymous-biconvex.convex.cloud", options);
  if (token !== null) {
    client.setAuth(token);
  }
  try {
    say({ told: await documents[call](client, given) });
  } catch (error) {
    say({ thrown: String(error) });
  }
}
