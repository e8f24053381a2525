/**
 * What opens below a button, over all else, until there is a click elsewhere or Escape; and a menu
 * in it.
 * @module
 */

import { make } from "./dom.js";

/** Between the button and what opens below it, in pixels. */
const GAP = 4;

/**
 * Have a button open and close a panel.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel
 * @param {() => void} [onOpen] called before it is seen
 */
export function popup(button, panel, onOpen) {
  panel.popover = "auto";
  panel.classList.add("popup");
  button.popoverTargetElement = panel;
  button.setAttribute("aria-expanded", "false");
  panel.addEventListener("beforetoggle", (event) => {
    const opens = /** @type {ToggleEvent} */ (event).newState === "open";
    button.setAttribute("aria-expanded", String(opens));
    if (!opens) return;
    place(button, panel);
    onOpen?.();
  });
}

/** @param {HTMLElement} button @param {HTMLElement} panel */
function place(button, panel) {
  const { left, right, bottom } = button.getBoundingClientRect();
  const page = document.documentElement.clientWidth;
  const atRight = left + right > page;
  panel.style.top = `${bottom + scrollY + GAP}px`;
  panel.style.left = atRight ? "auto" : `${Math.max(GAP, left)}px`;
  panel.style.right = atRight ? `${Math.max(GAP, page - right)}px` : "auto";
}

/**
 * @typedef {object} Item
 * @property {string} text
 * @property {() => void} [act] what it does
 * @property {string} [href] or where it leads, as a download
 */

/**
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {() => Item[][]} items what is offered now, in groups
 * @returns {HTMLElement} the menu
 */
export function menu(button, label, items) {
  const panel = make("div", { role: "menu", "aria-label": label });
  button.setAttribute("aria-haspopup", "menu");
  const entries = () => /** @type {HTMLElement[]} */ ([...panel.querySelectorAll("[role='menuitem']")]);
  popup(button, panel, () => {
    panel.replaceChildren(...groups(items(), panel));
    entries()[0]?.toggleAttribute("autofocus", true); // so that it has the focus at once
  });
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    panel.showPopover();
  });
  panel.addEventListener("keydown", (event) => {
    const all = entries();
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all.at(next % all.length)?.focus();
    } else if (event.key === "Tab") panel.hidePopover();
    else if (event.key === " ") {
      event.preventDefault();
      all[here]?.click();
    }
  });
  return panel;
}

/** @param {Item[][]} all @param {HTMLElement} panel */
function groups(all, panel) {
  const shown = all.filter((group) => group.length);
  return shown.flatMap((group, i) => [
    ...(i ? [make("hr", { role: "separator" })] : []),
    ...group.map((entry) => item(entry, panel)),
  ]);
}

/** @param {Item} entry @param {HTMLElement} panel */
function item({ text, act, href }, panel) {
  const click = (/** @type {Event} */ event) => {
    panel.hidePopover();
    if (!act) return;
    event.preventDefault();
    act();
  };
  const attributes = { role: "menuitem", tabindex: "-1", click };
  if (href) return make("a", { ...attributes, href, download: "" }, text);
  return make("button", { ...attributes, type: "button" }, text);
}
