/**
 * The cells of a run's row under the columns that a person may choose.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { hasEnded } from "../../model/states.js";
import { told } from "../../model/values.js";
import { count } from "../../numbers.js";
import { table as texts } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} Cell
 * @property {HTMLElement} element
 * @property {(run: Run, title: string, state: State) => void} render
 */

/** @param {string} name @param {...(Node | string)} children */
export const cell = (name, ...children) => make("div", { role: "cell", class: `cell ${name}` }, ...children);

/** @param {Column} column of a field @returns {Cell} */
export function fieldCell(column) {
  if (column.name === "status") return statusCell();
  if (column.name === "progress") return progressCell();
  const { name, field, title, isRight } = column;
  const text = make("span", { class: "content", dir: "auto" });
  const element = cell(`${name.replace(".", "-")} ${isRight ? "right" : ""} value-cell`, text);
  element.dataset["title"] = title;
  return {
    element,
    render: (run, _, state) => {
      // Of a run that rests, the speed is of no time in particular.
      const isTold = field && (name !== "rate" || run.status === "running" || hasEnded(run));
      const value = isTold ? told(run, field, state) : { text: "", full: "" };
      setText(text, value.text);
      setAttribute(text, "title", value.full);
    },
  };
}

/** @returns {Cell} */
function statusCell() {
  const status = make("span", { class: "state" });
  return {
    element: cell("status", status),
    render: (run) => {
      setText(status, run.status);
      setAttribute(status, "data-status", run.status);
    },
  };
}

/** @returns {Cell} */
function progressCell() {
  const progress = make("progress", { max: "1" });
  const iteration = make("span", { class: "iteration" });
  return {
    element: cell("progress", progress, iteration),
    render: (run, title) => {
      progress.value = run.iteration / run.spec["iterations"];
      setAttribute(progress, "aria-label", texts.progress(title));
      setText(iteration, `${count(run.iteration)} / ${count(run.spec["iterations"])}`);
    },
  };
}
