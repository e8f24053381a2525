/**
 * What happened to a run, in words, the newest first; each can be pointed at on the charts.
 * @module
 */

import { make, setText } from "../../dom.js";
import { sentence } from "../../model/told.js";
import { instant } from "../../numbers.js";
import { closeup, table } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/events.js").Event} Event */
/** @typedef {import("./asking.js").Part} Part */

const texts = closeup.events;

/** Until what is told of their age is looked at again. */
const AGE_MS = 5000;

/**
 * @param {State} state
 * @returns {Part}
 */
export function events(state) {
  const note = make("p", { class: "help" });
  const list = make("ol", { class: "events", reversed: true });
  const element = make("div", {}, note, list);
  /** @type {Event[] | undefined} */
  let drawn;
  let shown = "";
  setInterval(() => element.isConnected && tellAges(state, list), AGE_MS);
  return {
    element,
    render: ({ id }) => {
      const found = state.events.get(id);
      setText(note, !found ? texts.loading : found.length ? "" : texts.none);
      if (found === drawn && id === shown) return;
      [drawn, shown] = [found, id];
      const items = (found ?? []).map((event, i) => item(state, event, found?.slice(0, i) ?? []));
      list.replaceChildren(...items.reverse());
      tellAges(state, list);
    },
  };
}

/**
 * @param {State} state
 * @param {Event} event
 * @param {Event[]} before it
 */
function item(state, event, before) {
  const point = () => {
    if (state.view.x !== "iteration") state.look({ x: "iteration" });
    state.point(event.iteration);
  };
  const age = make("time", { class: "ago", title: instant(event.at), datetime: new Date(1000 * event.at).toISOString() });
  age.dataset["at"] = String(event.at);
  const at = texts.at(event.iteration);
  return make(
    "li",
    { "data-kind": event.kind },
    make("button", { type: "button", class: "point", title: texts.pointAt(event.iteration), click: point }, at),
    " ",
    make("span", { class: "what" }, sentence(event, before)),
    " ",
    age,
    ...(event.reason ? [make("p", { class: "reason" }, table.reason(event.reason))] : []),
  );
}

/** @param {State} state @param {HTMLElement} list */
function tellAges(state, list) {
  const now = Date.now() / 1000 + state.clockOffset;
  for (const age of list.querySelectorAll("time"))
    setText(age, texts.ago(Math.max(0, now - Number(age.dataset["at"]))));
}
