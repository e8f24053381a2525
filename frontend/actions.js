/**
 * What a person asks of runs, taken to the server; what it would not do is told in the state's
 * notice. A notice goes when the next thing is asked, and not before: what the server does do says
 * nothing of what it did not.
 * @module
 */

import * as texts from "./texts.js";
import * as api from "./wire/api.js";

/** @typedef {import("./model/state.js").State} State */
/** @typedef {"pause" | "resume" | "step" | "stop" | "full_speed" | "watch_pace" | "pin" | "unpin" | "delete" | "show" | "hide"} Intent */

/** Iterations a second that an eye can follow: the tutorial's 500 take 10 s. */
export const WATCHABLE_PACE = 50;

/** Questions to the server that are under way at once, so that none waits for long in the browser. */
const AT_ONCE = 6;

/** @type {Record<Exclude<Intent, "show" | "hide">, (id: string, state: State) => Promise<unknown>>} */
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
};

/**
 * Do what a person asked of some runs. The answers are not looked at but for refusals: the socket
 * tells what has become of a run, and tells it in order.
 * @param {State} state
 * @param {Intent} intent
 * @param {string[]} ids
 */
export async function act(state, intent, ids) {
  if (intent === "show") state.show(ids);
  else if (intent === "hide") state.hide(ids);
  else {
    const ask = ASKED[intent];
    state.set({ notice: "" });
    const refusals = await refused(ids, (id) => ask(id, state));
    if (!refusals[0]) return;
    const what = texts.actions[intent];
    state.set({ notice: texts.notice.refused(what, refusals.length, ids.length, refusals[0]) });
  }
}

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
