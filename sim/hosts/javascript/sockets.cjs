// The network of the Node runtime. No socket leaves this process: each ends at an HTTP server in here, which hands every
// request to the simulator as `fetch` does. So Node's own HTTP client, and any that is made of sockets, runs as it is.
// What isn't HTTP is refused, and says what to do.
'use strict';

const dgram = require('node:dgram');
const dns = require('node:dns');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');
const { Duplex } = require('node:stream');
const tls = require('node:tls');
const { current, running } = require('./current.cjs');
const { call } = require('./fetch.cjs');

const REMEDY =
  'functions reach others by HTTP only. Answer HTTP requests with convex.outbound.on(…), let them leave with ' +
  'convex.outbound.allow("host"), and stand in for anything else with convex.stub("module:function", …).';
// What concerns one connection, or isn't for the other side to see.
const HOP_BY_HOP = new Set(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'transfer-encoding']);
const MAX_HEADER_BYTES = 1 << 20;
const links = new WeakMap();
const { setTimeout: setRealTimeout, _destroy: destroyHandle } = net.Socket.prototype;

function refusal(syscall, target, code = 'ECONNREFUSED') {
  return Object.assign(new Error(`${syscall} ${code} ${target}: ${REMEDY}`), { code, syscall });
}

/** The end of a connection that the server in this process holds. */
class Far extends Duplex {
  constructor(near) {
    super();
    this.near = near;
  }

  _read() {}

  _write(chunk, encoding, done) {
    this.near.push(chunk);
    done();
  }

  _final(done) {
    this.near.push(null);
    done();
  }

  _destroy(error, done) {
    this.near.destroy();
    done(error);
  }

  setTimeout() {
    return this;
  }
}

// --- the end that a function holds -----------------------------------------------------------------------------------

const near = {
  _read() {},

  _write(chunk, encoding, done) {
    const link = links.get(this);
    link.spoke = true;
    restartTimer(this);
    link.far.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  },

  _writev(chunks, done) {
    for (const { chunk, encoding } of chunks) near._write.call(this, chunk, encoding, () => undefined);
    done();
  },

  _final(done) {
    links.get(this).far.push(null);
    done();
  },

  _destroy(error, done) {
    const { run, far, timer } = links.get(this);
    if (timer !== 0) run.stopTimer(timer);
    far.destroy();
    destroyHandle.call(this, error, done);
  },
};

/** Connects a socket without a handle to the server in this process; `isHttp` where it is known what it will speak. */
function open(socket, { host = 'localhost', port, path, isEncrypted = false, isHttp = false }) {
  const target = path === undefined ? `${host}:${port}` : path;
  const link = { run: running(), far: new Far(socket), target, isEncrypted, spoke: false, timer: 0, ms: 0 };
  links.set(socket, link);
  Object.assign(socket, near, { connecting: true });
  if (socket.timeout > 0) socket.setTimeout(socket.timeout);
  process.nextTick(() => {
    if (socket.destroyed) return;
    socket.connecting = false;
    if (path !== undefined) return socket.destroy(refusal('connect', target));
    server.emit('connection', link.far);
    socket.emit('connect');
    socket.emit('ready');
    if (isEncrypted) socket.emit('secureConnect');
    // Whoever waits for the other side to speak first doesn't speak HTTP.
    if (!isHttp) setImmediate(() => setImmediate(() => link.spoke || socket.destroy(refusal('connect', target))));
  });
  return socket;
}

function restartTimer(socket) {
  const link = links.get(socket);
  if (link.timer !== 0) link.run.stopTimer(link.timer);
  link.timer = link.ms > 0 ? link.run.startTimer(() => socket.emit('timeout'), link.ms, false) : 0;
}

/** `socket.setTimeout`, on virtual time. */
function setVirtualTimeout(ms, callback) {
  if (current.run === null) return setRealTimeout.call(this, ms, callback);
  this.timeout = ms;
  if (callback !== undefined) {
    if (ms === 0) this.removeListener('timeout', callback);
    else this.once('timeout', callback);
  }
  const link = links.get(this);
  if (link !== undefined) {
    link.ms = ms;
    restartTimer(this);
  }
  return this;
}

// --- the server ------------------------------------------------------------------------------------------------------

const server = new http.Server({ maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false, keepAliveTimeout: 0 });
server.on('request', serve);
server.on('clientError', (error, far) => far.near.destroy(refusal('connect', links.get(far.near).target)));
server.on('connect', (request, far) => far.near.destroy(refusal('connect', request.url)));

/** The URL of a request: its own where it is whole, as one to a proxy is. */
function urlOf(request, { isEncrypted, target }) {
  if (/^https?:/i.test(request.url)) return request.url;
  const host = request.headers.host ?? target;
  return `${isEncrypted ? 'https' : 'http'}://${host.replace(isEncrypted ? /:443$/ : /:80$/, '')}${request.url}`;
}

function headersOf({ rawHeaders }) {
  const headers = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    if (!HOP_BY_HOP.has(name)) headers.push([name, rawHeaders[at + 1]]);
  }
  return headers;
}

/** Performs a request for the function that sent it. Each connection serves one: none is left over for another run. */
async function serve(request, response) {
  const socket = request.socket.near;
  const { run, ...link } = links.get(socket);
  const given = new AbortController();
  socket.once('close', () => given.abort(new Error('the connection was closed')));
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
    const refused = run.actionOnly('fetch()');
    if (refused !== null) throw new Error(refused);
    const body = chunks.length === 0 ? null : Buffer.concat(chunks).toString('base64');
    const asked = { url: urlOf(request, link), method: request.method, headers: headersOf(request), body, redirect: 'manual' };
    const { status, statusText, headers, body: answer } = await call(run, 'fetch', asked, given.signal);
    restartTimer(socket);
    response.sendDate = false;
    response.shouldKeepAlive = false;
    const bytes = Buffer.from(answer ?? '', 'base64');
    const hasLength = bytes.length === 0 || headers.some(([name]) => name === 'content-length');
    response.writeHead(status, statusText, [...headers, ...(hasLength ? [] : [['content-length', bytes.length]])].flat());
    response.end(bytes);
  } catch (error) {
    if (!socket.destroyed) socket.destroy(error);
  }
}

// --- what takes the place of Node's own ------------------------------------------------------------------------------

const lastFunction = (args) => (typeof args.at(-1) === 'function' ? args.at(-1) : undefined);

/** Host, port or path out of the arguments that `connect` has in its several forms. */
function targetOf(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) return first;
  if (Number.isInteger(Number(first))) return { port: Number(first), host: typeof second === 'string' ? second : undefined };
  return { path: first };
}

function connectSocket(...args) {
  const callback = lastFunction(Array.isArray(args[0]) ? args[0] : args);
  if (callback) this.once('connect', callback);
  const { host, port, path } = targetOf(args);
  return open(this, { host, port, path });
}

function connectEncrypted(...args) {
  const { host, servername, port, path, timeout, isHttp } = { ...targetOf(args), ...args.find((arg) => typeof arg === 'object') };
  const socket = new net.Socket();
  const callback = lastFunction(args);
  if (callback) socket.once('secureConnect', callback);
  if (timeout) socket.setTimeout(timeout);
  const certificate = { subject: { CN: servername ?? host }, subjectaltname: `DNS:${servername ?? host}` };
  Object.assign(socket, {
    encrypted: true,
    authorized: true,
    authorizationError: null,
    alpnProtocol: false,
    getPeerCertificate: () => certificate,
    getProtocol: () => 'TLSv1.3',
    getSession: () => undefined,
    isSessionReused: () => false,
  });
  return open(socket, { host, port, path, isEncrypted: true, isHttp });
}

function connectForHttp(options) {
  const socket = new net.Socket();
  if (options.timeout) socket.setTimeout(options.timeout);
  return open(socket, { host: options.host, port: options.port, path: options.socketPath, isHttp: true });
}

/** Each request has a connection at once: those of other runs must not wait in the line of an agent. */
function addRequest(original) {
  return function (...args) {
    this.maxSockets = Infinity;
    this.maxTotalSockets = Infinity;
    return original.apply(this, args);
  };
}

function refuseLookups(target) {
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(target))) {
    if (!/^(lookup|lookupService|resolve.*|reverse)$/.test(name)) continue;
    target[name] = function (host, ...rest) {
      const error = refusal(name, host, 'ENOTFOUND');
      const callback = lastFunction(rest);
      if (callback === undefined) return Promise.reject(error);
      process.nextTick(callback, error);
      return {};
    };
  }
}

function refusing(syscall, targetOf) {
  return function (...args) {
    throw refusal(syscall, targetOf(args));
  };
}

/** Takes the place of the network in Node's own modules, for this whole process. */
function closeNetwork() {
  Object.assign(net.Socket.prototype, { connect: connectSocket, setTimeout: setVirtualTimeout });
  net.Server.prototype.listen = refusing('listen', ([first]) => JSON.stringify(first) ?? '');
  tls.connect = connectEncrypted;
  http.Agent.prototype.addRequest = addRequest(http.Agent.prototype.addRequest);
  http.Agent.prototype.createConnection = connectForHttp;
  https.Agent.prototype.createConnection = (options) => connectEncrypted({ ...options, path: options.socketPath, isHttp: true });
  http2.connect = refusing('connect', ([authority]) => `${authority} with HTTP/2`);
  dgram.createSocket = refusing('socket', () => 'of datagrams');
  dgram.Socket.prototype.bind = dgram.createSocket;
  dgram.Socket.prototype.send = dgram.createSocket;
  refuseLookups(dns);
  refuseLookups(dns.promises);
  refuseLookups(dns.Resolver.prototype);
  refuseLookups(dns.promises.Resolver.prototype);
  syncBuiltinESMExports();
}

module.exports = { closeNetwork };
