import convex from "@convex-dev/eslint-plugin";
import tseslint from "typescript-eslint";

/** Every rule of the official plugin, for the functions of a project; with types or without. */
export const config = ({ types }) => [
  {
    files: ["**/convex/**/*.ts"],
    ignores: ["**/_generated/**", "**/*.test.ts", "**/*.spec.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: types ? { projectService: true, tsconfigRootDir: process.cwd() } : {},
    },
    plugins: { "@convex-dev": convex, "@typescript-eslint": tseslint.plugin },
    rules: {
      ...Object.fromEntries(Object.keys(convex.rules).map((rule) => [`@convex-dev/${rule}`, "error"])),
      ...(types ? { "@typescript-eslint/no-floating-promises": "error" } : {}),
    },
  },
];
