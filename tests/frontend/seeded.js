/**
 * Random things that come out the same at every call, so that a failure can be seen again.
 * @module
 */

/** A generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both included. */
export const whole = (random, low, high) => low + Math.floor(random() * (high - low + 1));

const ODD = [NaN, Infinity, -Infinity, 0, -0, Number.MAX_VALUE, Number.MIN_VALUE];

/** A series such as a loss may be: falling, noisy, or flat, with some odd values where `odd` > 0. */
export function series(random, length, odd) {
  const slope = random() * 0.1;
  const noise = random() < 0.3 ? 0 : random();
  return Float64Array.from({ length }, (_, i) =>
    random() < odd
      ? ODD[whole(random, 0, ODD.length - 1)]
      : 1000 * Math.exp(-slope * i) + noise * (random() - 0.5),
  );
}
