// This process's own clock and randomness, replaced before anything of the web platform is loaded: its classes use them.
// What it was started with in its environment is nobody's business: functions have the environment that the test gives.
'use strict';

const crypto = require('node:crypto');
const { current } = require('./current.cjs');

const KEPT_VARIABLES = new Set(['LANG', 'LC_ALL', 'NO_COLOR', 'PATH', 'TZ']);
for (const name of Object.keys(process.env)) {
  if (!KEPT_VARIABLES.has(name)) delete process.env[name];
}

Math.random = () => (current.run === null ? 0.5 : current.run.random.float());
Date.now = () => (current.run === null ? 0 : current.run.nowMs);
// What draws the boundaries of forms.
crypto.randomInt = (low, high) => low + Math.floor(Math.random() * (high - low));
