import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../frontend/wire/frames.js";

const ID = "00112233-4455-6677-8899-aabbccddeeff";

/** A block as the wire has it; `values` are float64, whatever the kind makes of them. */
function block({ version = 1, kind = 1, channel = 0, count, first = 0, at = 0, values = [] }) {
  const bytes = new Uint8Array(40 + 8 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, kind);
  view.setUint16(2, channel, true);
  view.setUint32(4, count ?? values.length, true);
  view.setBigUint64(8, BigInt(first), true);
  Buffer.from(ID.replaceAll("-", ""), "hex").copy(bytes, 16);
  view.setFloat64(32, at, true);
  values.forEach((value, i) => view.setFloat64(40 + 8 * i, value, true));
  return bytes;
}

const message = (...blocks) => new Uint8Array(Buffer.concat(blocks)).buffer;

test("an empty message has no blocks", () => {
  assert.deepEqual(decode(new ArrayBuffer(0)), []);
});

test("a block tells run, first iteration, losses and when the newest was produced", () => {
  const [only] = decode(message(block({ first: 7, at: 1.75e9 + 0.125, values: [3, 2, 1.5] })));
  assert.deepEqual(only, {
    id: ID,
    first: 7,
    losses: Float64Array.of(3, 2, 1.5),
    producedAt: 1.75e9 + 0.125,
  });
});

test("a block may hold no losses", () => {
  const [only] = decode(message(block({ first: 5 })));
  assert.equal(only.losses.length, 0);
});

test("blocks stand back to back, in order", () => {
  const blocks = decode(message(block({ values: [1] }), block({ first: 1, values: [2, 3] })));
  assert.deepEqual(
    blocks.map(({ first, losses }) => [first, ...losses]),
    [
      [0, 1],
      [1, 2, 3],
    ],
  );
});

test("an iteration beyond 32 bits is told exactly", () => {
  const [only] = decode(message(block({ first: 2 ** 53 - 1, values: [1] })));
  assert.equal(only.first, 2 ** 53 - 1);
});

test("every kind of float64 comes through to the bit", () => {
  const values = [NaN, Infinity, -Infinity, -0, 5e-324, Number.MAX_VALUE, 0.1];
  const [only] = decode(message(block({ values })));
  values.forEach((value, i) => assert.ok(Object.is(only.losses[i], value), String(value)));
});

test("a block of diagnostics tells run, channel, iterations, values and when the newest was produced", () => {
  const pairs = [40, 0.5, 60, 0.25];
  const sent = block({ kind: 2, channel: 3, first: 40, at: 1.75e9, count: 2, values: pairs });
  assert.deepEqual(decode(message(sent)), [
    {
      id: ID,
      channel: 3,
      iterations: Float64Array.of(40, 60),
      values: Float64Array.of(0.5, 0.25),
      producedAt: 1.75e9,
    },
  ]);
});

test("so do diagnostics that stand between losses", () => {
  const [losses, diagnostics, more] = decode(
    message(
      block({ values: [3] }),
      block({ kind: 2, channel: 513, count: 2, values: [0, NaN, 20, -0] }),
      block({ first: 1, values: [4] }),
    ),
  );
  assert.deepEqual([...losses.losses, ...more.losses], [3, 4]);
  assert.equal(diagnostics.channel, 513);
  assert.deepEqual([...diagnostics.iterations], [0, 20]);
  assert.ok(Object.is(diagnostics.values[0], NaN) && Object.is(diagnostics.values[1], -0));
});

test("losses of a channel that is not known are passed over", () => {
  const blocks = decode(
    message(
      block({ values: [1] }),
      block({ kind: 1, channel: 9, values: [8, 8] }),
      block({ first: 1, values: [2] }),
    ),
  );
  assert.deepEqual(
    blocks.map(({ first, losses }) => [first, ...losses]),
    [
      [0, 1],
      [1, 2],
    ],
  );
});

test("a kind that is not known is refused, for where it ends is not known either", () => {
  assert.throws(() => decode(message(block({ kind: 3, values: [1] }))), RangeError);
});

test("another version of the format is refused", () => {
  assert.throws(() => decode(message(block({ version: 2, values: [1] }))), RangeError);
});

test("a message that is cut short is refused, wherever the cut is", () => {
  const whole = new Uint8Array(message(block({ values: [1, 2] }), block({ first: 2, values: [3] })));
  const seam = 40 + 2 * 8;
  for (let cut = 1; cut < whole.length; cut++) {
    if (cut === seam) continue;
    assert.throws(() => decode(whole.slice(0, cut).buffer), RangeError, `cut at byte ${cut}`);
  }
});

test("so is one that is cut in a block of diagnostics", () => {
  const whole = block({ kind: 2, count: 1, values: [0, 1] });
  for (let cut = 1; cut < whole.length; cut++) {
    assert.throws(() => decode(whole.slice(0, cut).buffer), RangeError, `cut at byte ${cut}`);
  }
});
