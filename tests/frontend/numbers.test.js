import assert from "node:assert/strict";
import { test } from "node:test";

import { count, duration, instant, loss, moment, percent, rate, setting, shortened } from "../../frontend/numbers.js";

/** Each input with the text that is to come of it. */
const told = (write, cases) => () => {
  for (const [given, expected] of cases) assert.equal(write(given), expected, String(given));
};

test(
  "a loss has four digits, and names what is not finite",
  told(loss, [
    [NaN, "NaN"],
    [Infinity, "+inf"],
    [-Infinity, "-inf"],
    [0, "0"],
    [-0, "0"],
    [1, "1.000"],
    [12.3456, "12.35"],
    [-12.3456, "-12.35"],
    [1234.5, "1235"],
    [99_999, "1.000e+5"],
    [29_456_122, "2.946e+7"],
    [0.00012346, "1.235e-4"],
    [5e-324, "4.941e-324"],
    [Number.MAX_VALUE, "1.798e+308"],
  ]),
);

test(
  "a count stands in groups of three",
  told(count, [
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [10_000_000, "10,000,000"],
  ]),
);

test(
  "a rate is whole where it is large, and nothing where it is not known",
  told(rate, [
    [null, ""],
    [0.5, "0.50 it/s"],
    [9.87, "9.9 it/s"],
    [49.96, "50 it/s"],
    [12_345.6, "12,346 it/s"],
  ]),
);

test(
  "how long it took is as exact as its size asks for",
  told(duration, [
    [-1, "0 ms"],
    [0.0334, "33 ms"],
    [1.25, "1.3 s"],
    [59.94, "59.9 s"],
    [90, "1 min 30 s"],
    [3725, "1 h 2 min"],
    [5_000_000, "1,388 h 53 min"],
  ]),
);

test(
  "a size never reads as more of its unit than there is",
  told(duration, [
    [0.9996, "1.0 s"],
    [59.96, "1 min 0 s"],
    [3599.7, "1 h 0 min"],
  ]),
);

test(
  "a setting is written as short as it can be, and reads as the same number",
  told(setting, [
    [0.000001, "1e-6"],
    [1e-7, "1e-7"],
    [0.9, "0.9"],
    [500, "500"],
    [64, "64"],
    [0, "0"],
    [1.5e-7, "1.5e-7"],
    [1000, "1000"],
    [1e6, "1e6"],
  ]),
);

test("a setting loses nothing", () => {
  for (const value of [0.1 + 0.2, 1 / 3, 2 ** 53 - 1, 123_456, 1e21, 5e-324])
    assert.equal(Number(setting(value)), value);
});

test("a text is shortened where it is too long, by whole characters", () => {
  assert.equal(shortened("short", 5), "short");
  assert.equal(shortened("longer", 5), "long…");
  assert.equal(shortened("🚀🚀🚀", 2), "🚀…");
});

test("a moment of today is told by its time, an older one by its day", () => {
  const now = new Date(2030, 5, 15, 18, 0, 0).getTime() / 1000;
  assert.equal(moment(now - 3661, now), "16:58:59");
  assert.match(moment(now - 5 * 86_400, now), /10 Jun.*18:00/);
  assert.match(moment(now - 400 * 86_400, now), /2029/);
  assert.equal(instant(now), "15 Jun 2030, 18:00:00");
});

test("a share is told in hundredths, and is whole only at its end", told(percent, [[0, "0 %"], [0.999, "99 %"], [1, "100 %"]]));
