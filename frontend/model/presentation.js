/**
 * What this page shows to others, and what it is shown by them: what is seen, as an address says it,
 * and the place that is pointed at. Knows no DOM.
 * @module
 */

import * as views from "./view.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./view.js").View} View */

/**
 * @typedef {object} Presentation
 * @property {string} id the code by which others follow it
 * @property {string} key by which the server knows its presenter
 * @property {number} followers
 */

/** @typedef {{address: string, at: number | null}} Told */

/** Read aloud across a room, none of these is taken for another. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const CODE_LENGTH = 6;
const KEY_LENGTH = 32;

/** Runs of which the colour is told: of more, what is told would become too long to be passed on. */
const MOST_PLACES = 256;

/** @returns {Presentation} a new one, of which nobody can guess the key */
export function opened() {
  return { id: drawn(CODE_LENGTH), key: drawn(KEY_LENGTH), followers: 0 };
}

/** @param {number} length */
function drawn(length) {
  const numbers = crypto.getRandomValues(new Uint32Array(length));
  return Array.from(numbers, (number) => ALPHABET[number % ALPHABET.length]).join("");
}

/**
 * @param {string | null} text as `kept` wrote it
 * @returns {Presentation | null} null where it makes no sense
 */
export function restored(text) {
  const [id, key, ...rest] = (text ?? "").split(" ");
  return id && key && !rest.length ? { id, key, followers: 0 } : null;
}

/** @param {Presentation} presentation @returns {string} what it is found by after a reload */
export const kept = ({ id, key }) => `${id} ${key}`;

/**
 * @param {State} state
 * @returns {Told} what is seen, with the runs and their colours as they are now: what is the newest,
 *   and which colour is free, is another matter on a page that was opened later
 */
export function told(state) {
  const { view } = state;
  const runs = state.shown().map(({ id }) => id);
  const coloured = new Set([...view.pair, ...(view.run ? [view.run] : []), ...runs]);
  const places = [...coloured].slice(0, MOST_PLACES).map((id) => [id, state.placeOf(id)]);
  const colours = { ...view.colours, ...Object.fromEntries(places) };
  const seen = views.shared({ ...view, runs, colours });
  return { address: views.write({ ...views.initial(), ...seen }), at: view.at };
}

/**
 * @param {Record<string, unknown>} shown what a presenter's page has told
 * @returns {Partial<View>} what is to be seen; what makes no sense is as at first
 */
export function seen({ address, at }) {
  const view = views.read(typeof address === "string" ? address : "");
  return views.shared({ ...view, at: typeof at === "number" && Number.isFinite(at) ? at : null });
}

/** What is shown on another page, taken over to this one. */
export class Mirror {
  /** What was shown last. */
  #address = "";

  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  /** @param {Record<string, unknown>} shown as it comes: a hand that points changes nothing but the point */
  show(shown) {
    const view = seen(shown);
    const address = JSON.stringify(shown["address"] ?? null);
    if (address === this.#address) return this.state.point(view.at ?? null);
    this.#address = address;
    this.state.look(view);
  }
}

/**
 * @param {State} state
 * @returns {string} the query of an address at which just this is seen, whatever runs come
 */
export function address(state) {
  const runs = state.shown().map(({ id }) => id);
  return views.write({ ...views.initial(), ...views.shared({ ...state.view, runs }) });
}
