// The JSON text that crosses to the simulator.
'use strict';

const MAYBE_LONE = '\\ud';
const ESCAPE = /\\(?:u([0-9a-f]{4})|.)/gi;

/**
 * Why a text can't be a syscall's argument, null when it can. `JSON.stringify` writes a lone surrogate as an escape,
 * which UTF-8 has no bytes for: then the backend's JSON library tells where (semantics §2.1).
 */
function wellFormedJson(text) {
  if (typeof text !== 'string') return 'Received invalid json: not a string';
  const problem = text.includes(MAYBE_LONE) ? loneSurrogate(text) : null;
  return problem === null ? null : `Received invalid json: ${problem}`;
}

function loneSurrogate(text) {
  const problem = (what, end) => `${what} at line 1 column ${Buffer.byteLength(text.slice(0, end))}`;
  let high = -1;
  for (const match of text.matchAll(ESCAPE)) {
    const code = match[1] === undefined ? -1 : Number.parseInt(match[1], 16);
    const isLow = code >= 0xdc00 && code < 0xe000;
    const end = match.index + match[0].length;
    if (high >= 0) {
      if (match.index !== high) break;
      if (code < 0) return problem('unexpected end of hex escape', match.index + 2);
      if (!isLow) return problem('lone leading surrogate in hex escape', end);
      high = -1;
    } else if (isLow) return problem('lone leading surrogate in hex escape', end);
    else if (code >= 0xd800 && code < 0xdc00) high = end;
  }
  return high < 0 ? null : problem('unexpected end of hex escape', high + 1);
}

module.exports = { wellFormedJson };
