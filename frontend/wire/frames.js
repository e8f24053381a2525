/**
 * The binary messages of the live socket, pure: bytes to blocks.
 * @module
 */

const VERSION = 1;
const LOSSES = 1;
const HEADER_BYTES = 40;

/**
 * Losses of one run: those of iterations `first`, `first + 1`, ...
 * @typedef {object} Block
 * @property {string} id
 * @property {number} first
 * @property {Float64Array} losses
 * @property {number} producedAt Unix seconds of the newest
 */

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
 * @param {ArrayBuffer} message
 * @returns {Block[]} its blocks; those of a kind not known here are passed over
 * @throws {RangeError} where the message is cut short
 */
export function decode(message) {
  const view = new DataView(message);
  const blocks = [];
  let at = 0;
  while (at < message.byteLength) {
    const version = view.getUint8(at);
    const kind = view.getUint8(at + 1);
    const channel = view.getUint16(at + 2, true);
    const count = view.getUint32(at + 4, true);
    if (version !== VERSION) throw new RangeError(`a block of version ${version}`);
    const values = at + HEADER_BYTES;
    const end = values + (kind === LOSSES ? 8 : 16) * count;
    if (end > message.byteLength) throw new RangeError("a block is cut short");
    if (kind === LOSSES && channel === 0) {
      const losses = new Float64Array(count);
      for (let i = 0; i < count; i++) losses[i] = view.getFloat64(values + 8 * i, true);
      blocks.push({
        id: uuid(view, at + 16),
        first: Number(view.getBigUint64(at + 8, true)),
        losses,
        producedAt: view.getFloat64(at + 32, true),
      });
    }
    at = end;
  }
  return blocks;
}
