import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "edge-runtime",
    include: ["peer/**/*.bench.ts"],
    server: { deps: { inline: ["convex-test"] } },
    testTimeout: 600_000,
  },
});
