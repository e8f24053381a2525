/**
 * The table of runs: state, progress and figures of each, and its buttons.
 * @module
 */

import { style } from "../draw/palette.js";
import { choices, hasEnded, isLive, title } from "../model/state.js";
import { count, loss, rate } from "../texts.js";
import { make, setText } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {"pause" | "resume" | "step" | "stop" | "full_speed" | "watch_pace" | "delete" | "show" | "hide"} Intent */
/** @typedef {import("./icons.js").Icon} Icon */

/** Rows drawn at most; the rest is counted. */
const MAX_ROWS = 200;

const COLUMNS = ["", "Run", "State", "Progress", "Loss", "Speed", ""];

/** @type {{intent: Intent, icon: Icon, label: string, offered: (run: Run) => boolean}[]} */
const BUTTONS = [
  { intent: "pause", icon: "pause", label: "Pause", offered: isLive },
  { intent: "resume", icon: "play", label: "Resume", offered: (run) => run.status === "paused" },
  { intent: "step", icon: "step", label: "Step", offered: (run) => !hasEnded(run) },
  {
    intent: "full_speed",
    icon: "fast",
    label: "Full speed",
    offered: (run) => !hasEnded(run) && run.spec["pace"] !== null,
  },
  {
    intent: "watch_pace",
    icon: "slow",
    label: "Slow down to watch",
    offered: (run) => !hasEnded(run) && run.spec["pace"] === null,
  },
  { intent: "stop", icon: "stop", label: "Stop", offered: (run) => !hasEnded(run) },
  { intent: "delete", icon: "remove", label: "Delete", offered: () => true },
];

/** One run's row. Built once; then only what has changed is set. */
class Row {
  /**
   * @param {Run} run
   * @param {number} place on the palette
   * @param {(intent: Intent, id: string) => void} onIntent
   */
  constructor(run, place, onIntent) {
    const { id } = run;
    this.shown = make("input", { type: "checkbox", "aria-label": "Show the curve" });
    this.shown.addEventListener("change", () => onIntent(this.shown.checked ? "show" : "hide", id));
    const swatch = make("span", { class: "swatch" });
    const { colour, dash } = style(place);
    swatch.style.borderTop = `3px ${dash === "solid" ? "solid" : dash === "dot" ? "dotted" : "dashed"} ${colour}`;
    this.name = make("span", { class: "name" });
    this.choices = make("p", { class: "choices" });
    this.state = make("span", { class: "state" });
    this.reason = make("p", { class: "reason" });
    this.progress = make("progress", { max: "1" });
    this.iteration = make("span", { class: "iteration" });
    this.loss = make("td", { class: "number" });
    this.rate = make("td", { class: "number" });
    this.buttons = BUTTONS.map((button) => {
      const element = make(
        "button",
        {
          type: "button",
          title: button.label,
          "aria-label": button.label,
          "data-intent": button.intent,
          click: () => onIntent(button.intent, id),
        },
        icon(button.icon),
      );
      return { ...button, element };
    });
    this.element = make(
      "tr",
      { "data-run": id },
      make("td", { class: "pick" }, make("label", {}, this.shown, swatch)),
      make("td", {}, this.name, this.choices),
      make("td", {}, this.state, this.reason),
      make("td", { class: "progress" }, this.progress, this.iteration),
      this.loss,
      this.rate,
      make("td", { class: "buttons" }, ...this.buttons.map((button) => button.element)),
    );
  }

  /**
   * @param {Run} run
   * @param {boolean} shown
   */
  render(run, shown) {
    const { spec } = run;
    this.shown.checked = shown;
    setText(this.name, title(run));
    setText(this.choices, spec["name"] ? choices(run) : "");
    setText(this.state, run.status);
    this.state.dataset["status"] = run.status;
    setText(this.reason, run.reason ?? "");
    this.progress.value = run.iteration / spec["iterations"];
    setText(this.iteration, `${count(run.iteration)} / ${count(spec["iterations"])}`);
    setText(this.loss, run.loss === null ? "" : loss(Number(run.loss)));
    setText(this.rate, run.status === "running" || hasEnded(run) ? rate(run.rate) : "");
    for (const { element, offered } of this.buttons) element.hidden = !offered(run);
  }
}

export class Table {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #body = make("tbody");
  #empty = make("p", { class: "empty" }, "No run yet. Start one of the tutorials, or your own.");
  #more = make("p", { class: "note" });
  #table;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {(intent: Intent, id: string) => void} onIntent
   */
  constructor(element, state, onIntent) {
    this.state = state;
    this.onIntent = onIntent;
    const head = COLUMNS.map((name) => make("th", { scope: "col" }, name));
    this.#table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), this.#body);
    element.append(this.#empty, this.#table, this.#more);
  }

  render() {
    const { state } = this;
    const listed = state.listed();
    const drawn = listed.slice(0, MAX_ROWS);
    const wanted = new Set(drawn.map((run) => run.id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    drawn.forEach((run, position) => {
      let row = this.#rows.get(run.id);
      if (!row) {
        row = new Row(run, state.colours.get(run.id) ?? 0, this.onIntent);
        this.#rows.set(run.id, row);
      }
      row.render(run, state.traces.has(run.id));
      const here = this.#body.children[position] ?? null;
      if (here !== row.element) this.#body.insertBefore(row.element, here);
    });
    this.#empty.hidden = listed.length > 0;
    this.#table.hidden = listed.length === 0;
    const rest = listed.length - drawn.length;
    setText(this.#more, rest > 0 ? `and ${count(rest)} older runs` : "");
  }
}
