// The web platform inside contexts: this process's own classes, adjusted where they would show real time, real
// randomness or threads.
'use strict';

const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { current, running } = require('./current.cjs');

const BUFFERS = [
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];
const ERRORS = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError'];
const WEB = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'ByteLengthQueuingStrategy',
  'CountQueuingStrategy',
  'CryptoKey',
  'CustomEvent',
  'DOMException',
  'Event',
  'EventTarget',
  'ReadableByteStreamController',
  'ReadableStream',
  'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest',
  'ReadableStreamDefaultController',
  'ReadableStreamDefaultReader',
  'TextDecoder',
  'TextDecoderStream',
  'TextEncoder',
  'TextEncoderStream',
  'TransformStream',
  'TransformStreamDefaultController',
  'URL',
  'URLSearchParams',
  'WritableStream',
  'WritableStreamDefaultController',
  'WritableStreamDefaultWriter',
  'atob',
  'btoa',
];
const FETCHING = ['FormData', 'Headers', 'Request', 'Response'];
const BODY_METHODS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'text'];

/** Marks that the run has begun something native, so that its steps end only when the process is idle. */
function native() {
  if (current.run !== null) current.run.native = true;
}

/** Makes methods that give promises of this realm give promises of the context that calls them. */
function adopting(prototype, names) {
  for (const name of names) {
    const original = prototype[name];
    if (original === undefined) continue;
    prototype[name] = function (...args) {
      const promise = Reflect.apply(original, this, args);
      if (current.run === null) return promise;
      native();
      return current.run.context.inside.adopt(promise);
    };
    Object.defineProperty(prototype[name], 'name', { value: name });
  }
}

/** A form of several parts is parsed outside of JavaScript, for actions alone (semantics §6.3). */
function refusingForms(prototype) {
  const { formData } = prototype;
  prototype.formData = function () {
    const { run } = current;
    const isMultipart = /^multipart\/form-data/i.test(this.headers.get('content-type') ?? '');
    const refused = run !== null && isMultipart ? run.actionOnly('formData()') : null;
    if (refused === null) return Reflect.apply(formData, this, []);
    return run.context.inside.adopt(Promise.reject(run.context.inside.newError('Error', refused)));
  };
  Object.defineProperty(prototype.formData, 'name', { value: 'formData' });
}

/** Objects that `json()` gives are of the context that calls it. */
function adoptingJson(prototype) {
  const { text } = prototype;
  prototype.json = function json() {
    const promise = Reflect.apply(text, this, []);
    native();
    return running().context.inside.adoptJson(promise);
  };
}

function marking(prototype, name) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  const key = descriptor.get === undefined ? 'value' : 'get';
  const original = descriptor[key];
  descriptor[key] = function (...args) {
    native();
    return Reflect.apply(original, this, args);
  };
  Object.defineProperty(prototype, name, descriptor);
}

/** A file of the moment, not of the real clock. */
function fileClass() {
  const RealFile = globalThis.File ?? require('node:buffer').File;
  return class File extends RealFile {
    constructor(bits, name, options) {
      super(bits, name, { lastModified: running().nowMs, ...options });
    }
  };
}

let fetching;

/**
 * The classes that belong to fetch, and how Request and Response read a body for this process itself. Node loads them
 * when they are first touched, which takes long and much memory, and few backends use them: so do contexts.
 */
function fetchClasses() {
  if (fetching !== undefined) return fetching;
  // What happens while Node loads them is no doing of the run that touched them.
  const { run } = current;
  current.run = null;
  try {
    fetching = { read: {} };
    for (const name of FETCHING) fetching[name] = globalThis[name];
    for (const name of ['Request', 'Response']) {
      const { prototype } = fetching[name];
      fetching.read[name] = prototype.arrayBuffer;
      adoptingJson(prototype);
      adopting(prototype, BODY_METHODS);
    refusingForms(prototype);
      marking(prototype, 'body');
    }
  } finally {
    current.run = run;
  }
  return fetching;
}

let realm;

/** What contexts get from this realm; adjusts the realm when first called. */
function mainRealm() {
  if (realm !== undefined) return realm;
  adopting(Blob.prototype, ['arrayBuffer', 'bytes', 'text']);
  marking(Blob.prototype, 'stream');
  Object.defineProperty(Event.prototype, 'timeStamp', { get: () => (current.run === null ? 0 : current.run.performanceNow()) });
  AbortSignal.timeout = (ms) => {
    const run = running();
    const refused = run.actionOnly('setTimeout');
    if (refused !== null) throw run.context.inside.newError('Error', refused);
    const controller = new AbortController();
    run.startTimer(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), Number(ms) || 0, false);
    return controller.signal;
  };
  delete URL.createObjectURL;
  delete URL.revokeObjectURL;
  // Nothing that user code defines on these may change how this process works.
  for (const { prototype } of [Object, Array, Function]) Object.preventExtensions(prototype);
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
  for (const name of ['buffer', 'byteLength', 'byteOffset', 'length']) {
    Object.defineProperty(typedArray, name, { configurable: false });
  }
  const classes = { Promise };
  for (const name of [...BUFFERS, ...ERRORS]) classes[name] = globalThis[name];
  const globals = WEB.filter((name) => name in globalThis).map((name) => [name, globalThis[name]]);
  globals.push(['File', fileClass()], ['AsyncLocalStorage', AsyncLocalStorage], ['AsyncResource', AsyncResource]);
  const lazyGlobals = FETCHING.map((name) => [name, () => fetchClasses()[name]]);
  realm = { buffers: BUFFERS, errors: ERRORS, classes, globals, lazyGlobals };
  return realm;
}

module.exports = { fetchClasses, mainRealm, native };
