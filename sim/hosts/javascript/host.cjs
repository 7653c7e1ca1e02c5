// The process that runs JavaScript for the simulator. It reads a command, runs one function as far as that goes,
// answers, and blocks until the next command: nothing happens between commands.
//
// How far is "as far as it goes"? Until there are no microtasks left. A run that has begun nothing native is then at rest:
// it has ended, or waits for syscalls. Otherwise the event loop is left to run dry: `beforeExit` comes exactly when no
// microtask, timer, thread or handle can bring any more, so that native work always ends within the step that began it.
// A run that has neither ended nor waits when all is dry can never end.
//
// Commands are served from a callback of the event loop, outside of any microtask: there, microtasks can be drained in
// place, which takes a quarter of the time of a turn of the loop.
'use strict';

require('./realm.cjs');
const vm = require('node:vm');
const channel = require('./channel.cjs');
const { Refused, analyze } = require('./analyze.cjs');
const { Context } = require('./context.cjs');
const { current } = require('./current.cjs');
const { addSourceMap, describe, formatStack } = require('./errors.cjs');
const { serveRequest } = require('./fetch.cjs');
const { Random } = require('./random.cjs');
const { Run } = require('./run.cjs');

const realSetTimeout = setTimeout;
const realSetImmediate = setImmediate;
const realClearTimeout = clearTimeout;
// How long a run that waits, or has ended, is given for sockets and the like to finish (Node runtime only).
const GRACE_MS = 200;
// ECMAScript's own names are looked up as locals: a context's global object is slow to look into.
const INTRINSICS =
  'Object, Function, Array, String, Number, Boolean, BigInt, Symbol, Map, Set, WeakMap, WeakSet, Promise, Proxy, ' +
  'Reflect, RegExp, JSON, Math, Date, Error, TypeError, RangeError, SyntaxError, ReferenceError, ArrayBuffer, ' +
  'DataView, Uint8Array, Convex, undefined, NaN, Infinity, isNaN, parseInt, parseFloat';

const bundles = new Map();
const deployments = new Map();
const runs = new Map();

let becameIdle = null;
process.on('beforeExit', () => {
  const resolve = becameIdle;
  becameIdle = null;
  realSetImmediate(resolve);
});
process.on('unhandledRejection', (error) => current.run?.fail(error));
process.on('uncaughtException', (error) => {
  if (current.run === null) throw error;
  current.run.fail(error);
});
Error.prepareStackTrace = (error, sites) => (current.run === null ? `${error}\n${sites.join('\n')}` : formatStack(error, sites));

const turn = () => new Promise((resolve) => realSetImmediate(resolve));
// Runs microtasks and what is to come after them, and reports rejections that nobody handles: what Node does after each
// callback. It has no public name, so that a Node without it takes a turn instead.
const drain = typeof process._tickCallback === 'function' ? process._tickCallback : null;

async function idle(run) {
  await new Promise((resolve) => {
    const grace = run.context.alwaysNative && run.isAnswerable ? realSetTimeout(resolve, GRACE_MS).unref() : undefined;
    becameIdle = () => {
      realClearTimeout(grace);
      resolve();
    };
  });
  becameIdle = null;
}

/** Lets the run go as far as it can, by turns of the event loop. */
async function settle(run) {
  await turn();
  if (run.native || !run.isAnswerable) await idle(run);
}

/** Does something on behalf of a run: code of the user's runs inside. What it leaves behind has yet to run. */
function enter(run, begin) {
  current.run = run;
  try {
    begin();
  } catch (error) {
    run.fail(error);
  }
}

function finish(run) {
  if (run.isOver) runs.delete(run.id);
  run.answer((error) => describe(error, run.context));
  current.run = null;
}

function drainFor(run) {
  for (;;) {
    try {
      return drain();
    } catch (error) {
      run.fail(error); // thrown where nobody could catch it, by a listener of an event say; there may be more to run
    }
  }
}

/** Steps a run and answers: at once where microtasks are all there is, else by the time the promise is fulfilled. */
function step(run, begin) {
  enter(run, begin);
  if (drain !== null) {
    drainFor(run);
    while (!run.native && run.answerAhead()) drainFor(run);
    if (!run.native && run.isAnswerable) return finish(run);
  }
  return settle(run).then(() => finish(run));
}

function compile(key, runtime, { code, map }) {
  const filename = `biconvex-bundle/${key.slice(0, 12)}/${runtime}.js`;
  addSourceMap(filename, map);
  const text = `(function (require, $$dynamicImport) { "use strict"; return (function (${INTRINSICS}) { ${code}
    return __biconvexModules.modules; })(${INTRINSICS}); })`;
  return new vm.Script(text, { filename });
}

class Deployment {
  constructor(key, modules, root, importMs, environment) {
    this.key = key;
    this.modules = modules;
    this.root = root;
    this.importMs = importMs;
    this.environment = environment;
    this.contexts = new Map();
  }

  context(runtime) {
    let context = this.contexts.get(runtime);
    if (context === undefined) {
      const bundle = bundles.get(this.key)[runtime];
      bundle.script ??= compile(this.key, runtime, bundle);
      context = new Context(bundle.script, runtime === 'node' ? this.root : null);
      this.contexts.set(runtime, context);
    }
    return context;
  }

  contextOf(module) {
    return this.context(this.modules[module] === true ? 'node' : 'default');
  }

  /** Runs a module's top level, once; the run that did it tells what went wrong. */
  async import(module) {
    const context = this.contextOf(module);
    const run = new Run(0, context, 'import', this.importMs, new Random(0, 0), this.environment);
    enter(run, () => {
      context.require(module);
      run.outcome = { value: 'null' };
    });
    await settle(run);
    return run;
  }
}

// --- commands --------------------------------------------------------------------------------------------------------

async function load(id) {
  const deployment = deployments.get(id);
  const found = [];
  for (const path of Object.keys(deployment.modules)) {
    const run = await deployment.import(path);
    const context = deployment.contextOf(path);
    const fail = (problem) => channel.write('F', JSON.stringify({ module: path, logs: run.logs, ...problem }));
    if (run.failure !== null) return fail({ error: describe(run.failure.error, context) });
    try {
      found.push({ path, ...analyze(path, context.require(path), deployment.modules[path]) });
    } catch (error) {
      if (error instanceof Refused) return fail({ refused: error.message });
      return fail({ error: describe(error, context) });
    } finally {
      current.run = null;
    }
  }
  return channel.write('L', JSON.stringify(found));
}

const METHODS = { query: 'invokeQuery', mutation: 'invokeMutation', action: 'invokeAction' };

function invocation(kind, registered, args) {
  const method = METHODS[kind];
  if (typeof registered?.[method] !== 'function') throw new Error(`The function is not registered as a ${kind}`);
  return [method, kind === 'action' ? ['', `[${args}]`] : [`[${args}]`]];
}

function begin(run, module, name, kind, args) {
  if (kind === 'httpAction') {
    const router = run.context.require(module).default;
    run.context.inside.invoke(run, { serve: () => serveRequest(run, router, JSON.parse(args)) }, 'serve', []);
    return;
  }
  const registered = run.context.require(module)[name];
  const [method, callArgs] = invocation(kind, registered, args);
  run.context.inside.invoke(run, registered, method, callArgs);
}

function start(id, runId, module, name, kind, args, nowMs, high, low, ahead) {
  const deployment = deployments.get(id);
  const context = deployment.contextOf(module);
  const run = new Run(runId, context, kind, nowMs, new Random(high, low), deployment.environment);
  runs.set(runId, run);
  if (!context.loaded.has(module)) return startAfterImport(deployment, run, module, name, args);
  run.ahead = ahead;
  return step(run, () => begin(run, module, name, kind, args));
}

async function startAfterImport(deployment, run, module, name, args) {
  const imported = await deployment.import(module);
  run.logs = imported.logs;
  run.failure = imported.failure;
  if (run.failure === null) {
    enter(run, () => begin(run, module, name, run.kind, args));
    await settle(run);
  }
  finish(run);
}

/** Asks the router of a module which route serves a request. */
async function route(id, module, method, path) {
  const deployment = deployments.get(id);
  const context = deployment.contextOf(module);
  const imported = context.loaded.has(module) ? null : await deployment.import(module);
  let found = null;
  const run = new Run(0, context, 'import', deployment.importMs, new Random(0, 0), deployment.environment);
  enter(run, () => {
    found = context.require(module).default.lookup(path, method)?.[2] ?? null;
  });
  const failure = imported?.failure ?? run.failure;
  if (failure === null) channel.write('L', JSON.stringify(found));
  else channel.write('F', JSON.stringify({ module, error: describe(failure.error, context) }));
  current.run = null;
}

function resume(runId, nowMs, results) {
  const run = runs.get(runId);
  return step(run, () => run.accept(results, nowMs));
}

/** Hands over results one by one, as if each had come by itself, from the one at a place on; a run that is over takes no more. */
function resumeEach(runId, nowMs, results, from = 0) {
  const run = runs.get(runId);
  const last = results.length - 1;
  for (let at = from; at < last; at++) {
    enter(run, () => run.accept([results[at]], nowMs));
    if (drain !== null) drainFor(run);
    if (drain === null || run.native || !run.isAnswerable) {
      return settle(run).then(() => (run.isOver ? finish(run) : resumeEach(runId, nowMs, results, at + 1)));
    }
    if (run.isOver) return finish(run);
  }
  return step(run, () => run.accept([results[last]], nowMs));
}

function close(id) {
  const deployment = deployments.get(id);
  deployments.delete(id);
  for (const context of deployment?.contexts.values() ?? []) context.close();
}

const COMMANDS = {
  start,
  resume,
  resumeEach,
  route,
  load,
  abandon: (runId) => runs.delete(runId),
  // Runs under way hold on to their context.
  recycle: (id) => deployments.get(id)?.contexts.clear(),
  bundle: (key, scripts) => bundles.set(key, scripts),
  open: (id, key, modules, root, importMs, environment) => {
    deployments.set(id, new Deployment(key, modules, root, importMs, environment));
  },
  close,
};

function crash(error) {
  process.stderr.write(`${error?.stack}\n`);
  process.exit(70);
}

/** Performs commands; after one that needs turns of the event loop, goes on in a callback of its own. */
function serve() {
  for (;;) {
    const text = channel.read();
    if (text === null) process.exit(0);
    const [command, ...args] = JSON.parse(text);
    const unfinished = COMMANDS[command](...args);
    if (unfinished instanceof Promise) {
      unfinished.then(() => realSetImmediate(serveOrCrash), crash);
      return;
    }
  }
}

function serveOrCrash() {
  try {
    serve();
  } catch (error) {
    crash(error);
  }
}

realSetImmediate(serveOrCrash);
