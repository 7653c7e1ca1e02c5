// One execution of a function: its pending syscalls, its query streams, its timers, its log, its end.
'use strict';

const channel = require('./channel.cjs');
const { wellFormedJson } = require('./wire.cjs');

const READ_LOGS = 2000;
const DOCS = 'Please consider using an action. See https://docs.convex.dev/functions/actions for more details.';
const CALLS_FUNCTION = /^1\.0\/(runUdf|schedule|cancel_job|actions\/(query|mutation|action|schedule|cancel_job))$/;
const DATABASE = /^1\.0\/(queryStream|queryStreamNext|queryCleanup|queryPage|get|count|insert|shallowMerge|replace|remove|db\/normalizeId)$/;

/** How an operation is called in the warning about unawaited ones (semantics §6.4). */
function displayName(op) {
  if (op === 'storage/storeBlob') return 'storage.store';
  if (op === 'storage/getBlob') return 'storage.get';
  return op.replace(/^1\.0\//, '').replace(/^actions\//, '');
}

class Run {
  /** `kind` is a function kind, or "import" while modules are loaded. */
  constructor(id, context, kind, nowMs, random, environment) {
    this.id = id;
    this.context = context;
    this.kind = kind;
    this.nowMs = nowMs;
    this.startMs = nowMs;
    this.random = random;
    this.environment = environment;
    this.logs = [];
    this.logCount = 0;
    this.pending = new Map();
    this.calls = [];
    this.cancelled = [];
    this.lastCall = 0;
    this.queries = [];
    this.consumed = null;
    // Documents that came with the call, and the arguments of the syscalls that were answered with them.
    this.ahead = null;
    this.got = [];
    this.timers = new Map();
    this.lastTimer = 0;
    this.performanceReads = 0;
    this.observedTime = false;
    this.stopwatches = new Map();
    // Whether something was begun that ends outside of JavaScript, in its own time (a thread, a turn of the loop).
    this.native = context.alwaysNative;
    this.nativeQueue = Promise.resolve();
    this.outcome = null;
    this.failure = null;
  }

  get inTransaction() {
    return this.kind === 'query' || this.kind === 'mutation';
  }

  // --- what the handler does -----------------------------------------------------------------------------------

  /** Refuses an operation while modules are loaded (semantics §6.3); the error's text, null when it is allowed. */
  refusal(op) {
    if (this.kind !== 'import') return null;
    if (DATABASE.test(op)) return "Can't use database at import time";
    if (CALLS_FUNCTION.test(op)) return 'Cannot call another function at import time';
    return `Syscall ${op} unsupported at import time`;
  }

  /** Why a facility of actions is not there, null when it is. `use` is how the text calls it. */
  actionOnly(use) {
    if (this.kind === 'import') return `${use} unsupported at import time`;
    return this.inTransaction ? `Can't use ${use} in queries and mutations. ${DOCS}` : null;
  }

  /** Why `import()` is refused, undefined where it isn't: modules of queries and mutations are all loaded before they run. */
  get refusedImport() {
    return this.inTransaction ? "Can't dynamically import a module in a query or mutation" : undefined;
  }

  issue(op, args, waiting) {
    const id = ++this.lastCall;
    waiting.op = op;
    this.pending.set(id, waiting);
    this.calls.push({ id, op, args, text: `{"id":${id},"op":${JSON.stringify(op)},"arguments":${args}}` });
    return id;
  }

  asyncSyscall(op, args, resolve, reject) {
    const refused = this.refusal(op) ?? wellFormedJson(args);
    if (refused !== null) reject(this.context.inside.newError('Error', refused));
    else if (op === '1.0/queryStreamNext') this.nextRow(args, resolve, reject);
    else this.issue(op, args, { resolve, reject });
  }

  syscall(op, args) {
    const refused = this.refusal(op) ?? wellFormedJson(args);
    if (refused !== null) throw this.context.inside.newError('Error', refused);
    if (op === '1.0/queryStream') {
      this.queries.push({ text: args, begun: false, open: true, rows: [], next: 0, done: false });
      return `{"queryId":${this.queries.length - 1}}`;
    }
    if (op === '1.0/queryCleanup') {
      const query = this.queries[this.queryId(args)];
      const wasOpen = query !== undefined && query.open;
      if (wasOpen) {
        query.open = false;
        query.rows = [];
      }
      return wasOpen ? 'true' : 'false';
    }
    channel.write('Y', `{"op":${JSON.stringify(op)},"arguments":${args}}`);
    const { value, error } = JSON.parse(channel.read());
    if (error !== undefined) throw this.context.inside.newError('Error', error);
    return value;
  }

  queryId(args) {
    return Number(/^\{"queryId":(\d+)\}$/.exec(args)?.[1] ?? -1);
  }

  /** The next row of a query: one that came ahead of time when nothing else is under way, else a syscall. */
  nextRow(args, resolve, reject) {
    const id = this.queryId(args);
    const query = this.queries[id];
    if (query === undefined || !query.open) {
      reject(this.context.inside.newError('Error', `Query ${id} does not exist.`));
      return;
    }
    if (this.pending.size === 0) {
      if (query.next < query.rows.length) {
        this.consume(id);
        resolve(`{"value":${query.rows[query.next++]},"done":false}`);
        return;
      }
      if (query.done) {
        this.consume(id);
        resolve('{"value":null,"done":true}');
        return;
      }
    }
    query.rows = [];
    query.next = 0;
    query.done = false;
    let sent = args;
    if (!query.begun) {
      query.begun = true;
      sent = `{"queryId":${id},"query":${JSON.stringify(JSON.parse(query.text).query)}}`;
      query.text = '';
    }
    this.issue('1.0/queryStreamNext', sent, { resolve, reject, query });
  }

  consume(id) {
    this.consumed ??= {};
    this.consumed[id] = (this.consumed[id] ?? 0) + 1;
  }

  startTimer(callback, ms, repeat) {
    const timer = { id: ++this.lastTimer, callback, ms, repeat, call: 0 };
    this.timers.set(timer.id, timer);
    timer.call = this.issue('sleep', `{"ms":${ms}}`, { timer });
    return timer.id;
  }

  stopTimer(id) {
    const timer = this.timers.get(id);
    if (timer === undefined) return;
    this.timers.delete(id);
    this.cancel(timer.call);
  }

  /** Nobody waits for this call any more. */
  cancel(call) {
    if (!this.pending.delete(call)) return;
    const unsent = this.calls.findIndex(({ id }) => id === call);
    if (unsent < 0) this.cancelled.push(call);
    else this.calls.splice(unsent, 1);
  }

  log(level, text) {
    if (++this.logCount <= READ_LOGS) this.logs.push({ level, text: text.slice(0, 65536).toWellFormed() });
  }

  /** Passes on a time since the epoch that user code asked for. */
  observeTime(ms) {
    this.observedTime = true;
    return ms;
  }

  performanceNow() {
    if (this.kind === 'mutation') return this.performanceReads++;
    return this.nowMs - this.startMs;
  }

  fail(error) {
    this.failure ??= { error };
  }

  /**
   * Answers what the handler waits for out of the documents that came ahead. True when it may go on: only if documents
   * are all that it has asked for, so that nothing comes in another order than if the simulator had answered.
   */
  answerAhead() {
    if (this.ahead === null) return false;
    const isFirst = this.failure === null && this.calls.length > 0 && this.logs.length === 0;
    const found = isFirst ? this.calls.map(({ op, args }) => this.takeAhead(op, args)) : [];
    if (found.length === 0 || found.includes(null)) {
      this.ahead = null;
      return false;
    }
    const calls = this.calls;
    this.calls = [];
    for (const [at, { id, args }] of calls.entries()) {
      const { resolve } = this.pending.get(id);
      this.pending.delete(id);
      this.got.push(args);
      resolve(found[at]);
    }
    return true;
  }

  /** The text of the document that a syscall asks for, if it came ahead and was not asked for before; else null. */
  takeAhead(op, args) {
    if (op !== '1.0/get') return null;
    let asked;
    try {
      asked = JSON.parse(args);
    } catch {
      return null; // whoever calls the syscall by hand may pass anything: the simulator says what is wrong
    }
    const { id, table, isSystem } = asked ?? {};
    if (isSystem === true || typeof id !== 'string' || !Object.hasOwn(this.ahead, id)) return null;
    const [name, text] = this.ahead[id];
    if (table !== undefined && table !== name) return null;
    delete this.ahead[id];
    return text;
  }

  // --- what the simulator does ---------------------------------------------------------------------------------

  /** Hands over the results of calls, in their order; results of cancelled calls have no effect. */
  accept(results, nowMs) {
    if (!this.inTransaction) this.nowMs = nowMs;
    for (const result of results) {
      const waiting = this.pending.get(result.id);
      if (waiting === undefined) continue;
      this.pending.delete(result.id);
      if (waiting.timer !== undefined) this.fire(waiting.timer);
      else if (result.error !== undefined) waiting.reject(this.context.inside.newSyscallError(result.error, result.error_data ?? null), result.error_code);
      else {
        if (waiting.query !== undefined && waiting.query.open) {
          waiting.query.rows = result.rows ?? [];
          waiting.query.done = result.rows_done ?? false;
        }
        waiting.resolve(result.value ?? 'null');
      }
    }
  }

  fire(timer) {
    try {
      timer.callback();
    } catch (error) {
      this.fail(error);
    }
    if (!this.timers.has(timer.id)) return;
    if (timer.repeat) timer.call = this.issue('sleep', `{"ms":${timer.ms}}`, { timer });
    else this.timers.delete(timer.id);
  }

  /** Whether the run can be answered for: it has ended, or it waits. */
  get isAnswerable() {
    return this.failure !== null || this.outcome !== null || this.pending.size > 0;
  }

  get isOver() {
    if (this.failure !== null) return true;
    if (this.outcome === null) return this.pending.size === 0;
    return !this.inTransaction || this.pending.size === 0;
  }

  dangling() {
    return [...this.pending.values()].filter(({ timer }) => timer === undefined).map(({ op }) => displayName(op));
  }

  /** The text of what goes along with every answer; clears it. */
  takeExtras() {
    let text = '';
    if (this.logs.length > 0) {
      text += `,"logs":${JSON.stringify(this.logs)}`;
      this.logs = [];
    }
    if (this.got.length > 0) {
      text += `,"got":[${this.got}]`;
      this.got = [];
    }
    if (this.consumed !== null) {
      text += `,"consumed":${JSON.stringify(this.consumed)}`;
      this.consumed = null;
    }
    return text;
  }

  /** Answers the step that ends here. */
  answer(describe) {
    if (!this.isOver) {
      const cancelled = this.cancelled.length > 0 ? `,"cancelled":[${this.cancelled}]` : '';
      channel.write('W', `{"calls":[${this.calls.map(({ text }) => text)}]${cancelled}${this.takeExtras()}}`);
      this.calls = [];
      this.cancelled = [];
      return;
    }
    let body;
    if (this.failure !== null) body = `"error":${JSON.stringify(describe(this.failure.error))}`;
    else if (this.outcome === null) body = '"error":{"name":"Error","message":"Returned promise will never resolve","by_host":true}';
    else {
      body = `"value":${JSON.stringify(this.outcome.value)}`;
      if (this.pending.size > 0) body += `,"dangling":${JSON.stringify(this.dangling())}`;
    }
    if (this.observedTime) body += ',"observed_time":true';
    channel.write('S', `{${body}${this.takeExtras()}}`);
  }
}

module.exports = { Run, displayName };
