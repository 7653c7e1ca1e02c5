import { expect, test } from "vitest";
import { api } from "../workload/convex/_generated/api";
import { deployment, measure } from "./measures";

const SIZES = [1_000, 10_000, 50_000];
const MOST_WRITES = 8_000;

test("scale", async () => {
  const warmUp = deployment();
  await warmUp.mutation(api.messages.fill, { from: 0, count: 200 });

  for (const fill of ["fill", "fillTogether"] as const) {
    const fresh = [deployment(), deployment(), deployment()];
    await measure(fill, fresh.length, (call) =>
      fresh[call]!.mutation(api.messages[fill], { from: 0, count: MOST_WRITES }),
    );
  }
  await measure("fresh", 50, async () => {
    await deployment().mutation(api.messages.fill, { from: 0, count: 1 });
  });

  const convex = deployment();
  let size = 0;
  for (const next of SIZES) {
    while (size < next) {
      const count = Math.min(MOST_WRITES, next - size);
      await convex.mutation(api.messages.fill, { from: size, count });
      size += count;
    }
    const newest = await convex.query(api.messages.newest, { channel: "c3" });
    expect(newest.map(({ n }) => n)).toEqual(Array.from({ length: 10 }, (_, at) => size - 7 - at * 10));
    const page = { channel: "c3", paginationOpts: { cursor: null, numItems: 10 } };
    await measure(`newest ${size}`, 20, () => convex.query(api.messages.newest, { channel: "c3" }));
    await measure(`page ${size}`, 20, () => convex.query(api.messages.page, page));
  }
});
