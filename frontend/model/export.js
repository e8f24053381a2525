/**
 * What is seen, as text for files: losses to the last bit, and what is not finite by its name. Knows
 * no DOM.
 * @module
 */

/** @typedef {import("../wire/api.js").Run} Run */

/**
 * @typedef {object} Series
 * @property {Run} run
 * @property {string} title
 * @property {number} start the first iteration
 * @property {ArrayLike<number>} losses from there on, without a gap
 */

/** Characters of a file's name that its titles may take. */
const NAME_LENGTH = 60;

/** Lines that are put together to one piece of text. */
const CHUNK = 10_000;

/** With these a spreadsheet begins a formula, which a run's name is not. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A line for each iteration, a column for each run; empty where a run has none there.
 * @param {Series[]} all
 * @returns {string[]} pieces of the text
 */
export function csv(all) {
  const first = Math.min(...all.map(({ start }) => start));
  const stop = Math.max(...all.map(({ start, losses }) => start + losses.length));
  const head = ["iteration", ...headings(all)].join(",");
  const pieces = [`${head}\r\n`];
  for (let from = first; from < stop; from += CHUNK) {
    let piece = "";
    for (let i = from; i < Math.min(from + CHUNK, stop); i++) {
      piece += i;
      for (const { start, losses } of all) piece += `,${losses[i - start] ?? ""}`;
      piece += "\r\n";
    }
    pieces.push(piece);
  }
  return pieces;
}

/** @param {Series[]} all @returns {string[]} what each run is called, with its id where another is called so */
function headings(all) {
  return all.map(({ title, run }) => {
    const alone = all.filter((other) => other.title === title).length === 1;
    const name = alone ? title : `${title} (${run.id})`;
    return `"${(FORMULA.test(name) ? `'${name}` : name).replaceAll('"', '""')}"`;
  });
}

/**
 * @param {Series[]} all
 * @param {string} from the address at which the same is seen
 * @returns {string}
 */
export function json(all, from) {
  const runs = all.map(({ run, title, start, losses }) => ({
    id: run.id,
    title,
    spec: run.spec,
    start,
    losses: Array.from(losses, (loss) => (Number.isFinite(loss) ? loss : String(loss))),
  }));
  return JSON.stringify({ from, runs });
}

/**
 * @param {string[]} titles of the runs in it
 * @param {string} kind the end of its name
 * @param {Date} now
 * @returns {string} the name of a file that says what is in it
 */
export function fileName(titles, kind, now) {
  const [only] = titles;
  const what = only !== undefined && titles.length === 1 ? only : `${titles.length} runs`;
  const plain = what
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}.]+/gu, "-")
    .slice(0, NAME_LENGTH)
    .replace(/^[-.]+|[-.]+$/g, "");
  const pad = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [now.getFullYear(), pad(now.getMonth() + 1), pad(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(pad).join("");
  return `${["reluscope-losses", plain, day, time].filter(Boolean).join("-")}.${kind}`;
}
