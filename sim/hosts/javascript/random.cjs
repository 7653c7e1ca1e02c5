// The seeded randomness of one run: sfc32, whose period no run exhausts, started from 64 bits of seed.
'use strict';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

class Random {
  constructor(high, low) {
    this.a = low | 0;
    this.b = high | 0;
    this.c = 0x9e3779b9 | 0;
    this.counter = 1;
    for (let i = 0; i < 15; i++) this.next();
  }

  /** 32 random bits, signed. */
  next() {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A number in [0, 1), as `Math.random` gives: 53 bits. */
  float() {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  fill(bytes) {
    let word = 0;
    for (let i = 0; i < bytes.length; i++) {
      if (i % 4 === 0) word = this.next();
      bytes[i] = word >>> ((i % 4) * 8);
    }
    return bytes;
  }

  uuid() {
    const bytes = this.fill(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = '';
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
      text += HEX[bytes[i]];
    }
    return text;
  }
}

module.exports = { Random };
