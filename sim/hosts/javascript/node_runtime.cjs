// What modules that begin with "use node" find besides: Node's own modules and globals. Time, randomness, timers and the
// network are the simulator's; files are real, within what this process may read.
'use strict';

const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const { running } = require('./current.cjs');
const { promises, timers } = require('./node_timers.cjs');
const { environmentOf, forgetPackages, prepareOutside } = require('./outside.cjs');

const GLOBALS = [
  'Buffer',
  'BroadcastChannel',
  'CompressionStream',
  'DecompressionStream',
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'clearImmediate',
  'setImmediate',
];
// Measurements that libraries take, and that nobody keeps.
const UNKEPT = ['clearMarks', 'clearMeasures', 'clearResourceTimings', 'mark', 'markResourceTiming', 'measure'];
const UNKEPT_LISTS = ['getEntries', 'getEntriesByName', 'getEntriesByType'];

function nodeGlobals() {
  return GLOBALS.filter((name) => name in globalThis).map((name) => [name, globalThis[name]]);
}

/** Globals that stand in the place of those that both runtimes have; `vm` is the context's global object. */
function ownGlobals(vm) {
  for (const name of UNKEPT) vm.performance[name] = () => undefined;
  for (const name of UNKEPT_LISTS) vm.performance[name] = () => [];
  return { ...timers, global: vm };
}

/** Output that must not reach the pipes of the protocol: it goes where this process's complaints go. */
const output = { isTTY: false, write: (text) => process.stderr.write(text), on: () => output, once: () => output, end: () => undefined };

/** `process` of a context: what a library asks of it, and nothing that ends or changes this process. */
function nodeProcess() {
  const { arch, argv0, execPath, platform, release, version, versions } = process;
  const fake = {
    [Symbol.toStringTag]: 'process',
    arch,
    argv: [argv0],
    argv0,
    execArgv: [],
    execPath,
    exitCode: undefined,
    pid: 1,
    platform,
    release,
    title: 'node',
    version,
    versions,
    stderr: output,
    stdout: output,
    stdin: { isTTY: false, on: () => fake.stdin, once: () => fake.stdin },
    /** A copy of the run's environment, one a run: what is assigned stays in it. */
    get env() {
      return environmentOf(running());
    },
    cwd: () => process.cwd(),
    emitWarning: () => undefined,
    getBuiltinModule: (name) => (isBuiltin(name) ? require(name) : undefined),
    exit: (code) => {
      throw new Error(`process.exit(${code ?? ''}) was called in a function`);
    },
    hrtime: Object.assign(() => [Math.floor(running().nowMs / 1000), (running().nowMs % 1000) * 1e6], {
      bigint: () => BigInt(running().nowMs) * 1000000n,
    }),
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    nextTick: (callback, ...args) => process.nextTick(callback, ...args),
    umask: () => 0o022,
    uptime: () => running().performanceNow() / 1000,
  };
  for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener']) {
    fake[name] = () => fake;
  }
  fake.emit = () => false;
  fake.listeners = () => [];
  fake.listenerCount = () => 0;
  return fake;
}

/** `require` for a bundle: Node's own modules, and packages that were left out of it, found from `root`. */
function requireFrom(root, context) {
  prepareOutside();
  forgetPackages();
  const real = createRequire(path.join(root, 'package.json'));
  const ownTimers = { ...timers, setImmediate, clearImmediate, promises };
  const replaced = { process: () => context.vm.process, timers: () => ownTimers, 'timers/promises': () => promises };
  return function require(name) {
    const plain = name.replace(/^node:/, '');
    return Object.hasOwn(replaced, plain) ? replaced[plain]() : real(name);
  };
}

module.exports = { nodeGlobals, nodeProcess, ownGlobals, requireFrom };
