import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "edge-runtime",
    include: ["{peer,results/suite}/**/*.bench.ts"],
    server: { deps: { inline: ["convex-test"] } },
    testTimeout: 600_000,
  },
});
