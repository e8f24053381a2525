/**
 * Which curve is which, where no table says it: in an embedded chart, which also has the way to the page;
 * over the whole screen; and where the curves are of groups.
 * @module
 */

import { make } from "../dom.js";
import { style } from "../draw/palette.js";
import { entries } from "../model/subjects.js";
import { sharing as texts } from "../texts.js";
import { swatch } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {HTMLElement} element after which it stands
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function legend(element, state) {
  const list = make("ul", { "aria-label": texts.legend });
  const url = new URL(location.href);
  url.searchParams.delete("embed");
  const open = make("a", { href: url.href, target: "_blank", rel: "noopener" }, texts.open);
  const legend = make("div", { class: "legend" }, list, ...(state.view.embed ? [open] : []));
  element.after(legend);
  let told = "";
  return () => {
    legend.classList.toggle("needed", state.view.embed || state.view.group !== "");
    const all = state.view.layout === "overlay" ? entries(state) : [];
    const curves = all.map(({ title, place }) => ({ title, place }));
    if (told === (told = JSON.stringify(curves))) return;
    list.replaceChildren(
      ...curves.map(({ title, place }) => make("li", {}, swatch(style(place)), make("span", {}, title))),
    );
  };
}
