// This process's own clock and randomness, replaced before anything of the web platform is loaded: its classes use them.
'use strict';

const crypto = require('node:crypto');
const { current } = require('./current.cjs');

Math.random = () => (current.run === null ? 0.5 : current.run.random.float());
Date.now = () => (current.run === null ? 0 : current.run.nowMs);
// What draws the boundaries of forms.
crypto.randomInt = (low, high) => low + Math.floor(Math.random() * (high - low));
