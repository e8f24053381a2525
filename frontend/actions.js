/**
 * What a person asks of runs, taken to the server; what it would not do is told in the state's
 * notice. A notice goes when the next thing is asked, or the server that could not be reached is
 * there again, and not before: what the server does do says nothing of what it did not.
 * @module
 */

import { asked } from "./question.js";
import * as texts from "./texts.js";
import * as api from "./wire/api.js";

/** @typedef {import("./model/state.js").State} State */
/** @typedef {"pause" | "resume" | "step" | "stop" | "full_speed" | "watch_pace" | "replay" | "delete"} Steered */
/** @typedef {Steered | "pin" | "unpin" | "rename" | "tag"} Asked what the server does */
/** @typedef {Asked | "show" | "hide" | "solo" | "fork" | "again"} Intent */

/**
 * What an intent needs beside its runs.
 * @typedef {object} Detail
 * @property {string} [name] that they are to have; empty for none
 * @property {string[]} [add] tags
 * @property {string[]} [remove] tags
 */

/** On the document: a person wants to start a run, or to fork the one close up, with changes yet to be made. */
export const WANTED = /** @type {const} */ ({ again: "again", fork: "fork" });

/** Iterations a second that an eye can follow: the tutorial's 500 take 10 s. */
export const WATCHABLE_PACE = 50;

/** Questions to the server that are under way at once, so that none waits for long in the browser. */
const AT_ONCE = 6;

/** @type {Record<Asked, (id: string, state: State, detail: Detail) => Promise<unknown>>} */
const ASKED = {
  pause: (id) => api.ask(id, "pause"),
  resume: (id) => api.ask(id, "resume"),
  step: (id, state) => api.step(id, state.stepSize),
  stop: (id) => api.ask(id, "stop"),
  full_speed: (id) => api.change(id, { pace: null }),
  watch_pace: (id) => api.change(id, { pace: WATCHABLE_PACE }),
  pin: (id) => api.change(id, { pinned: true }),
  unpin: (id) => api.change(id, { pinned: false }),
  delete: (id) => api.remove(id),
  rename: (id, _, { name }) => api.change(id, { name: name?.trim() || null }),
  tag: (id, _, detail) => api.retag(id, (tags) => tagged(tags, detail)),
  replay: (id) => api.replay(id),
};

/** @param {string[]} tags @param {Detail} detail @returns {string[]} with what is added, each once */
const tagged = (tags, { add = [], remove = [] }) => [
  ...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add]),
];

/**
 * What is asked of the page alone.
 * @type {Record<Exclude<Intent, Asked>, (state: State, ids: string[]) => void>}
 */
const DONE_HERE = {
  show: (state, ids) => state.show(ids),
  hide: (state, ids) => state.hide(ids),
  solo: (state, ids) => state.solo(ids),
  again: (state, [id = ""]) => {
    const spec = state.runs.get(id)?.spec;
    if (spec) document.dispatchEvent(new CustomEvent(WANTED.again, { detail: { spec } }));
  },
  fork: (state, [id = ""]) => {
    state.look({ run: id });
    document.dispatchEvent(new CustomEvent(WANTED.fork));
  },
};

/**
 * Do what a person asked of some runs. The answers are not looked at but for refusals: the socket
 * tells what has become of a run, and tells it in order.
 * @param {State} state
 * @param {Intent} intent
 * @param {string[]} ids
 * @param {Detail} [detail]
 */
export async function act(state, intent, ids, detail = {}) {
  if (isDoneHere(intent)) {
    DONE_HERE[intent](state, ids);
    return;
  }
  if (state.readOnly) return;
  if (intent === "delete" && !(await isSure(state, ids))) return;
  const ask = ASKED[intent];
  state.set({ notice: "" });
  const refusals = await refused(ids, (id) => ask(id, state, detail));
  if (!refusals[0]) return;
  const what = texts.actions[intent];
  state.set({ notice: texts.notice.refused(what, refusals.length, ids.length, refusals[0]) });
}

/** @param {State} state @param {string[]} ids that are to be deleted, for good */
function isSure(state, ids) {
  const [only] = ids.length === 1 ? ids.flatMap((id) => state.runs.get(id) ?? []) : [];
  const { deleteOne, deleteMany, deleteYes } = texts.question;
  return asked(only ? deleteOne(state.title(only)) : deleteMany(ids.length), deleteYes(ids.length));
}

/** @param {Intent} intent @returns {intent is Exclude<Intent, Asked>} */
const isDoneHere = (intent) => intent in DONE_HERE;

/**
 * @param {string[]} ids
 * @param {(id: string) => Promise<unknown>} ask
 * @returns {Promise<string[]>} what was said where it was refused
 */
async function refused(ids, ask) {
  /** @type {string[]} */
  const refusals = [];
  const waiting = ids.values();
  const askOneByOne = async () => {
    for (const id of waiting) await ask(id).catch((error) => refusals.push(message(error)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOneByOne));
  return refusals;
}

/** @param {unknown} error */
const message = (error) => (error instanceof Error ? error.message : String(error));
