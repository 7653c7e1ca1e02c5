// A context: the globals, and the modules, of one deployment in one runtime.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const util = require('node:util');
const vm = require('node:vm');
const { MessageChannel, moveMessagePortToContext, receiveMessageOnPort } = require('node:worker_threads');

const consoleCapture = require('./console.cjs');
const { running } = require('./current.cjs');
const { formatStack } = require('./errors.cjs');
const fetching = require('./fetch.cjs');
const subtle = require('./subtle.cjs');
const { mainRealm } = require('./web.cjs');

const ENV_NAME = /^[a-zA-Z_]+[a-zA-Z0-9_]*$/;
const prelude = new vm.Script(fs.readFileSync(path.join(__dirname, 'prelude.cjs'), 'utf8'), { filename: 'biconvex-prelude' });
const inspecting = new vm.Script(fs.readFileSync(path.join(__dirname, 'inspect.cjs'), 'utf8'), { filename: 'biconvex-inspect' });
const realQueueMicrotask = queueMicrotask;

/** What the prelude stands on; every function concerns the run being stepped. */
const services = {
  now: () => running().observeTime(running().nowMs),
  random: () => running().random.float(),
  randomUUID: () => running().random.uuid(),
  getRandomValues,
  performanceNow: () => running().performanceNow(),
  timeOrigin: () => running().observeTime(running().startMs),
  asyncSyscall: (op, args, resolve, reject) => running().asyncSyscall(op, args, resolve, reject),
  syscall: (op, args) => running().syscall(op, args),
  jsSyscall: fetching.jsSyscall,
  fetch: fetching.fetch,
  subtle: subtle.perform,
  log: consoleCapture.log,
  trace: consoleCapture.trace,
  stopwatch: consoleCapture.stopwatch,
  refuseImport: () => running().refusedImport,
  refuseTimer: (name) => running().actionOnly(name) ?? undefined,
  startTimer: (callback, ms, repeat) => running().startTimer(callback, ms, repeat),
  stopTimer: (id) => running().stopTimer(id),
  queueMicrotask: (callback) => realQueueMicrotask(callback),
  env,
  formatStack,
  failed: (run, error) => run.fail(error),
  fulfilled,
  structuredClone: (value) => running().context.clone(value),
};

function env(name) {
  const run = running();
  if (!ENV_NAME.test(name)) {
    throw run.context.inside.newError(
      'Error',
      `The environment variable name ${name} is invalid. Environment variable names must begin with a letter and may ` +
        'only include characters a-z, A-Z, 0-9, and underscores.',
    );
  }
  return Object.hasOwn(run.environment, name) ? run.environment[name] : undefined;
}

function getRandomValues(array) {
  const { random } = running();
  if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array || array instanceof DataView) {
    throw new DOMException('The provided ArrayBufferView is not an integer array type', 'TypeMismatchError');
  }
  if (array.byteLength > 65536) {
    throw new DOMException(`The ArrayBufferView's byte length (${array.byteLength}) exceeds 65536`, 'QuotaExceededError');
  }
  random.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return array;
}

function fulfilled(run, value) {
  if (typeof value === 'string') run.outcome = { value };
  else run.fail(run.context.inside.newError('Error', 'The function did not return JSON: it replaced JSON.stringify'));
}

/** How console shows values in the Node runtime, where Convex leaves it to Node. */
const inspectInNode = (value) => util.inspect(value, { maxStringLength: 32768 });

class Context {
  /** `script` is a compiled bundle; `root` is given for the Node runtime, and is where its packages are looked up. */
  constructor(script, root) {
    const { globals, ...main } = mainRealm();
    const usesNode = root !== null;
    // Few backends use it, and what it stands on takes long to load.
    const node = usesNode ? require('./node_runtime.cjs') : null;
    this.usesNode = usesNode;
    this.alwaysNative = usesNode;
    this.ports = null;
    this.loaded = new Map();
    this.vm = vm.createContext(Object.create(null), { name: 'biconvex' });
    const extra = usesNode ? node.nodeGlobals() : [];
    this.inside = prelude.runInContext(this.vm)(services, {
      ...main,
      globals: [...globals, ...extra],
      subtleMethods: subtle.METHODS,
      process: usesNode ? node.nodeProcess() : undefined,
    });
    if (usesNode) Object.assign(this.vm, node.ownGlobals(this.vm));
    this.inspect = usesNode ? inspectInNode : inspecting.runInContext(this.vm)(Object);
    const bundle = script.runInContext(this.vm);
    this.modules = bundle(usesNode ? node.requireFrom(root, this) : undefined, this.inside.dynamicImport);
  }

  /** Exports of a module; the first call runs it, and what it throws is thrown by later calls as well. */
  require(module) {
    let found = this.loaded.get(module);
    if (found === undefined) {
      try {
        found = { exported: this.modules[module]() };
      } catch (error) {
        found = { error };
      }
      this.loaded.set(module, found);
    }
    if ('error' in found) throw found.error;
    return found.exported;
  }

  /** A structured clone made of this context's own objects. */
  clone(value) {
    if (this.ports === null) {
      const { port1, port2 } = new MessageChannel();
      const inner = moveMessagePortToContext(port2, this.vm);
      port1.unref();
      inner.unref();
      this.ports = { port1, inner };
    }
    this.ports.port1.postMessage(value);
    return receiveMessageOnPort(this.ports.inner).message;
  }

  close() {
    this.ports?.port1.close();
  }
}

module.exports = { Context };
