// What packages find that Node loads by itself (`node.externalPackages`): they run outside of any context, in this
// process's own realm. So its clocks, randomness, environment and network are put in the place of the simulator's as well.
'use strict';

const crypto = require('node:crypto');
const { syncBuiltinESMExports } = require('node:module');
const { current } = require('./current.cjs');
const { fetch } = require('./fetch.cjs');
const { promises, timers } = require('./node_timers.cjs');
const { closeNetwork } = require('./sockets.cjs');

const OWN_FILES = __dirname;
const environments = new WeakMap();

/** The environment that a run may change for itself. */
function environmentOf(run) {
  if (!environments.has(run)) environments.set(run, { ...run.environment });
  return environments.get(run);
}

/** Replaces methods, for whoever is running a function. */
function override(target, methods) {
  for (const [name, method] of Object.entries(methods)) {
    const real = target[name];
    const replaced = function (...args) {
      return current.run === null ? Reflect.apply(real, this, args) : method(current.run, ...args);
    };
    Object.defineProperty(replaced, 'name', { value: name });
    Object.defineProperty(target, name, { value: replaced, writable: true, configurable: true, enumerable: true });
  }
}

function seedRandomness() {
  const answer = (callback, value) => (callback === undefined ? value : process.nextTick(callback, null, value));
  const fill = (run, buffer, offset = 0, size = buffer.byteLength - offset) => {
    run.random.fill(new Uint8Array(buffer.buffer ?? buffer, (buffer.byteOffset ?? 0) + offset, size));
    return buffer;
  };
  const randomBytes = (run, size, callback) => answer(callback, Buffer.from(run.random.fill(new Uint8Array(size))));
  const randomInt = (run, low, high, callback) => {
    if (high === undefined || typeof high === 'function') return randomInt(run, 0, low, high);
    return answer(callback, low + Math.floor(run.random.float() * (high - low)));
  };
  override(crypto, {
    pseudoRandomBytes: randomBytes,
    randomBytes,
    randomFill: (run, buffer, ...rest) => answer(rest.pop(), fill(run, buffer, ...rest)),
    randomFillSync: fill,
    randomInt,
    randomUUID: (run) => run.random.uuid(),
  });
  override(Object.getPrototypeOf(globalThis.crypto), {
    getRandomValues: (run, array) => fill(run, array),
    randomUUID: (run) => run.random.uuid(),
  });
}

function virtualDate() {
  const RealDate = globalThis.Date;
  const now = () => (current.run === null ? 0 : current.run.nowMs);
  function Date(...args) {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, new.target === Date ? RealDate : new.target);
  }
  Date.prototype = RealDate.prototype;
  Object.assign(Date, { UTC: RealDate.UTC, parse: RealDate.parse, now });
  RealDate.prototype.constructor = Date;
  return Date;
}

function exit(run, code) {
  throw new Error(`process.exit(${code ?? ''}) was called in a function`);
}

function hrtime(run, [seconds, nanoseconds] = [0, 0]) {
  const left = Math.round(run.nowMs * 1e6) - seconds * 1e9 - nanoseconds;
  return [Math.floor(left / 1e9), left % 1e9];
}

/** Puts the simulator's world in the place of this process's own, once. */
const prepareOutside = (() => {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    closeNetwork();
    seedRandomness();
    Object.assign(globalThis, timers);
    Object.assign(require('node:timers'), timers);
    Object.assign(require('node:timers/promises'), promises);
    globalThis.Date = virtualDate();
    Object.defineProperty(globalThis, 'fetch', { value: fetch, writable: true, configurable: true });
    override(performance, { now: (run) => run.performanceNow() });
    const { bigint } = process.hrtime;
    override(process, { exit, hrtime, reallyExit: exit });
    process.hrtime.bigint = () => (current.run === null ? bigint() : BigInt(Math.round(current.run.nowMs * 1e6)));
    const { env } = process;
    Object.defineProperty(process, 'env', { get: () => (current.run === null ? env : environmentOf(current.run)) });
    syncBuiltinESMExports();
  };
})();

/** Forgets packages that other contexts have loaded: their state is none of the next one's. */
function forgetPackages() {
  for (const name of Object.keys(require.cache)) {
    if (!name.startsWith(OWN_FILES)) delete require.cache[name];
  }
}

module.exports = { environmentOf, forgetPackages, prepareOutside };
