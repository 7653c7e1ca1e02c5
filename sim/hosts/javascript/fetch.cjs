// fetch and file storage: what actions send out of the process as syscalls with bytes in base64.
'use strict';

const { running } = require('./current.cjs');
const { fetchClasses, native } = require('./web.cjs');

// The method before web.cjs adapts it to contexts.
const { arrayBuffer: readBlob } = Blob.prototype;
const NULL_BODY = new Set([101, 204, 205, 304]);

const base64 = (buffer) => Buffer.from(buffer).toString('base64');

/** Performs a syscall for a run; a promise of this realm with the parsed result. An error has the code that it came with. */
function call(run, op, args, signal) {
  return new Promise((resolve, reject) => {
    const fail = (error, code) => reject(code === undefined ? error : Object.assign(error, { code }));
    const id = run.issue(op, JSON.stringify(args), { resolve: (text) => resolve(JSON.parse(text)), reject: fail });
    signal?.addEventListener('abort', () => {
      run.cancel(id);
      reject(signal.reason);
    });
  });
}

function response(result) {
  const { status = 200, statusText = '', headers = [], body = null, url = '', redirected = false } = result;
  const bytes = body === null || NULL_BODY.has(status) ? null : Buffer.from(body, 'base64');
  const { Response } = fetchClasses();
  const made = new Response(bytes, { status, statusText, headers });
  Object.defineProperty(made, 'url', { value: url, enumerable: true, configurable: true });
  Object.defineProperty(made, 'redirected', { value: redirected, enumerable: true, configurable: true });
  return made;
}

/** `fetch` of the run being stepped. */
async function fetch(resource, options) {
  const run = running();
  const refused = run.actionOnly('fetch()');
  if (refused !== null) throw run.context.inside.newError('Error', refused);
  const { Request, read } = fetchClasses();
  const request = new Request(resource, options);
  request.signal.throwIfAborted();
  let body = null;
  if (request.body !== null) {
    native();
    body = base64(await Reflect.apply(read.Request, request, []));
  }
  const { url, method, headers, redirect, signal } = request;
  try {
    return response(await call(run, 'fetch', { url, method, headers: [...headers], body, redirect }, signal));
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = run.context.inside.newError('TypeError', error.message);
    if (run.context.usesNode) failure.cause = error;
    throw failure;
  }
}

/** Serves a request with the HTTP action that the router has for it; the response as JSON text (semantics §10). */
async function serveRequest(run, router, { method, url, path, headers, body }) {
  const { Request, Response, read } = fetchClasses();
  const [action] = router.lookup(path, method);
  const bytes = body === null ? null : Buffer.from(body, 'base64');
  const answer = await action.invokeHttpAction(new Request(url, { method, headers, body: bytes }));
  if (!(answer instanceof Response)) throw run.context.inside.newError('Error', 'HTTP actions must return a Response');
  const content = answer.body === null ? null : base64(await Reflect.apply(read.Response, answer, []));
  return JSON.stringify({ status: answer.status, headers: [...answer.headers], body: content });
}

/** The syscalls that pass objects instead of text (semantics §1.3). */
async function jsSyscall(op, args) {
  const run = running();
  if (op === 'storage/storeBlob') {
    native();
    const { requestId, version, options, blob } = args;
    const body = base64(await Reflect.apply(readBlob, blob, []));
    return await call(run, op, { requestId, version, options, contentType: blob.type || null, body });
  }
  if (op === 'storage/getBlob') {
    const { requestId, version, storageId } = args;
    const found = await call(run, op, { requestId, version, storageId });
    return found === null ? null : new Blob([Buffer.from(found.body, 'base64')], { type: found.contentType ?? '' });
  }
  throw run.context.inside.newError('Error', `Unknown JS syscall: ${op}`);
}

module.exports = { call, fetch, jsSyscall, serveRequest };
