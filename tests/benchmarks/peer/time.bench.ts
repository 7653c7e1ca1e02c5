import { expect, test, vi } from "vitest";
import { api } from "../workload/convex/_generated/api";
import { deployment, measure, message } from "./measures";

const HOPS = 1_000;

test("time", async () => {
  const warmUp = deployment();
  for (let n = 0; n < 200; n++) await warmUp.mutation(api.messages.insert, message(n));

  // The clock that measures stays the real one.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  await measure("chain", 3, async () => {
    const convex = deployment();
    await convex.mutation(api.hops.start, { hops: HOPS });
    await convex.finishAllScheduledFunctions(vi.runAllTimers, 100 * HOPS);
    expect(await convex.query(api.hops.count, {})).toBe(HOPS);
  });
  vi.useRealTimers();

  const convex = deployment();
  const id = await convex.mutation(api.messages.insert, message(0));
  await measure("action", 100, () => convex.action(api.messages.work, { id }));
});
