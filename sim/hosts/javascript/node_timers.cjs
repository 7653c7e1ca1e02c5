// Node's timers on virtual time: objects, as Node's are. Timers that begin while modules are loaded never fire.
'use strict';

const { setTimeout: realWait } = require('node:timers/promises');
const { promisify } = require('node:util');
const { current } = require('./current.cjs');

const { setImmediate } = globalThis;
const MAX_MS = 2 ** 31 - 1;

class Timeout {
  constructor(run, callback, ms, repeat) {
    this.run = run;
    // A module may keep a timer for longer than a run: then it starts anew in another.
    this.start = () => {
      this.run = current.run ?? this.run;
      this.id = this.run.startTimer(callback, ms >= 1 && ms <= MAX_MS ? Math.trunc(ms) : 1, repeat);
    };
    this.stop = () => this.run.stopTimer(this.id);
    this.start();
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }

  refresh() {
    this.stop();
    this.start();
    return this;
  }

  close() {
    this.stop();
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }
}
if (Symbol.dispose !== undefined) Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;

function starting(name, repeat) {
  const real = globalThis[name];
  const start = function (callback, ms, ...args) {
    const { run } = current;
    if (run === null) return real(callback, ms, ...args);
    if (typeof callback !== 'function') {
      throw Object.assign(new TypeError('The "callback" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    return new Timeout(run, () => callback(...args), Number(ms), repeat);
  };
  Object.defineProperty(start, 'name', { value: name });
  return start;
}

function stopping(name) {
  const real = globalThis[name];
  const stop = function (timer) {
    if (timer instanceof Timeout) timer.stop();
    else if (current.run === null || typeof timer === 'object') real(timer);
    else current.run.stopTimer(Number(timer));
  };
  Object.defineProperty(stop, 'name', { value: name });
  return stop;
}

const timers = {
  setTimeout: starting('setTimeout', false),
  setInterval: starting('setInterval', true),
  clearTimeout: stopping('clearTimeout'),
  clearInterval: stopping('clearInterval'),
};

const abortError = (signal) =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), { name: 'AbortError', code: 'ABORT_ERR' });

function wait(ms, value, options = {}) {
  if (current.run === null) return realWait(ms, value, options);
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal));
    const timer = timers.setTimeout(() => resolve(value), ms);
    signal?.addEventListener('abort', () => {
      timers.clearTimeout(timer);
      reject(abortError(signal));
    });
  });
}

async function* ticks(ms, value, options) {
  for (;;) yield await wait(ms, value, options);
}

const nextImmediate = (value) => new Promise((resolve) => setImmediate(resolve, value));
const promises = {
  setTimeout: wait,
  setInterval: ticks,
  setImmediate: nextImmediate,
  scheduler: { wait: (ms, options) => wait(ms, undefined, options), yield: () => nextImmediate() },
};
timers.setTimeout[promisify.custom] = wait;

module.exports = { promises, timers };
