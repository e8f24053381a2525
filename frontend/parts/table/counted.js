/**
 * How many runs are listed, and how many are on the charts; where these are not the same, a button puts
 * on the charts what is listed.
 * @module
 */

import { make, setText } from "../../dom.js";
import { areJust, fitting, roomFor } from "../../model/shown.js";
import { table as texts } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */

/**
 * @param {State} state
 * @param {Listing} listing
 * @returns {import("./tools.js").Part}
 */
export function counted(state, listing) {
  const show = () => {
    if (button === document.activeElement) told.focus({ preventScroll: true }); // for the button goes
    state.solo(fitting(listing.runs, roomFor(state.catalog)).map(({ id }) => id));
  };
  const told = make("span", { class: "passing", "aria-live": "polite", tabindex: "-1" });
  const button = make("button", { type: "button", hidden: true, click: show });
  const element = make("div", { class: "counted" }, told, button);
  return {
    element,
    render: () => {
      const { runs } = listing;
      const { shownIds, view } = state;
      const room = roomFor(state.catalog);
      const isFiltered = view.filter !== "";
      const isAll = areJust(runs, shownIds);
      const isMost = isAll || (runs.length > room && shownIds.size === room && areJust(fitting(runs, room), shownIds));
      const passing = texts.passing(runs.length, state.runs.size);
      setText(told, isAll ? passing : `${passing} · ${texts.onCharts(shownIds.size, isMost)}`);
      setText(button, texts.showListed(runs.length, room, isFiltered));
      // A presenter chooses for those who follow; what the server lets be watched, the catalog says.
      button.hidden = isMost || !runs.length || state.isLed || !state.catalog;
      element.hidden = !state.isListed || (isAll && !isFiltered);
    },
  };
}
