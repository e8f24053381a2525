/**
 * The table of runs: state, progress and figures of each, and its buttons.
 * @module
 */

import { style } from "../draw/palette.js";
import { canResume, hasEnded, isLive } from "../model/states.js";
import { count, loss, rate } from "../numbers.js";
import { actions, table as texts } from "../texts.js";
import { make, setAttribute, setText } from "./dom.js";
import { icon, swatch } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../actions.js").Intent} Intent */
/** @typedef {import("./icons.js").Icon} Icon */

/** Rows drawn at most; the rest is counted. */
const MAX_ROWS = 200;

const COLUMNS = /** @type {const} */ ([
  { name: "pick", shown: false },
  { name: "run", shown: true },
  { name: "status", shown: true },
  { name: "progress", shown: true },
  { name: "loss", shown: true },
  { name: "rate", shown: true },
  { name: "buttons", shown: false },
]);

/** @typedef {{intent: Intent, icon: Icon, label: string}} Action */

/** @type {Record<"pause" | "resume" | "step" | "fast" | "slow" | "stop" | "remove", Action>} */
const ACTIONS = {
  pause: { intent: "pause", icon: "pause", label: actions.pause },
  resume: { intent: "resume", icon: "play", label: actions.resume },
  step: { intent: "step", icon: "step", label: actions.step },
  fast: { intent: "full_speed", icon: "fast", label: actions.full_speed },
  slow: { intent: "watch_pace", icon: "slow", label: texts.slow },
  stop: { intent: "stop", icon: "stop", label: actions.stop },
  remove: { intent: "delete", icon: "remove", label: actions.delete },
};

/**
 * What each button of a row does now; null where it is not offered. A button that turns into its
 * opposite stays the same one, so that who has pressed it still has it in hand.
 * @type {((run: Run) => Action | null)[]}
 */
const BUTTONS = [
  (run) => (isLive(run) ? ACTIONS.pause : canResume(run) ? ACTIONS.resume : null),
  (run) => (hasEnded(run) ? null : ACTIONS.step),
  (run) => (hasEnded(run) ? null : run.spec["pace"] === null ? ACTIONS.slow : ACTIONS.fast),
  (run) => (hasEnded(run) ? null : ACTIONS.stop),
  () => ACTIONS.remove,
];

/** A button of a row. */
class ActionButton {
  /** @type {Action | null} */
  #action = null;

  /**
   * @param {(run: Run) => Action | null} choose
   * @param {(intent: Intent) => void} onIntent
   */
  constructor(choose, onIntent) {
    this.choose = choose;
    this.element = make("button", {
      type: "button",
      click: () => this.#action && onIntent(this.#action.intent),
    });
  }

  /** @param {Run} run @param {string} title */
  render(run, title) {
    const action = this.choose(run);
    this.element.hidden = !action;
    if (action) setAttribute(this.element, "aria-label", texts.act(action.label, title));
    if (!action || action === this.#action) return;
    this.#action = action;
    this.element.title = action.label;
    this.element.dataset["intent"] = action.intent;
    this.element.replaceChildren(icon(action.icon));
  }
}

/** One run's row. Built once; then only what has changed is set. */
class Row {
  /**
   * @param {Run} run
   * @param {number} place on the palette
   * @param {(intent: Intent, ids: string[]) => void} onIntent
   */
  constructor({ id }, place, onIntent) {
    this.shown = make("input", {
      type: "checkbox",
      change: () => onIntent(this.shown.checked ? "show" : "hide", [id]),
    });
    this.name = make("p", { class: "name" });
    this.pin = make(
      "button",
      {
        type: "button",
        class: "pin",
        title: texts.pinning,
        click: () => onIntent(this.pin.getAttribute("aria-pressed") === "true" ? "unpin" : "pin", [id]),
      },
      icon("pin"),
    );
    this.choices = make("p", { class: "choices" });
    this.status = make("span", { class: "state" });
    this.reason = make("p", { class: "reason" });
    this.progress = make("progress", { max: "1" });
    this.iteration = make("span", { class: "iteration" });
    this.loss = cell("loss");
    this.rate = cell("rate");
    this.buttons = BUTTONS.map((choose) => new ActionButton(choose, (intent) => onIntent(intent, [id])));
    this.element = make(
      "tr",
      { role: "row", "data-run": id },
      cell("pick", make("label", {}, this.shown, swatch(style(place))), this.pin),
      cell("run", this.name, this.choices, this.reason),
      cell("status", this.status),
      cell("progress", this.progress, this.iteration),
      this.loss,
      this.rate,
      cell("buttons", ...this.buttons.map((button) => button.element)),
    );
  }

  /**
   * @param {Run} run
   * @param {State} state
   */
  render(run, state) {
    const { spec } = run;
    const title = state.title(run);
    setText(this.name, title);
    setAttribute(this.name, "title", title);
    setAttribute(this.pin, "aria-label", texts.pin(title));
    setAttribute(this.pin, "aria-pressed", String(run.pinned));
    const choices = spec["name"] ? state.choices(run) : "";
    setText(this.choices, choices);
    setAttribute(this.choices, "title", choices);
    setText(this.reason, texts.reason(run.reason ?? ""));
    setText(this.status, run.status);
    setAttribute(this.status, "data-status", run.status);
    this.shown.checked = state.shownIds.has(run.id);
    setAttribute(this.shown, "aria-label", texts.show(title));
    this.progress.value = run.iteration / spec["iterations"];
    setAttribute(this.progress, "aria-label", texts.progress(title));
    setText(this.iteration, `${count(run.iteration)} / ${count(spec["iterations"])}`);
    setText(this.loss, run.loss === null ? "" : loss(Number(run.loss)));
    setText(this.rate, run.status === "running" || hasEnded(run) ? rate(run.rate) : "");
    this.#renderButtons(run, title);
  }

  /** @param {Run} run @param {string} title */
  #renderButtons(run, title) {
    const focused = this.buttons.find(({ element }) => element === document.activeElement);
    for (const button of this.buttons) button.render(run, title);
    // Not the button to delete: who keeps pressing a key must not lose the run.
    if (focused?.element.hidden) this.shown.focus();
  }
}

/** @param {string} name @param {...Node} children */
const cell = (name, ...children) => make("td", { role: "cell", class: name }, ...children);

export class Table {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #body = make("tbody", { role: "rowgroup" });
  #empty = make(
    "p",
    { class: "empty", tabindex: "-1" },
    texts.empty,
  );
  #more = make("p", { class: "note" });
  #table;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {(intent: Intent, ids: string[]) => void} onIntent
   */
  constructor(element, state, onIntent) {
    this.state = state;
    this.onIntent = onIntent;
    this.#table = make("table", { role: "table" }, head(), this.#body);
    this.#body.addEventListener("keydown", (event) => {
      // A key that is held down must not delete row after row.
      if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
    });
    element.append(this.#empty, this.#table, this.#more);
  }

  render() {
    const { state } = this;
    const listed = state.listed();
    const drawn = listed.slice(0, MAX_ROWS);
    const left = this.#removeAllBut(new Set(drawn.map((run) => run.id)));
    drawn.forEach((run, position) => {
      let row = this.#rows.get(run.id);
      if (!row) {
        row = new Row(run, state.placeOf(run.id), this.onIntent);
        this.#rows.set(run.id, row);
      }
      row.render(run, state);
      const here = this.#body.children[position] ?? null;
      if (here !== row.element) this.#body.insertBefore(row.element, here);
    });
    this.#empty.hidden = listed.length > 0;
    this.#table.hidden = listed.length === 0;
    const rest = listed.length - drawn.length;
    setText(this.#more, rest > 0 ? texts.more(rest) : "");
    if (left !== null) this.#focusNear(left);
  }

  /**
   * @param {Set<string>} wanted
   * @returns {number | null} where the row was that had the focus, if it is gone
   */
  #removeAllBut(wanted) {
    let left = null;
    for (const [id, { element }] of this.#rows) {
      if (wanted.has(id)) continue;
      if (element.contains(document.activeElement)) left = element.sectionRowIndex;
      element.remove();
      this.#rows.delete(id);
    }
    return left;
  }

  /** @param {number} position where the focus was lost; the row that is there now gets it */
  #focusNear(position) {
    const rows = this.#body.rows;
    const row = rows[Math.min(position, rows.length - 1)];
    const button = row?.querySelector("[data-intent='delete']") ?? this.#empty;
    /** @type {HTMLElement} */ (button).focus();
  }
}

function head() {
  const cells = COLUMNS.map(({ name, shown }) => {
    const title = texts.columns[name];
    const text = shown ? title : make("span", { class: "unseen" }, title);
    return make("th", { scope: "col", role: "columnheader", class: name }, text);
  });
  return make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...cells));
}
