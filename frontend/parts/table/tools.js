/**
 * What stands above the table: its filter, by what runs are taken together, and which columns there
 * are.
 * @module
 */

import { make, setText } from "../../dom.js";
import { fieldNamed, fields, isMeasured } from "../../model/fields.js";
import { ALL_BUT_SEED } from "../../model/groups.js";
import { filter as filterTexts, table as texts } from "../../texts.js";
import { chooser } from "./chooser.js";
import { USUAL } from "./columns.js";
import { counted } from "./counted.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */

/** Fields whose values are each of one run alone, or of no use to take runs together by. */
const NO_GROUPS = [
  "id", "progress", "iteration", "loss", "min_loss", "rate", "duration", "created_at", "started_at",
  "ended_at", "reason",
]; // prettier-ignore

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {Listing} listing
 * @returns {() => void} what draws it; the listing is as it is now
 */
export function tools(element, state, listing) {
  const problem = make("p", { class: "error", id: "filter-problem", "aria-live": "polite" });
  const leave = () => /** @type {HTMLElement | null} */ (element.querySelector("[role='row'][tabindex='0']"))?.focus();
  // On a page that follows another, what is chosen there would wipe what is chosen here.
  const isOwn = !state.view.follow;
  const parts = isOwn ? [typed(state, leave), grouping(state), sorting(state), chooser(state), difference(state)] : [];
  const counts = counted(state, listing);
  element.append(make("div", { class: "tools" }, ...parts.map((part) => part.element)), problem, counts.element);
  return () => {
    for (const { render } of parts) render();
    counts.render();
    setText(problem, listing.problems.join(" "));
    problem.hidden = !listing.problems.length;
  };
}

/** @typedef {{element: HTMLElement, render: () => void}} Part */

/** @param {State} state @param {() => void} leave takes the focus elsewhere @returns {Part} the filter */
function typed(state, leave) {
  const input = make("input", {
    type: "search",
    id: "filter",
    placeholder: filterTexts.example,
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
    "aria-describedby": "filter-problem",
    input: () => state.look({ filter: input.value }),
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault(); // not all browsers clear it
    if (input.value) {
      input.value = ""; // at once: the next Escape may come before all is drawn anew
      return state.look({ filter: "" });
    }
    input.blur(); // where there is no row to go to
    leave();
  });
  return {
    element: make("div", { class: "filter" }, make("label", { for: "filter" }, filterTexts.label), input),
    render: () => {
      // Not while it is typed: a blank at its end is a part of what is typed.
      if (input.value !== state.view.filter) input.value = state.view.filter;
    },
  };
}

/**
 * @param {string} label
 * @param {string} id
 * @param {State} state
 * @param {() => [string, string][]} options each with what it is called
 * @param {() => string} read
 * @param {(value: string) => void} write
 * @returns {Part}
 */
function choice(label, id, state, options, read, write) {
  const select = make("select", { id, change: () => write(select.value) });
  /** @type {unknown} */
  let built;
  return {
    element: make("div", { class: id }, make("label", { for: id }, label), select),
    render: () => {
      const of = JSON.stringify([state.view.columns, state.catalog !== null, read()]);
      if (of === built) return;
      built = of;
      select.replaceChildren(...options().map(([value, text]) => make("option", { value }, text)));
      select.value = read();
    },
  };
}

/** @param {State} state @returns {Part} by what runs are taken together */
function grouping(state) {
  const options = () => {
    const useful = fields(state.catalog).filter(({ name }) => !NO_GROUPS.includes(name));
    const [ofRun, settings] = [useful.filter((f) => !f.isSetting), useful.filter((f) => f.isSetting)];
    return /** @type {[string, string][]} */ ([
      ["", texts.ungrouped],
      [ALL_BUT_SEED, texts.allButSeed],
      ...[...settings, ...ofRun].map(({ name, title }) => [name, title]),
    ]);
  };
  const read = () =>
    state.view.group === ALL_BUT_SEED ? ALL_BUT_SEED : (fieldNamed(state.view.group, state.catalog)?.name ?? "");
  return choice(texts.group, "group-by", state, options, read, (group) => state.look({ group }));
}

/** @param {State} state @returns {Part} the order, where there is no head to click on */
function sorting(state) {
  const options = () => {
    const columns = (state.view.columns ?? USUAL).flatMap((name) => fieldNamed(name, state.catalog) ?? []);
    const sorted = fieldNamed(state.view.sort.replace(/^-/, ""), state.catalog);
    const name = fieldNamed("name", state.catalog);
    const all = new Set([name, ...columns, sorted].flatMap((field) => field ?? []));
    return /** @type {[string, string][]} */ ([
      ["", texts.newest],
      ...[...all].flatMap(({ name, title, kind }) => [
        [name, texts.ascending(title, isMeasured(kind))],
        [`-${name}`, texts.descending(title, isMeasured(kind))],
      ]),
    ]);
  };
  return choice(texts.sort, "sort-by", state, options, () => state.view.sort, (sort) => state.look({ sort }));
}

/** @param {State} state @returns {Part} whether only what differs is told */
function difference(state) {
  const input = make("input", {
    type: "checkbox",
    change: () => state.look({ differing: input.checked }),
  });
  return {
    element: make("label", { class: "only", title: texts.differingHelp }, input, texts.differing),
    render: () => {
      input.checked = state.view.differing;
    },
  };
}
