// What was thrown, in terms of the user's own source. Nothing in here may throw, whatever the thrown value is.
'use strict';

const { SourceMap } = require('node:module');

const INTERNAL = /(^|\/)node_modules\/convex\/(dist|src)\//;
// Modules are functions of the bundle, called after their files; the entry calls them.
const MODULE_FUNCTION = /\.[cm]?[jt]sx?$/;
const ENTRY = /(^|\/)biconvex-entry\.js$/;
const LOCATION = /(?:at (.+?) \()?(biconvex-bundle\/[^():]+):(\d+):(\d+)\)?$/;
const maps = new Map();
const framesOf = new WeakMap();

/** Makes frames of the script `name` point to its sources. */
function addSourceMap(name, text) {
  maps.set(name, { text, map: null });
}

/** The place in the user's source for a place in a bundle; null when it isn't the user's. */
function place(name, line, column) {
  const known = maps.get(name);
  if (known === undefined) return null;
  known.map ??= new SourceMap(JSON.parse(known.text));
  const entry = known.map.findEntry(line - 1, column - 1);
  if (entry?.originalSource === undefined || ENTRY.test(entry.originalSource)) return null;
  const file = entry.originalSource;
  return INTERNAL.test(file) ? null : { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function functionName(site) {
  const name = site.getFunctionName();
  if (name === null || name === undefined || name === '' || MODULE_FUNCTION.test(name)) return null;
  const type = site.isToplevel() || site.isConstructor() ? null : site.getTypeName();
  const qualified = type !== null && type !== undefined && !name.startsWith(`${type}.`) ? `${type}.${name}` : name;
  return `${site.isAsync() ? 'async ' : ''}${site.isConstructor() ? 'new ' : ''}${qualified}`;
}

function frameOf(site) {
  const name = site.getFileName();
  if (name === null || name === undefined || !maps.has(name)) return null;
  const found = place(name, site.getLineNumber(), site.getColumnNumber());
  return found === null ? null : { function: functionName(site), ...found };
}

/** `Error.prepareStackTrace` of every realm: the text of `stack`, in the user's source. */
function formatStack(error, sites) {
  const frames = sites.map(frameOf).filter((frame) => frame !== null);
  if ((typeof error === 'object' && error !== null) || typeof error === 'function') framesOf.set(error, frames);
  let header;
  try {
    header = Error.prototype.toString.call(error);
  } catch {
    header = 'Error';
  }
  const lines = frames.map((frame) => {
    const where = `../${frame.file}:${frame.line}:${frame.column}`;
    return `\n    at ${frame.function === null ? where : `${frame.function} (${where})`}`;
  });
  return header + lines.join('');
}

/** Frames of a stack that was made without `formatStack`, from its text. */
function parseFrames(stack) {
  const frames = [];
  for (const line of stack.split('\n')) {
    const [, name = null, script, at, column] = LOCATION.exec(line) ?? [];
    const found = script === undefined ? null : place(script, Number(at), Number(column));
    if (found !== null) frames.push({ function: name, ...found });
  }
  return frames;
}

function isError(value, context) {
  return (
    value instanceof Error ||
    (typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(context.inside.errorPrototype, value))
  );
}

function framesFor(error) {
  const { stack } = error;
  return framesOf.get(error) ?? (typeof stack === 'string' ? parseFrames(stack) : []);
}

const ALLOWANCES = {
  ChildProcess: () => 'child-process',
  FileSystemRead: (path) => `fs-read:${path}`,
  FileSystemWrite: (path) => `fs-write:${path}`,
  WorkerThreads: () => 'worker',
};

/** What to do about an error of Node's permission model; an empty text for any other. */
function remedy({ code, permission, resource }) {
  const allowance = code === 'ERR_DLOPEN_DISABLED' ? () => 'addons' : code === 'ERR_ACCESS_DENIED' && ALLOWANCES[permission];
  if (!allowance) return '';
  const what = permission === undefined ? 'native code' : resource ? `${permission} of ${resource}` : permission;
  return ` (${what}: a function may only read its project; to let this one do more, give the deployment allow=[${JSON.stringify(allowance(resource))}])`;
}

/** A thrown value as the simulator takes it (`Thrown` of the protocol). */
function describe(value, context) {
  const attempt = (read, otherwise) => {
    try {
      return read();
    } catch {
      return otherwise;
    }
  };
  const text = (read, otherwise) => attempt(() => String(read()).toWellFormed(), otherwise);
  if (!attempt(() => isError(value, context), false)) {
    return { name: '', message: text(() => value, 'a value that has no text was thrown') };
  }
  const thrown = {
    name: text(() => value.name ?? 'Error', 'Error'),
    message: text(() => value.message ?? '', '') + attempt(() => remedy(value), ''),
    frames: attempt(() => framesFor(value), []),
  };
  const convexError = Symbol.for('ConvexError');
  const data = attempt(() => (value.ConvexErrorSymbol === convexError ? value.data : undefined), undefined);
  if (typeof data === 'string') thrown.data = data;
  return thrown;
}

module.exports = { addSourceMap, describe, formatStack };
