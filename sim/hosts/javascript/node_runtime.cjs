// What modules that begin with "use node" find besides: Node's own modules and globals. Time, randomness and timers
// stay the simulator's; files, sockets and child processes are real.
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const { current, running } = require('./current.cjs');

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

function nodeGlobals() {
  return GLOBALS.filter((name) => name in globalThis).map((name) => [name, globalThis[name]]);
}

/** Output that must not reach the pipes of the protocol: it goes where this process's complaints go. */
const output = { isTTY: false, write: (text) => process.stderr.write(text), on: () => output, once: () => output, end: () => undefined };

/** `process` of a context: what a library asks of it, and nothing that ends or changes this process. */
function nodeProcess() {
  const environments = new WeakMap();
  const { arch, argv0, execPath, platform, release, version, versions } = process;
  const fake = {
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
      const run = running();
      if (!environments.has(run)) environments.set(run, { ...run.environment });
      return environments.get(run);
    },
    cwd: () => process.cwd(),
    emitWarning: () => undefined,
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

function seededCrypto() {
  const crypto = require('node:crypto');
  const random = () => (current.run === null ? null : current.run.random);
  const later = (callback, value) => queueMicrotask(() => callback(null, value));
  const randomBytes = (size, callback) => {
    const bytes = Buffer.from(random().fill(new Uint8Array(size)));
    return callback === undefined ? bytes : later(callback, bytes);
  };
  const randomInt = (low, high, callback) => {
    if (high === undefined || typeof high === 'function') return randomInt(0, low, high);
    const value = low + Math.floor(random().float() * (high - low));
    return callback === undefined ? value : later(callback, value);
  };
  const randomFillSync = (buffer, offset = 0, size = buffer.byteLength - offset) => {
    const target = ArrayBuffer.isView(buffer) ? buffer : new Uint8Array(buffer);
    random().fill(new Uint8Array(target.buffer, target.byteOffset + offset, size));
    return buffer;
  };
  const overrides = { randomBytes, pseudoRandomBytes: randomBytes, randomInt, randomFillSync, randomUUID: () => random().uuid() };
  return Object.assign(Object.create(Object.getPrototypeOf(crypto), Object.getOwnPropertyDescriptors(crypto)), overrides);
}

/** Timers of the context, in the shape of `node:timers` and `node:timers/promises`. */
function virtualTimers(context) {
  const inner = context.vm;
  const { setTimeout, setInterval, clearTimeout, clearInterval } = inner;
  const promises = {
    setTimeout: (ms, value) => new Promise((resolve) => setTimeout(() => resolve(value), ms)),
    setImmediate: (value) => new Promise((resolve) => setImmediate(() => resolve(value))),
  };
  promises.scheduler = { wait: (ms) => promises.setTimeout(ms), yield: () => promises.setImmediate() };
  return { timers: { setTimeout, setInterval, clearTimeout, clearInterval, setImmediate, clearImmediate, promises }, promises };
}

/** `require` for a bundle: Node's own modules, and packages that were left out of it, found from `root`. */
function requireFrom(root, context) {
  const real = createRequire(path.join(root, 'package.json'));
  const made = new Map();
  const replaced = {
    crypto: seededCrypto,
    process: () => context.vm.process,
    timers: () => virtualTimers(context).timers,
    'timers/promises': () => virtualTimers(context).promises,
  };
  return function require(name) {
    const plain = name.replace(/^node:/, '');
    if (!Object.hasOwn(replaced, plain)) return real(name);
    if (!made.has(plain)) made.set(plain, replaced[plain]());
    return made.get(plain);
  };
}

module.exports = { nodeGlobals, nodeProcess, requireFrom };
