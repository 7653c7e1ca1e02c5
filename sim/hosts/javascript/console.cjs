// The console of contexts: lines of the run being stepped.
'use strict';

const { inspect } = require('node:util');
const { running } = require('./current.cjs');

function show(value) {
  if (typeof value === 'string') return value;
  try {
    return inspect(value, { maxStringLength: 32768 });
  } catch {
    return '[a value that could not be shown]';
  }
}

const join = (args) => args.map(show).join(' ');

function log(level, args) {
  running().log(level, join(args));
}

/** `console.trace`: the message and where it was called. */
function trace(args, error) {
  const [, ...frames] = String(error.stack).split('\n');
  running().log('trace', [join(args), ...frames].join('\n'));
}

/** `console.time`, `timeLog` and `timeEnd`. */
function stopwatch(method, label, args) {
  const run = running();
  const name = label === undefined ? 'default' : show(label);
  const started = run.stopwatches.get(name);
  if (method === 'time') {
    if (started === undefined) run.stopwatches.set(name, run.nowMs);
    else run.log('warn', `Timer '${name}' already exists`);
  } else if (started === undefined) {
    run.log('warn', `Timer '${name}' does not exist`);
  } else {
    run.log('info', [`${name}: ${run.nowMs - started}ms`, ...args.map(show)].join(' '));
    if (method === 'timeEnd') run.stopwatches.delete(name);
  }
}

module.exports = { log, stopwatch, trace };
