/**
 * What is seen here goes to those who follow it.
 * @module
 */

import { told } from "./model/presentation.js";

/** @typedef {import("./model/state.js").State} State */
/** @typedef {import("./wire/live.js").Live} Live */

/** Between two views that are told. */
const REST_MS = 100;

/**
 * @param {State} state
 * @param {Pick<Live, "present">} live
 * @returns {() => void} what tells how it is seen now, where that has changed
 */
export function present(state, live) {
  let said = "";
  let waiting = 0;
  let restUntil = 0;
  const say = () => {
    waiting = 0;
    const { presentation } = state;
    if (!presentation || !state.isListed) return;
    const { id, key } = presentation;
    const view = told(state);
    const now = JSON.stringify([id, view]);
    if (now === said) return;
    said = now;
    restUntil = performance.now() + REST_MS;
    live.present({ id, key, view });
  };
  return () => {
    waiting ||= window.setTimeout(say, Math.max(0, restUntil - performance.now()));
  };
}
