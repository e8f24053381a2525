/**
 * How the page stands with the server: connected, behind or not connected, how old the newest point is,
 * and whether runs are stored.
 * @module
 */

import { make, setAttribute, setText } from "../dom.js";
import { Liveness } from "../model/liveness.js";
import { status as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */

/** Between two looks at the age. */
const LOOK_MS = 250;

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function status(element, state) {
  const liveness = new Liveness();
  const connection = make("span", { class: "connection" });
  // Of the whole line it is read aloud what changes; of a share that grows, each step would be.
  const share = make("span", { class: "share", "aria-live": "off" });
  const newest = make("span", { class: "age", "aria-live": "off" });
  const problem = make("span", { class: "problem", title: texts.meanwhile });
  element.append(make("span", {}, connection, share), newest, problem);
  const header = element.parentElement;
  const render = () => {
    const caughtUp = state.connection === "connected" ? liveness.caughtUp(state) : null;
    setAttribute(element, "data-connection", caughtUp === null ? state.connection : "behind");
    setText(connection, caughtUp === null ? texts.connection[state.connection] : texts.behind);
    setText(share, caughtUp === null ? "" : texts.caughtUp(caughtUp));
    setText(newest, told(state));
    if (header) setAttribute(header, "data-stored", state.storeProblem === null ? "yes" : "no");
    setText(problem, state.storeProblem === null ? "" : texts.notStored(state.storeProblem));
  };
  setInterval(render, LOOK_MS);
  return render;
}

/** @param {State} state @returns {string} how old the newest point is, or why there is none */
function told(state) {
  const seconds = state.age();
  if (seconds !== null) return texts.newest(seconds);
  const running = state.listed().filter((run) => run.status === "running");
  if (!running.length) return texts.nothing;
  const shown = running.some((run) => state.shownIds.has(run.id));
  return shown ? texts.waiting : texts.hidden;
}
