// The JSON text that crosses to the simulator.
'use strict';

const MAYBE_LONE = '\\ud';
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/i;

/**
 * Why a text can't be a syscall's argument, null when it can. `JSON.stringify` writes a lone surrogate as an escape,
 * which UTF-8 has no bytes for (semantics §2.1).
 */
function wellFormedJson(text) {
  if (typeof text !== 'string') return 'Received invalid json: not a string';
  if (text.includes(MAYBE_LONE) && LONE_SURROGATE.test(text)) return 'Received invalid json: lone surrogate in a string';
  return null;
}

module.exports = { wellFormedJson };
