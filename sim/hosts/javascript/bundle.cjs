// Bundles a project's modules with the project's own esbuild. One JSON request on stdin, one JSON answer on stdout.
//
// Each bundle is an expression that gives an object: module path -> function that initialises the module (and what it
// imports) when it is first called, and returns its exports. The options are those of Convex's own command, but for
// minification: names and lines stay readable.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire, builtinModules } = require('node:module');
const { explainImports } = require('./import_chains.cjs');

const GENERATED = {
  api: `
    import { anyApi, componentsGeneric } from "convex/server";
    export const api = anyApi;
    export const internal = anyApi;
    export const components = componentsGeneric();`,
  server: `
    import * as server from "convex/server";
    export const query = server.queryGeneric;
    export const mutation = server.mutationGeneric;
    export const action = server.actionGeneric;
    export const httpAction = server.httpActionGeneric;
    export const internalQuery = server.internalQueryGeneric;
    export const internalMutation = server.internalMutationGeneric;
    export const internalAction = server.internalActionGeneric;
    export const env = globalThis.process.env;`,
  dataModel: 'export {};',
};

const BUILTINS = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));
const isBuiltin = (name) => name.startsWith('node:') || BUILTINS.has(name.split('/')[0]);

/** Stands in for the files that `npx convex dev` generates, where they are missing. */
function generatedFiles(functions, missing) {
  const folder = path.join(functions, '_generated');
  return {
    name: 'biconvex-generated',
    setup(build) {
      build.onResolve({ filter: /(^|\/)_generated\/(api|server|dataModel)(\.js|\.ts)?$/ }, (args) => {
        const target = path.resolve(args.resolveDir, args.path).replace(/\.(js|ts)$/, '');
        if (path.dirname(target) !== folder) return undefined;
        const candidates = [`${target}.ts`, `${target}.js`];
        if (candidates.some((file) => fs.existsSync(file))) return undefined;
        missing.push(...candidates);
        return { path: path.basename(target), namespace: 'biconvex-generated' };
      });
      build.onLoad({ filter: /.*/, namespace: 'biconvex-generated' }, (args) => ({
        contents: GENERATED[args.path],
        resolveDir: functions,
      }));
    },
  };
}

/**
 * Gives a definition that installs components what Convex gives it for each: where its folder is, and how it is called.
 * The definition itself goes along, for whoever reads the whole.
 */
function componentDefinitions(functions) {
  const app = new Set(['ts', 'js'].map((suffix) => path.join(functions, `convex.config.${suffix}`)));
  return {
    name: 'biconvex-components',
    setup(build) {
      build.onResolve({ filter: /(^|\/)convex\.config(\.[a-z]+)?$/ }, async (args) => {
        if (args.namespace !== 'file' || args.pluginData === 'definition' || app.has(args.path)) return undefined;
        const candidates = [args.path];
        if (args.path.endsWith('.js')) candidates.push(args.path.replace(/js$/, 'ts'));
        if (args.path.endsWith('convex.config')) candidates.push(`${args.path}.js`, `${args.path}.ts`);
        for (const candidate of candidates) {
          const { kind, importer, resolveDir } = args;
          const found = await build.resolve(candidate, { kind, importer, resolveDir, pluginData: 'definition' });
          if (found.errors.length === 0 && found.path !== '') return { path: found.path, namespace: 'biconvex-component' };
        }
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'biconvex-component' }, (args) => ({
        contents: `
          import definition from ${JSON.stringify(args.path)};
          if (typeof definition?.export !== "function" || typeof definition._name !== "string") {
            throw new Error(${JSON.stringify(`The default export of ${path.relative(path.dirname(functions), args.path)} `)} +
              "is not a component: it must be what \`defineComponent(name)\` returns.");
          }
          export default {
            componentDefinitionPath: ${JSON.stringify(path.dirname(args.path))}, defaultName: definition._name, definition,
          };`,
        resolveDir: path.dirname(args.path),
      }));
    },
  };
}

/** What Convex's own command replaces: `async_hooks` in the default runtime, `server-only`, and WebAssembly files. */
function convexStubs(platform) {
  return {
    name: 'biconvex-stubs',
    setup(build) {
      if (platform === 'browser') {
        build.onResolve({ filter: /^(node:)?async_hooks$/ }, () => ({ path: 'async_hooks', namespace: 'biconvex-stub' }));
      }
      build.onResolve({ filter: /^server-only$/ }, () => ({ path: 'server-only', namespace: 'biconvex-stub' }));
      build.onLoad({ filter: /.*/, namespace: 'biconvex-stub' }, (args) => ({
        contents:
          args.path === 'async_hooks'
            ? 'export const { AsyncLocalStorage, AsyncResource } = globalThis; export default { AsyncLocalStorage, AsyncResource };'
            : '',
      }));
      build.onResolve({ filter: /\.wasm$/ }, (args) => {
        if (args.namespace === 'biconvex-wasm') return undefined;
        if (args.resolveDir === '') return undefined;
        return { path: path.resolve(args.resolveDir, args.path), namespace: 'biconvex-wasm' };
      });
      build.onLoad({ filter: /.*/, namespace: 'biconvex-wasm' }, (args) => ({
        contents: `
          const bytes = Uint8Array.from(atob("${fs.readFileSync(args.path).toString('base64')}"), (c) => c.charCodeAt(0));
          export default new WebAssembly.Module(bytes);`,
        watchFiles: [args.path],
      }));
    },
  };
}

/** Leaves the packages that convex.json lists under node.externalPackages to Node. */
function externalPackages(names) {
  const all = names.includes('*');
  const wanted = new Set(names);
  return {
    name: 'biconvex-external',
    setup(build) {
      if (names.length === 0) return;
      build.onResolve({ filter: /^[^./]/ }, (args) => {
        if (path.isAbsolute(args.path) || isBuiltin(args.path)) return undefined;
        const parts = args.path.split('/');
        const name = args.path.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
        const external = wanted.has(name) || (all && name !== 'convex');
        return external ? { path: args.path, external: true } : undefined;
      });
    },
  };
}

function entry(modules) {
  const lines = modules.map(({ path: name, file }) => `${JSON.stringify(name)}: () => require(${JSON.stringify(file)}),`);
  return `export const modules = {\n${lines.join('\n')}\n};`;
}

/**
 * Lets the host decide about `import()`, which Convex refuses in queries and mutations. The name is as long as what it
 * replaces, so that the source map stays true.
 */
function decidable(code) {
  return code.replace(/\bPromise\.resolve\(\)(?=\.then\(\(\) => (\(init_|__toESM\(require_|require_))/g, '$$$$dynamicImport()');
}

async function build(esbuild, request, platform, modules, ...plugins) {
  const missing = [];
  const result = await esbuild.build({
    stdin: { contents: entry(modules), resolveDir: request.functions, sourcefile: 'biconvex-entry.js' },
    absWorkingDir: request.base,
    outdir: request.base,
    bundle: true,
    write: false,
    metafile: true,
    platform,
    format: 'iife',
    globalName: '__biconvexModules',
    target: 'esnext',
    // In a context, `import()` finds nothing: what isn't in the bundle is asked of its `require`.
    supported: platform === 'node' ? { 'dynamic-import': false } : {},
    jsx: 'automatic',
    conditions: ['convex', 'module'],
    define: { 'process.env.NODE_ENV': '"production"' },
    treeShaking: true,
    keepNames: true,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
    logLimit: 0,
    plugins: [
      ...plugins,
      generatedFiles(request.functions, missing),
      componentDefinitions(request.functions),
      convexStubs(platform),
      ...(platform === 'node' ? [externalPackages(request.externalPackages)] : []),
    ],
  });
  const output = (suffix) => result.outputFiles.find((file) => file.path.endsWith(suffix)).text;
  const inputs = Object.keys(result.metafile.inputs)
    .map((name) => name.replace(/^biconvex-wasm:/, ''))
    .filter((name) => !/^(biconvex-[a-z]+:|\(disabled\):)/.test(name) && name !== 'biconvex-entry.js')
    .map((name) => path.resolve(request.base, name));
  const code = platform === 'browser' ? decidable(output('.js')) : output('.js');
  return { code, map: output('.js.map'), inputs: [...new Set(inputs)].sort(), missing: [...new Set(missing)].sort() };
}

function problems(failure) {
  return failure.errors.map(({ text, location, notes }) => ({
    text,
    file: location ? location.file : null,
    line: location ? location.line : 0,
    column: location ? location.column + 1 : 0,
    imported_by: [],
    wants_node: notes.some((note) => note.text.includes('Are you trying to bundle for node?')),
  }));
}

async function main() {
  const request = JSON.parse(fs.readFileSync(0, 'utf8'));
  const { resolve } = createRequire(path.join(request.convex, 'package.json'));
  const esbuild = require(resolve('esbuild'));
  const version = resolve('esbuild/package.json');
  const answer = { builds: {}, problems: [] };
  const builds = [
    ['browser', request.modules.filter((module) => !module.uses_node)],
    ['node', request.modules.filter((module) => module.uses_node)],
  ];
  for (const [platform, modules] of builds) {
    if (modules.length === 0) continue;
    try {
      answer.builds[platform] = await build(esbuild, request, platform, modules);
      answer.builds[platform].inputs.push(version);
    } catch (failure) {
      if (!Array.isArray(failure.errors)) throw failure;
      const found = problems(failure);
      const files = new Set(modules.map(({ file }) => file));
      await explainImports(found, request.base, files, (plugin) => build(esbuild, request, platform, modules, plugin));
      answer.problems.push(...found);
    }
  }
  fs.writeFileSync(1, JSON.stringify(answer));
}

main().then(
  () => process.exit(0),
  (failure) => {
    fs.writeSync(2, String(failure && failure.stack ? failure.stack : failure));
    process.exit(1);
  },
);
