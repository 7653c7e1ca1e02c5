// Frames between this process and the simulator, on pipes of their own: blocking reads and writes.
//
// A frame to Node is a length (4 bytes, little endian) and JSON text. A frame from Node has one letter between the
// length and the text, which says what it is.
'use strict';

const fs = require('node:fs');

// The pipes' descriptors are this script's arguments.
const [IN, OUT] = process.argv.slice(2).map(Number);
const { readSync, writeSync } = fs;

let input = Buffer.allocUnsafeSlow(1 << 16);
let start = 0;
let end = 0;
let output = Buffer.allocUnsafeSlow(1 << 16);

/** Makes `size` bytes available from `start`; false at the end of the input. */
function fill(size) {
  if (start + size > input.length) {
    const bigger = size > input.length ? Buffer.allocUnsafeSlow(size) : input;
    input.copy(bigger, 0, start, end);
    input = bigger;
    end -= start;
    start = 0;
  }
  while (end - start < size) {
    const count = readSync(IN, input, end, input.length - end, null);
    if (count === 0) return false;
    end += count;
  }
  return true;
}

/** The next frame's text, null when the simulator has closed the pipe. */
function read() {
  if (start === end) start = end = 0;
  if (!fill(4)) return null;
  const size = input.readUInt32LE(start);
  if (!fill(4 + size)) return null;
  const text = input.utf8Slice(start + 4, start + 4 + size);
  start += 4 + size;
  return text;
}

/** Writes a frame; `letter` is one ASCII character. */
function write(letter, text) {
  const room = text.length * 3 + 5;
  let buffer = output;
  if (room > buffer.length) buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text) + 5);
  const size = buffer.utf8Write(text, 5);
  buffer.writeUInt32LE(size, 0);
  buffer[4] = letter.charCodeAt(0);
  let written = 0;
  while (written < size + 5) written += writeSync(OUT, buffer, written, size + 5 - written);
}

module.exports = { read, write };
