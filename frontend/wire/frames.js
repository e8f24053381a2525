/**
 * The binary messages of the live socket, pure: bytes to blocks.
 * @module
 */

const VERSION = 1;
const LOSSES = 1;
const DIAGNOSTICS = 2;
const HEADER_BYTES = 40;

/**
 * Losses of one run: those of iterations `first`, `first + 1`, ...
 * @typedef {object} Losses
 * @property {string} id
 * @property {number} first
 * @property {Float64Array} losses
 * @property {number} producedAt Unix seconds of the newest
 */

/**
 * Values of one channel of one run.
 * @typedef {object} Diagnostics
 * @property {string} id
 * @property {number} channel its number, as the catalog has it
 * @property {Float64Array} iterations of each value
 * @property {Float64Array} values
 * @property {number} producedAt Unix seconds of the newest
 */

/** @typedef {Losses | Diagnostics} Block */

/**
 * @param {DataView} view
 * @param {number} at
 * @returns {string} the 16 bytes of a run's id, as a UUID is written
 */
function uuid(view, at) {
  let hex = "";
  for (let i = 0; i < 16; i++) hex += view.getUint8(at + i).toString(16).padStart(2, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * @param {DataView} view
 * @param {number} at of the first
 * @param {number} count
 * @param {number} stride bytes from one to the next
 */
function floats(view, at, count, stride) {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(at + stride * i, true);
  return values;
}

/**
 * @param {ArrayBuffer} message
 * @returns {Block[]} its blocks; losses of a channel not known here are passed over
 * @throws {RangeError} where the message is cut short, or of a kind whose length is not known here
 */
export function decode(message) {
  const view = new DataView(message);
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < message.byteLength) {
    const version = view.getUint8(at);
    const kind = view.getUint8(at + 1);
    const channel = view.getUint16(at + 2, true);
    const count = view.getUint32(at + 4, true);
    if (version !== VERSION) throw new RangeError(`a block of version ${version}`);
    if (kind !== LOSSES && kind !== DIAGNOSTICS) throw new RangeError(`a block of kind ${kind}`);
    const values = at + HEADER_BYTES;
    const end = values + (kind === LOSSES ? 8 : 16) * count;
    if (end > message.byteLength) throw new RangeError("a block is cut short");
    const id = uuid(view, at + 16);
    const producedAt = view.getFloat64(at + 32, true);
    if (kind === LOSSES && channel === 0) {
      const first = Number(view.getBigUint64(at + 8, true));
      blocks.push({ id, first, losses: floats(view, values, count, 8), producedAt });
    } else if (kind === DIAGNOSTICS) {
      const iterations = floats(view, values, count, 16);
      blocks.push({ id, channel, iterations, values: floats(view, values + 8, count, 16), producedAt });
    }
    at = end;
  }
  return blocks;
}
