/**
 * Numbers as people read them. Knows no DOM, no state and no words.
 * @module
 */

/**
 * A number as the server tells it: one that is not finite comes as a string.
 * @typedef {number | "NaN" | "Infinity" | "-Infinity"} Told
 */

/**
 * @param {number} value
 * @returns {string} a loss, to four digits
 */
export function loss(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+inf" : "-inf";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(3) : value.toPrecision(4);
}

/** Made once: `toLocaleString` makes one anew at each call. */
const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/**
 * @param {number} value
 * @returns {string} a whole number, in groups of three
 */
export function count(value) {
  return GROUPED.format(value);
}

/**
 * @param {number | null} rate iterations per second
 * @returns {string}
 */
export function rate(rate) {
  if (rate === null) return "";
  return `${rate >= 10 ? count(rate) : rate.toPrecision(2)} it/s`;
}

/**
 * @param {number} seconds
 * @returns {string} how long something took, or how old it is, to the precision that its size asks for
 */
export function duration(seconds) {
  const ms = Math.max(0, Math.round(seconds * 1000));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${count(hours)} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/**
 * @param {number} value
 * @returns {string} a hyperparameter, as short as it can be written
 */
export function setting(value) {
  const short = String(value);
  const exponential = value.toExponential();
  return (exponential.length < short.length ? exponential : short).replace("e+", "e");
}

/**
 * @param {string} text
 * @param {number} length
 * @returns {string} its beginning, where it is longer
 */
export function shortened(text, length) {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}

/** A moment, to the second where it is of today. */
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/**
 * @param {number} seconds Unix time
 * @param {number} [now]
 * @returns {string} a moment by this machine's clock, to the precision that its age asks for
 */
export function moment(seconds, now = Date.now() / 1000) {
  const [then, today] = [new Date(seconds * 1000), new Date(now * 1000)];
  if (then.toDateString() === today.toDateString()) return HOUR.format(then);
  return (then.getFullYear() === today.getFullYear() ? DAY : YEAR).format(then);
}

const WHOLE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/**
 * @param {number} seconds Unix time
 * @returns {string} a moment by this machine's clock, in full
 */
export const instant = (seconds) => WHOLE.format(1000 * seconds);

/**
 * @param {number} share between 0 and 1
 * @returns {string} in hundredths
 */
export const percent = (share) => `${Math.floor(100 * share)} %`;
