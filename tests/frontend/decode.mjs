/**
 * Decodes the binary message on stdin as the page does, and prints its blocks as JSON, each float64 as
 * the 16 hexadecimal digits of its bits.
 */

import { readFileSync } from "node:fs";

import { decode } from "../../frontend/wire/frames.js";

function bits(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

const read = readFileSync(0);
const message = read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength);
const blocks = decode(message).map(({ producedAt, ...block }) => ({
  ...block,
  ...("losses" in block
    ? { losses: Array.from(block.losses, bits) }
    : { iterations: [...block.iterations], values: Array.from(block.values, bits) }),
  produced_at: bits(producedAt),
}));
console.log(JSON.stringify(blocks));
