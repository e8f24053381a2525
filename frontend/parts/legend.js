/**
 * Which curve is which, where there is no table; and the way to where there is one.
 * @module
 */

import { style } from "../draw/palette.js";
import { sharing as texts } from "../texts.js";
import { make } from "./dom.js";
import { swatch } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function legend(element, state) {
  const list = make("ul", { "aria-label": texts.legend });
  const url = new URL(location.href);
  url.searchParams.delete("embed");
  const open = make("a", { href: url.href, target: "_blank", rel: "noopener" }, texts.open);
  element.append(make("div", { class: "legend" }, list, open));
  let told = "";
  return () => {
    const shown = state.view.layout === "grid" ? [] : state.shown();
    const entries = shown.map((run) => ({ title: state.title(run), place: state.placeOf(run.id) }));
    if (told === (told = JSON.stringify(entries))) return;
    list.replaceChildren(
      ...entries.map(({ title, place }) => make("li", {}, swatch(style(place)), make("span", {}, title))),
    );
  };
}
