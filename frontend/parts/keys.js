/**
 * What keys do, as one list, from which the sheet is drawn.
 * @module
 */

import { byId } from "../dom.js";
import { canResume, hasEnded, isLive } from "../model/states.js";
import { keys as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/state.js").Run} Run */
/** @typedef {import("../model/listing.js").Listing} Listing */
/** @typedef {import("../actions.js").Intent} Intent */
/** @typedef {(intent: Intent, ids: string[]) => void} OnIntent */
/** @typedef {import("../draw/charts.js").Charts} Charts */

/**
 * What keys act on.
 * @typedef {object} Page
 * @property {State} state
 * @property {Listing} listing
 * @property {Charts} charts
 * @property {OnIntent} onIntent
 */

/**
 * @typedef {object} Shortcut
 * @property {string} key as the browser names it
 * @property {string} [also] another one that does the same
 * @property {Exclude<keyof typeof texts, "groups">} text id of what it does
 * @property {keyof typeof texts.groups} group
 * @property {(page: Page) => void} [act] left out where somebody else sees to it
 * @property {boolean} [beside] whether what it shows is beside the charts, which may fill the screen
 * @property {"looks" | "steers"} [kind] what it changes: a page that follows another has none of them, one
 *   that only looks none that steers
 */

const X = /** @type {const} */ (["iteration", "seconds", "clock"]);
const SMOOTHINGS = [0, 0.6, 0.9, 0.99];

/** How much nearer each zoom comes, and what part of what is seen one goes to a side. */
const ZOOM = 2;
const PAN = 1 / 4;

/** Where a key is a letter of what is typed, or chooses of a list. */
const TYPING = "input:not([type='checkbox'], [type='radio'], [type='button']), textarea, select, [contenteditable]";

/** What a key does there is not ours. */
const ELSEWHERE = "[role='menu'], dialog:not(.keys)";

/** What the space bar presses. */
const PRESSED = "button, summary, input, a, [role='button'], [role='menuitem'], [role='option']";

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { key: "o", text: "overlay", group: "seen", kind: "looks", act: ({ state }) => state.look({ layout: "overlay" }) },
  { key: "g", text: "grid", group: "seen", kind: "looks", act: ({ state }) => state.look({ layout: "grid" }) },
  { key: "d", text: "difference", group: "seen", kind: "looks", act: difference },
  {
    key: "l",
    text: "scale",
    group: "seen",
    kind: "looks",
    act: ({ state }) => state.look({ scale: state.view.scale === "log" ? "linear" : "log" }),
  },
  { key: "x", text: "x", group: "seen", kind: "looks", act: ({ state }) => state.look({ x: after(X, state.view.x) }) },
  {
    key: "s",
    text: "smoothing",
    group: "seen",
    kind: "looks",
    act: ({ state }) => state.look({ smoothing: SMOOTHINGS.find((weight) => weight > state.view.smoothing) ?? 0 }),
  },
  { key: "+", also: "=", text: "nearer", group: "seen", kind: "looks", act: ({ charts }) => charts.move(1 / ZOOM, 0) },
  { key: "-", text: "further", group: "seen", kind: "looks", act: ({ charts }) => charts.move(ZOOM, 0) },
  { key: "<", text: "left", group: "seen", kind: "looks", act: ({ charts }) => charts.move(1, -PAN) },
  { key: ">", text: "right", group: "seen", kind: "looks", act: ({ charts }) => charts.move(1, PAN) },
  { key: "a", text: "showAll", group: "seen", kind: "looks", act: ({ state }) => state.showAll() },
  { key: "f", text: "fill", group: "seen", act: () => byId("fill").click() },
  { key: "/", text: "filter", group: "runs", beside: true, kind: "looks", act: () => focus("#runs input[type='search']") },
  { key: "n", text: "start", group: "runs", beside: true, kind: "steers", act: () => byId("new-run").click() },
  { key: "k", also: " ", text: "pause", group: "runs", kind: "steers", act: pause },
  {
    key: ".",
    text: "step",
    group: "runs",
    kind: "steers",
    act: (page) => ask(page, "step", concerned(page.state).filter((run) => !hasEnded(run))),
  },
  { key: "[", text: "previous", group: "runs", beside: true, kind: "looks", act: (page) => closeUp(page, -1) },
  { key: "]", text: "next", group: "runs", beside: true, kind: "looks", act: (page) => closeUp(page, 1) },
  { key: "↑", also: "↓", text: "rows", group: "table" },
  { key: " ", text: "pick", group: "table" },
  { key: "Enter", text: "closeUp", group: "table" },
  { key: "F2", text: "rename", group: "table", kind: "steers" },
  { key: "e", text: "share", group: "page", beside: true, act: () => byId("share").click() },
  { key: "p", text: "present", group: "page", beside: true, kind: "steers", act: () => byId("present").click() },
  { key: "?", text: "sheet", group: "page", act: () => byId("keys").click() },
  { key: "Escape", text: "escape", group: "page", act: ({ state }) => state.view.run && state.look({ run: "" }) },
];

/** @param {State} state @returns {Shortcut[]} those that do something on this page */
export function offered({ view, readOnly }) {
  return SHORTCUTS.filter(({ kind }) => !(kind && view.follow) && !(kind === "steers" && readOnly));
}

/**
 * @param {Page} page
 * @param {() => boolean} areSingle whether keys do something by themselves: who steers by voice, or by a
 *   machine that types, may have turned that off
 */
export function keys(page, areSingle) {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    // On some keyboards a bracket takes AltGr, which looks like Ctrl and Alt.
    const isChord = (event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph");
    if (event.defaultPrevented || event.isComposing || isChord || event.metaKey) return;
    if (!(target instanceof Element) || target.closest(TYPING) || target.closest(ELSEWHERE)) return;
    if (key === " " && target.closest(PRESSED)) return;
    if (document.querySelector(":popover-open, dialog[open]")) return;
    if (key !== "Escape" && !areSingle()) return;
    const { act, beside, kind } = offered(page.state).find((offer) => offer.act && [offer.key, offer.also].includes(key)) ?? {};
    if (!act || (event.repeat && kind === "steers")) return;
    event.preventDefault();
    if (beside && document.fullscreenElement) void document.exitFullscreen().then(() => act(page));
    else act(page);
  });
}

/** @template {string} T @param {readonly T[]} all @param {T} one @returns {T} the next of them */
const after = (all, one) => /** @type {T} */ (all[(all.indexOf(one) + 1) % all.length]);

/** @param {string} selector */
function focus(selector) {
  const found = [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
  /** @type {HTMLElement | undefined} */ (found)?.focus();
}

/** @param {Page} page */
function difference({ state }) {
  const chosen = [...state.selected].slice(0, 2);
  const shown = state.shown().slice(-2).map(({ id }) => id);
  const pair = state.view.pair.length ? state.view.pair : chosen.length === 2 ? chosen : shown;
  state.look({ layout: "difference", pair: pair.length === 2 ? pair : [] });
}

/** @param {State} state @returns {Run[]} the run in focus; else those that are selected; else the one close up */
function concerned(state) {
  const row = document.activeElement?.closest("[data-run]");
  const focused = row?.getAttribute("data-run");
  const ids = focused ? [focused] : state.selected.size ? [...state.selected] : [state.view.run];
  return ids.flatMap((id) => state.runs.get(id) ?? []);
}

/** @param {Page} page */
function pause(page) {
  const runs = concerned(page.state);
  const live = runs.filter(isLive);
  if (live.length) ask(page, "pause", live);
  else ask(page, "resume", runs.filter(canResume));
}

/** @param {Page} page @param {Intent} intent @param {Run[]} runs */
function ask({ onIntent }, intent, runs) {
  if (runs.length) onIntent(intent, runs.map(({ id }) => id));
}

/** @param {Page} page @param {-1 | 1} way in the table */
function closeUp({ state, listing }, way) {
  const run = listing.beside(state.view.run, way);
  if (run) state.look({ run: run.id });
}
