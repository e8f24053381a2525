/**
 * The head of the close up: which run it is, how far it is, and the ways to another and out.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { style } from "../../draw/palette.js";
import { count, loss, rate } from "../../numbers.js";
import { closeup as texts, table } from "../../texts.js";
import { icon, swatch } from "../icons.js";
import { rename } from "../rename.js";
import { copyButton } from "./copying.js";
import { runLink } from "./links.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("../../wire/api.js").Run} Run */

/**
 * @param {Asking} asking
 * @param {Listing} listing
 * @param {() => void} onClose
 * @returns {Part & {facts: HTMLElement, focus: () => void}} what stays in sight, and what need not
 */
export function head(asking, listing, onClose) {
  const { state } = asking;
  const curve = make("span", { class: "curve" });
  const title = make("h2", { tabindex: "-1", id: "closeup-title" });
  const naming = renaming(asking, title);
  const [previous, next] = [neighbour(asking, listing, -1), neighbour(asking, listing, 1)];
  const status = make("span", { class: "state" });
  const figures = new Figures();
  const bar = make("progress", { max: "1", "aria-label": texts.verbs.label });
  const reason = make("p", { class: "reason" });
  const choices = make("p", { class: "choices" });
  const origin = make("p", { class: "origin" });
  const link = make("a", { class: "permalink" }, texts.link);
  const element = make(
    "header",
    {},
    make("div", { class: "who" }, curve, title, naming.element),
    make("div", { class: "ways" }, previous.element, next.element, button("remove", texts.close, onClose)),
    make("div", { class: "where" }, status, link, copyButton(texts.copy, () => link.href)),
    bar,
  );
  return {
    element,
    facts: make("div", { class: "told-of" }, figures.element, reason, choices, origin),
    focus: () => title.focus({ preventScroll: true }),
    render: (run) => {
      const place = String(state.placeOf(run.id));
      if (curve.dataset["place"] !== place) curve.replaceChildren(swatch(style(state.placeOf(run.id))));
      curve.dataset["place"] = place;
      setText(title, state.title(run));
      setAttribute(title, "title", state.title(run));
      naming.render(run);
      previous.render(run);
      next.render(run);
      setText(status, run.status);
      setAttribute(status, "data-status", run.status);
      figures.render(run);
      bar.value = run.iteration / run.spec["iterations"];
      setAttribute(bar, "aria-label", texts.progress(run.iteration, run.spec["iterations"]));
      setText(reason, table.reason(run.reason ?? ""));
      setText(choices, run.spec["name"] ? state.choices(run) : "");
      renderOrigin(asking, origin, run);
      const short = run.id.slice(0, 8);
      setAttribute(link, "href", `?run=${short}&runs=${short}`);
    },
  };
}

/** @typedef {keyof typeof texts.figures} Figure */

/** @type {Record<Figure, (run: Run) => string>} */
const FIGURES = {
  iteration: ({ iteration, spec }) => `${count(iteration)} / ${count(spec["iterations"])}`,
  loss: (run) => (run.loss === null ? "–" : loss(Number(run.loss))),
  least: (run) => (run.min_loss === null ? "–" : loss(Number(run.min_loss))),
  rate: (run) => rate(run.rate) || "–",
};

/** What changes while one looks, each in its place so that nothing moves. */
class Figures {
  #values = /** @type {[Figure, HTMLElement][]} */ (
    Object.keys(FIGURES).map((name) => [name, make("dd", { "data-figure": name })])
  );
  element = make(
    "dl",
    { class: "figures" },
    ...this.#values.map(([name, value]) => make("div", {}, make("dt", {}, texts.figures[name]), value)),
  );

  /** @param {Run} run */
  render(run) {
    for (const [name, value] of this.#values) setText(value, FIGURES[name](run));
  }
}

/**
 * @param {Asking} asking
 * @param {HTMLElement} element
 * @param {Run} run
 */
function renderOrigin({ state }, element, run) {
  const from = run.forked_from;
  const parent = from && state.runs.get(from.id);
  const name = from ? (parent ? state.title(parent) : from.id.slice(0, 8)) : "";
  const key = from ? `${from.id} ${name}` : "";
  if (element.dataset["key"] === key) return;
  element.dataset["key"] = key;
  element.replaceChildren();
  if (!from) return;
  const said = texts.forkedFrom(name, from.iteration);
  element.append(parent ? runLink(state, parent, said) : said);
}

/**
 * @param {import("../icons.js").Icon} picture
 * @param {string} label
 * @param {() => void} click
 */
function button(picture, label, click) {
  return make("button", { type: "button", class: "quiet", "aria-label": label, title: label, click }, icon(picture));
}

/**
 * @param {Asking} asking
 * @param {Listing} listing
 * @param {-1 | 1} way in the table
 */
function neighbour({ state }, listing, way) {
  /** @type {Run | undefined} */
  let there;
  const label = way < 0 ? texts.previous : texts.next;
  const element = button(way < 0 ? "up" : "down", label, () => there && state.look({ run: there.id }));
  return {
    element,
    render: (/** @type {Run} */ run) => {
      there = listing.beside(run.id, way);
      setAttribute(element, "aria-disabled", String(!there));
    },
  };
}

/**
 * What renames the run where its title stands.
 * @param {Asking} asking
 * @param {HTMLElement} title that gives way to it
 */
function renaming({ state, onIntent }, title) {
  /** @type {Run} */
  let shown;
  let giveUp = () => {};
  const element = button("edit", texts.rename, () => {
    giveUp = rename(shown, { state, onIntent, shown: title, back: element });
  });
  const render = (/** @type {Run} */ run) => {
    if (shown?.id !== run.id) giveUp();
    shown = run;
    element.hidden = state.readOnly;
  };
  return { element, render };
}
