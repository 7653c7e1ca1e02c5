// Who imports a file that can't be bundled: found by bundling once more, and looking on.
'use strict';

const path = require('node:path');

const LOOKED_UP = Symbol('looked up');

/** Notes the importers of each file while esbuild bundles. */
function watchImports(importers) {
  return {
    name: 'biconvex-imports',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path: name, pluginData, importer, namespace, resolveDir, kind }) => {
        if (pluginData === LOOKED_UP) return undefined;
        const found = await build.resolve(name, { importer, namespace, resolveDir, kind, pluginData: LOOKED_UP });
        if (found.errors.length === 0 && found.namespace === 'file') {
          if (!importers.has(found.path)) importers.set(found.path, []);
          importers.get(found.path).push(importer);
        }
        return undefined;
      });
    },
  };
}

/** The files through which one of `modules` imports `file`, the module last; empty where it is one itself. */
function chainTo(file, modules, importers) {
  const queue = [[file]];
  const seen = new Set([file]);
  for (const chain of queue) {
    const last = chain.at(-1);
    if (modules.has(last)) return chain.slice(1);
    for (const importer of [...(importers.get(last) ?? [])].sort()) {
      if (seen.has(importer)) continue;
      seen.add(importer);
      queue.push([...chain, importer]);
    }
  }
  return [];
}

/**
 * Adds to each problem with a file that wants Node how that file is reached (`imported_by`). `bundle` bundles again, with a
 * plugin, and `base` is the folder that the files are named from.
 */
async function explainImports(problems, base, modules, bundle) {
  const wanting = problems.filter(({ wants_node, file }) => wants_node && file !== null);
  if (wanting.length === 0) return;
  const importers = new Map();
  await bundle(watchImports(importers)).catch(() => undefined); // it fails as it did before
  for (const problem of wanting) {
    const chain = chainTo(path.resolve(base, problem.file), modules, importers);
    problem.imported_by = chain.map((file) => path.relative(base, file).split(path.sep).join('/'));
  }
}

module.exports = { explainImports };
