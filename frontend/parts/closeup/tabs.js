/**
 * Tabs, with the arrow keys from one to the next. Of what is in them, only the one that is seen is drawn.
 * @module
 */

import { make, setAttribute } from "../../dom.js";
import { closeup } from "../../texts.js";

/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */

const texts = closeup.tabs;

/** @typedef {Exclude<keyof typeof texts, "label">} Name */

/**
 * @param {Record<Name, Part>} parts
 * @returns {Part & {selected: () => Name}}
 */
export function tabs(parts) {
  const names = /** @type {Name[]} */ (Object.keys(parts));
  /** @type {Name} */
  let selected = names[0] ?? "diagnostics";
  /** @type {Run | null} */
  let shown = null;
  const buttons = names.map((name) =>
    make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "closeup-tab", click: () => select(name) }, texts[name]),
  );
  const list = make("div", { role: "tablist", "aria-label": texts.label }, ...buttons);
  const panel = make("div", { role: "tabpanel", id: "closeup-tab", tabindex: "0" });
  const select = (/** @type {Name} */ name, focus = false) => {
    selected = name;
    if (shown) render(shown);
    const button = buttons[names.indexOf(name)];
    if (focus) button?.focus();
  };
  list.addEventListener("keydown", (event) => {
    const at = names.indexOf(selected);
    const to = /** @type {Record<string, number>} */ ({
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: names.length - 1,
    })[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const name = names.at(to % names.length);
    if (name) select(name, true);
  });
  const render = (/** @type {Run} */ run) => {
    shown = run;
    names.forEach((name, i) => {
      const button = buttons[i];
      if (!button) return;
      setAttribute(button, "aria-selected", String(name === selected));
      button.tabIndex = name === selected ? 0 : -1;
    });
    setAttribute(panel, "aria-labelledby", `tab-${selected}`);
    const part = parts[selected];
    if (panel.firstChild !== part.element) panel.replaceChildren(part.element);
    part.render(run);
  };
  return { element: make("div", { class: "tabs" }, list, panel), render, selected: () => selected };
}
