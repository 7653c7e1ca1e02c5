// Evaluated inside every context, before any module: what user code finds there that isn't the language itself.
// `host` has the functions of this process that it stands on, `main` the classes that come from outside the context.
// Intrinsics are taken here once, so that nothing user code overrides later changes what the simulator does.
(function prelude(host, main) {
  'use strict';

  const { Promise, Error, Object, Reflect, Symbol, JSON, Proxy, Function, TypeError, WeakMap, WebAssembly } = globalThis;
  const { Array, Number, String, RegExp } = globalThis;
  const RealDate = globalThis.Date;
  const parse = JSON.parse;
  const hasInstance = Function.prototype[Symbol.hasInstance];

  function define(name, value) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }

  /** Makes `fake` look like `real` to whoever inspects it. */
  function disguise(fake, real) {
    Object.defineProperty(fake, 'name', { value: real.name, configurable: true });
    Object.defineProperty(fake, 'length', { value: real.length, configurable: true });
    return fake;
  }

  // --- time and randomness -------------------------------------------------------------------------------------

  function Date(...args) {
    if (new.target === undefined) return new RealDate(host.now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [host.now()] : args, new.target === Date ? RealDate : new.target);
  }
  disguise(Date, RealDate);
  Date.now = disguise(() => host.now(), RealDate.now);
  for (const name of ['UTC', 'parse']) {
    Object.defineProperty(Date, name, Object.getOwnPropertyDescriptor(RealDate, name));
  }
  Object.defineProperty(Date, 'now', { enumerable: false });
  Object.defineProperty(Date, 'prototype', { value: RealDate.prototype, writable: false });
  RealDate.prototype.constructor = Date;
  define('Date', Date);

  const DateFormat = Intl.DateTimeFormat.prototype;
  const format = Object.getOwnPropertyDescriptor(DateFormat, 'format').get;
  Object.defineProperty(DateFormat, 'format', {
    configurable: true,
    get() {
      const formatDate = Reflect.apply(format, this, []);
      return (date) => formatDate(date === undefined ? host.now() : date);
    },
  });
  const { formatToParts } = DateFormat;
  DateFormat.formatToParts = disguise(function (date) {
    return Reflect.apply(formatToParts, this, [date === undefined ? host.now() : date]);
  }, formatToParts);
  Object.defineProperty(DateFormat, 'formatToParts', { enumerable: false });

  Object.defineProperty(Math, 'random', {
    value: disguise(() => host.random(), Math.random),
    writable: true,
    configurable: true,
  });

  // --- garbage collection must not show ------------------------------------------------------------------------

  define(
    'WeakRef',
    class WeakRef {
      #target;
      constructor(target) {
        new WeakMap().set(target, true);
        this.#target = target;
      }
      deref() {
        return this.#target;
      }
      get [Symbol.toStringTag]() {
        return 'WeakRef';
      }
    },
  );
  define(
    'FinalizationRegistry',
    class FinalizationRegistry {
      constructor(callback) {
        if (typeof callback !== 'function') throw new TypeError('FinalizationRegistry: cleanup must be callable');
      }
      register() {}
      unregister() {
        return false;
      }
      get [Symbol.toStringTag]() {
        return 'FinalizationRegistry';
      }
    },
  );

  // --- classes from outside: one identity for buffers, `instanceof` for errors and promises ----------------------

  for (const name of main.buffers) {
    const inner = globalThis[name];
    const outer = main.classes[name];
    Object.setPrototypeOf(inner.prototype, outer.prototype);
    delete inner.prototype.constructor;
    define(name, outer);
  }
  const outerErrors = new Map(main.errors.map((name) => [globalThis[name], main.classes[name]]));
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value: disguise(function (value) {
      if (Reflect.apply(hasInstance, this, [value])) return true;
      const outer = outerErrors.get(this);
      return outer !== undefined && value instanceof outer;
    }, hasInstance),
  });
  Object.defineProperty(Promise, Symbol.hasInstance, {
    configurable: true,
    value: disguise(function (value) {
      return Reflect.apply(hasInstance, this, [value]) || (this === Promise && value instanceof main.classes.Promise);
    }, hasInstance),
  });
  for (const [name, value] of main.globals) define(name, value);
  for (const [name, load] of main.lazyGlobals) {
    const get = () => {
      const value = load();
      define(name, value);
      return value;
    };
    const set = (value) => define(name, value);
    Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: false });
  }

  Error.stackTraceLimit = 25;
  Error.prepareStackTrace = host.formatStack;

  /** A promise of this context for a promise from outside. */
  const adopt = async (promise) => await promise;
  const adoptJson = async (promise) => parse(await promise);

  // --- Convex --------------------------------------------------------------------------------------------------

  function newError(name, message) {
    const error = new (name === 'TypeError' ? TypeError : Error)(message);
    if (error.name !== name) error.name = name;
    return error;
  }

  function newSyscallError(message, data) {
    const error = new Error(message);
    if (data !== null) error.data = parse(data);
    return error;
  }

  define(
    'Convex',
    Object.freeze({
      syscall: (op, args) => host.syscall(op, args),
      asyncSyscall: (op, args) => new Promise((resolve, reject) => host.asyncSyscall(op, args, resolve, reject)),
      jsSyscall: (op, args) => adopt(host.jsSyscall(op, args)),
    }),
  );

  // --- console -------------------------------------------------------------------------------------------------

  const console = {};
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) {
    console[level] = { [level]: (...args) => host.log(level, args) }[level];
  }
  console.trace = function trace(...args) {
    const error = new Error();
    Error.captureStackTrace(error, trace);
    host.trace(args, error);
  };
  console.time = (label) => host.stopwatch('time', label, []);
  console.timeLog = (label, ...args) => host.stopwatch('timeLog', label, args);
  console.timeEnd = (label) => host.stopwatch('timeEnd', label, []);
  define('console', console);

  // --- process.env ---------------------------------------------------------------------------------------------

  if (main.process === undefined) {
    const env = new Proxy({}, { get: (target, name) => (typeof name === 'string' ? host.env(name) : target[name]) });
    define('process', { env });
  } else {
    define('process', main.process);
  }
  define('self', globalThis);

  // --- timers, microtasks, fetch -------------------------------------------------------------------------------

  /** In queries and mutations a timer is a promise that nobody handles and that fails (semantics §6.3). */
  function startTimer(name, handler, delay, args, repeat) {
    if (typeof handler !== 'function') {
      throw new TypeError(`Not implemented: ${name} with a handler that is not a function`);
    }
    const refused = host.refuseTimer(name);
    if (refused !== undefined) {
      Promise.reject(newError('Error', refused));
      return 0;
    }
    const ms = Number(delay);
    return host.startTimer(() => handler(...args), ms > 0 && ms < Infinity ? ms : 0, repeat);
  }
  define('setTimeout', function setTimeout(handler, delay, ...args) {
    return startTimer('setTimeout', handler, delay, args, false);
  });
  define('setInterval', function setInterval(handler, delay, ...args) {
    return startTimer('setInterval', handler, delay, args, true);
  });
  define('clearTimeout', function clearTimeout(id) {
    host.stopTimer(id);
  });
  define('clearInterval', function clearInterval(id) {
    host.stopTimer(id);
  });
  define('queueMicrotask', function queueMicrotask(callback) {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
    host.queueMicrotask(callback);
  });
  define('fetch', function fetch(resource, options) {
    return adopt(host.fetch(resource, options));
  });
  define('structuredClone', function structuredClone(value) {
    return host.structuredClone(value);
  });

  /** Stands before each `import()`. */
  async function dynamicImport() {
    const refused = host.refuseImport();
    if (refused !== undefined) throw newError('Error', refused);
  }

  // --- crypto and performance ----------------------------------------------------------------------------------

  class SubtleCrypto {}
  for (const name of main.subtleMethods) {
    Object.defineProperty(SubtleCrypto.prototype, name, {
      value: { [name]: (...args) => adopt(host.subtle(name, args)) }[name],
      writable: true,
      configurable: true,
    });
  }
  class Crypto {
    subtle = new SubtleCrypto();
    getRandomValues(array) {
      return host.getRandomValues(array);
    }
    randomUUID() {
      return host.randomUUID();
    }
  }
  define('Crypto', Crypto);
  define('SubtleCrypto', SubtleCrypto);
  define('crypto', new Crypto());
  define('performance', {
    now: () => host.performanceNow(),
    get timeOrigin() {
      return host.timeOrigin();
    },
    toJSON() {
      return { timeOrigin: this.timeOrigin };
    },
  });

  // Compilation on a thread would end in its own time.
  const { Module, Instance } = WebAssembly;
  WebAssembly.compile = async (bytes) => new Module(bytes);
  WebAssembly.instantiate = async (source, imports) => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  };
  delete WebAssembly.compileStreaming;
  delete WebAssembly.instantiateStreaming;

  // --- what the host calls -------------------------------------------------------------------------------------

  /** Runs a registered function and reports its end. */
  async function invoke(run, registered, method, args) {
    let value;
    try {
      value = await registered[method](...args);
    } catch (error) {
      host.failed(run, error);
      return;
    }
    host.fulfilled(run, value);
  }

  const errorPrototype = Error.prototype;
  return { invoke, newError, newSyscallError, adopt, adoptJson, dynamicImport, errorPrototype };
});
