/**
 * The columns of the table, to choose from.
 * @module
 */

import { make } from "../../dom.js";
import { fieldNamed, fields } from "../../model/fields.js";
import { table as texts } from "../../texts.js";
import { Popover } from "../popover.js";
import { USUAL } from "./columns.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/fields.js").Field} Field */

/** What a row has under the name of its run already. */
const THERE = ["name"];

/**
 * @param {State} state
 * @returns {import("./tools.js").Part} a button, and the panel that it opens
 */
export function chooser(state) {
  const popover = new Popover(texts.chooseColumns, { class: "chooser" });
  const button = make("button", { type: "button" }, texts.chooseColumns);
  popover.attach(button, () => fill(popover.panel, state));
  return {
    element: make("div", { class: "columns" }, button, popover.panel),
    render: () => {},
  };
}

/** @param {HTMLElement} panel @param {State} state */
function fill(panel, state) {
  const { catalog } = state;
  const all = fields(catalog).filter(({ name }) => !THERE.includes(name));
  const isOfRule = (/** @type {Field} */ { name }) => name === "lr" || name.startsWith("update.");
  /** @type {[string, Field[]][]} */
  const sections = [
    [texts.columnsOfRun, all.filter(({ isSetting }) => !isSetting)],
    [texts.columnsOfSpec, all.filter((field) => field.isSetting && !isOfRule(field))],
    [texts.columnsOfRule, all.filter(isOfRule)],
  ];
  /** @type {HTMLInputElement[]} */
  const boxes = [];
  const choose = () => {
    const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    // In the order in which they were chosen: a new one comes last.
    const before = now().filter((name) => chosen.includes(name));
    const next = [...before, ...chosen.filter((name) => !before.includes(name))];
    state.look({ columns: JSON.stringify(next) === JSON.stringify(USUAL) ? null : next });
  };
  const now = () => (state.view.columns ?? USUAL).flatMap((name) => fieldNamed(name, catalog)?.name ?? []);
  const chosen = now();
  const usual = () => {
    state.look({ columns: null });
    for (const box of boxes) box.checked = USUAL.includes(box.value);
  };
  panel.replaceChildren(
    ...sections.map(([title, fields]) => {
      const options = fields.map(({ name, title, unit }) => {
        const box = make("input", { type: "checkbox", value: name, change: choose });
        box.checked = chosen.includes(name);
        boxes.push(box);
        const label = make("label", {}, box, title);
        if (unit) label.append(" ", make("span", { class: "unit" }, unit));
        return label;
      });
      return make("fieldset", {}, make("legend", {}, title), ...options);
    }),
    make("button", { type: "button", click: usual }, texts.usualColumns),
  );
}
