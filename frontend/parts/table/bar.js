/**
 * What is said to many runs at once: to those that are picked, or else to all that the filter lets
 * through; and how far a step goes.
 * @module
 */

import { make, setText } from "../../dom.js";
import { canResume, hasEnded, isLive } from "../../model/states.js";
import { actions, steering as texts } from "../../texts.js";
import { stepSize } from "../stepping.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../actions.js").Intent} Intent */
/** @typedef {import("./table.js").OnIntent} OnIntent */

/**
 * @typedef {object} Bulk
 * @property {string} label
 * @property {Intent} intent
 * @property {(run: Run) => boolean} concerns
 */

/** @type {Bulk[]} */
const OF_ALL = [
  { label: texts.pauseAll, intent: "pause", concerns: isLive },
  { label: texts.resumeAll, intent: "resume", concerns: canResume },
  { label: texts.stopAll, intent: "stop", concerns: (run) => !hasEnded(run) },
  { label: texts.deleteEnded, intent: "delete", concerns: hasEnded },
];

/** @type {Bulk[]} */
const OF_PICKED = [
  { label: actions.pause, intent: "pause", concerns: isLive },
  { label: actions.resume, intent: "resume", concerns: canResume },
  { label: actions.step, intent: "step", concerns: (run) => !hasEnded(run) },
  { label: actions.stop, intent: "stop", concerns: (run) => !hasEnded(run) },
  { label: texts.delete, intent: "delete", concerns: () => true },
];

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {Listing} listing
 * @param {OnIntent} onIntent
 * @param {import("./tags.js").TagEditor} tags
 * @returns {() => void} what draws it; the listing is as it is now
 */
export function bar(element, state, listing, onIntent, tags) {
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", texts.label);
  const picked = () => state.listed().filter(({ id }) => state.selected.has(id));
  const ofAll = OF_ALL.map((bulk) => button(bulk, () => listing.runs, onIntent));
  const ofPicked = OF_PICKED.map((bulk) => button(bulk, picked, onIntent));
  const told = make("strong", { class: "picked-count", "aria-live": "polite" });
  const step = stepSize(state, { id: "step-size" });
  const size = make("span", { class: "step-size" }, make("label", { for: "step-size" }, texts.stepBy), step.input);
  const all = make("span", { class: "bulk" }, ...ofAll.map((each) => each.element));
  const look = looking(state, picked, tags, onIntent);
  const some = make("span", { class: "bulk" }, told, ...ofPicked.map((each) => each.element), ...look.elements);
  element.append(all, some, size);
  return () => {
    const runs = picked();
    const isAny = runs.length > 0;
    size.hidden = state.readOnly;
    step.render();
    all.hidden = isAny || state.readOnly;
    some.hidden = !isAny;
    setText(told, texts.picked(runs.length));
    for (const each of isAny ? ofPicked : ofAll) each.render(isAny ? runs : listing.runs);
    for (const { element } of ofPicked) element.hidden = state.readOnly;
    look.render(runs);
    // What had the focus is gone with the last that was picked.
    if (some.hidden && some.contains(document.activeElement)) all.querySelector("button")?.focus();
  };
}

/** @param {Bulk} bulk @param {() => Run[]} runs @param {OnIntent} onIntent */
function button({ label, intent, concerns }, runs, onIntent) {
  const click = () => {
    const ids = runs().filter(concerns).map((run) => run.id);
    if (ids.length) onIntent(intent, ids);
  };
  const element = make("button", { type: "button", click }, label);
  return {
    element,
    render: (/** @type {Run[]} */ runs) =>
      // Not `disabled`, which would take the focus away from who has just pressed it.
      element.setAttribute("aria-disabled", String(!runs.some(concerns))),
  };
}

/**
 * What is done with the picked runs on this page.
 * @param {State} state
 * @param {() => Run[]} picked
 * @param {import("./tags.js").TagEditor} tags
 * @param {OnIntent} onIntent
 */
function looking(state, picked, tags, onIntent) {
  const ids = () => picked().map(({ id }) => id);
  const act = (/** @type {string} */ label, /** @type {() => void} */ click) =>
    make("button", { type: "button", click }, label);
  const solo = act(texts.solo, () => onIntent("solo", ids()));
  const hide = act(texts.hide, () => onIntent("hide", ids()));
  const compare = act(texts.compare, () => {
    const pair = ids();
    if (pair.length === 2) state.look({ layout: "difference", pair: pair.toReversed() });
  });
  compare.title = texts.compareTwo;
  const tag = act(texts.tag, () => tags.open(ids(), tag));
  tags.announce(tag);
  const clear = act(texts.clear, () => state.select([]));
  return {
    elements: [solo, hide, compare, tag, clear],
    render: (/** @type {Run[]} */ runs) => {
      compare.setAttribute("aria-disabled", String(runs.length !== 2));
      tag.hidden = state.readOnly;
    },
  };
}
