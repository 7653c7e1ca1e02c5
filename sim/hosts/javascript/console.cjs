// The console of contexts: lines of the run being stepped.
'use strict';

const { running } = require('./current.cjs');

function show(value) {
  try {
    return running().context.inspect(value);
  } catch {
    return '[a value that could not be shown]';
  }
}

const join = (args) => args.map(show).join(' ');

function log(level, args) {
  running().log(level, join(args));
}

/** `console.trace`: a line of the level `log`, with where it was called. */
function trace(args, error) {
  const [, ...frames] = String(error.stack).split('\n');
  running().log('log', [...args.map(show), ['', ...frames].join('\n')].join(' '));
}

/** `console.time`, `timeLog` and `timeEnd`. */
function stopwatch(method, label, args) {
  const run = running();
  const name = label === undefined ? 'default' : String(label);
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
