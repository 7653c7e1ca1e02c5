// crypto.subtle: digests are computed at once; everything else is Node's, one operation of a run after the other, so
// that the order in which threads finish can't show.
'use strict';

const { createHash } = require('node:crypto');
const { running } = require('./current.cjs');
const { native } = require('./web.cjs');

const { subtle } = globalThis.crypto;
const METHODS = ['decrypt', 'deriveBits', 'deriveKey', 'digest', 'encrypt', 'exportKey', 'generateKey', 'importKey', 'sign', 'verify'];
const HASHES = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const HMAC_BITS = { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };
const IN_TRANSACTION =
  "Can't use cryptographic randomness in queries and mutations. Please consider using an action. " +
  'See https://docs.convex.dev/functions/actions for more details.';
const AT_IMPORT = 'Cannot use cryptographic randomness at import time';

const nameOf = (algorithm) => String(typeof algorithm === 'string' ? algorithm : algorithm?.name).toUpperCase();

/** Whether an operation draws randomness of its own. */
function drawsRandomness(method, algorithm) {
  const name = nameOf(algorithm);
  if (method === 'generateKey') return true;
  if (method === 'encrypt') return name === 'RSA-OAEP';
  return method === 'sign' && (name === 'ECDSA' || name === 'RSA-PSS');
}

function digest(algorithm, data) {
  const name = nameOf(algorithm);
  if (!Object.hasOwn(HASHES, name)) throw new DOMException('Unrecognized algorithm name', 'NotSupportedError');
  const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  const result = createHash(HASHES[name]).update(bytes).digest();
  return new Uint8Array(result).buffer;
}

/** Secret keys come from the run's own randomness; pairs of keys can only come from Node's. */
function generateKey(run, algorithm, extractable, usages) {
  const name = nameOf(algorithm);
  const isAes = name.startsWith('AES-');
  if (!isAes && name !== 'HMAC') return subtle.generateKey(algorithm, extractable, usages);
  const bits = algorithm.length ?? HMAC_BITS[nameOf(algorithm.hash)];
  if (isAes && bits !== 128 && bits !== 192 && bits !== 256) {
    throw new DOMException('Invalid key length', 'OperationError');
  }
  return subtle.importKey('raw', run.random.fill(new Uint8Array(bits >> 3)), algorithm, extractable, usages);
}

/** Performs a method of `crypto.subtle` for the run being stepped; a promise of this realm. */
async function perform(method, args) {
  const run = running();
  if (drawsRandomness(method, args[0]) && (run.inTransaction || run.kind === 'import')) {
    throw run.context.inside.newError('Error', run.inTransaction ? IN_TRANSACTION : AT_IMPORT);
  }
  if (method === 'digest') return digest(...args);
  native();
  const operation = () => (method === 'generateKey' ? generateKey(run, ...args) : subtle[method](...args));
  const result = run.nativeQueue.then(operation);
  run.nativeQueue = result.catch(() => undefined);
  return result;
}

module.exports = { METHODS, perform };
