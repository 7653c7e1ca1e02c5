import { expect, test } from "vitest";
import { api } from "../workload/convex/_generated/api";
import { deployment, measure, message } from "./measures";

test("calls", async () => {
  const warmUp = deployment();
  for (let n = 0; n < 200; n++) await warmUp.mutation(api.messages.insert, message(n));

  const convex = deployment();
  await measure("insert", 10_000, (n) => convex.mutation(api.messages.insert, message(n)));

  const newest = await convex.query(api.messages.newest, { channel: "c3" });
  expect(newest.map((found) => found.n)).toEqual([9993, 9983, 9973, 9963, 9953, 9943, 9933, 9923, 9913, 9903]);
  const id = newest[0]!._id;
  await measure("newest", 30, () => convex.query(api.messages.newest, { channel: "c3" }));
  await measure("page", 30, () =>
    convex.query(api.messages.page, { channel: "c3", paginationOpts: { cursor: null, numItems: 10 } }),
  );
  await measure("get", 200, () => convex.query(api.messages.get, { id }));
  await measure("patch", 200, (n) => convex.mutation(api.messages.patch, { id, body: `changed ${n}` }));
});
