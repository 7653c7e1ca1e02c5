import { convexTest } from "convex-test";
import schema from "../workload/convex/schema";

const modules = import.meta.glob("../workload/convex/**/*.ts");

export const deployment = () => convexTest(schema, modules);

/** The nth message; the same as `message` in simulator.py. */
export const message = (n: number) => ({
  channel: `c${n % 10}`,
  status: n % 2 === 1 ? "open" : "done",
  author: `user${n % 97}`,
  body: `message number ${n} ${"x".repeat(80)}`,
  n,
});

const median = (values: number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Calls `work` some times, and prints the median of the time a call took. */
export async function measure(name: string, calls: number, work: (call: number) => Promise<unknown>) {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const began = performance.now();
    await work(call);
    times.push(performance.now() - began);
  }
  console.log(`MEASURED ${JSON.stringify({ name, ms: median(times) })}`);
}
