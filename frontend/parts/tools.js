/**
 * What is done with the page as a whole: sharing, presenting, its colours, its keys.
 * @module
 */

import { byId } from "../dom.js";
import { present } from "../present.js";
import { fill } from "./fill.js";
import { following } from "./following.js";
import { keys } from "./keys.js";
import { legend } from "./legend.js";
import { presenting } from "./presenting.js";
import { share } from "./share.js";
import { areSingle, sheet } from "./sheet.js";
import { theme } from "./theme.js";
import { toast } from "./toast.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {import("../model/listing.js").Listing} listing
 * @param {import("../draw/charts.js").Charts} charts
 * @param {import("../wire/live.js").Live} live
 * @param {import("./keys.js").OnIntent} onIntent
 * @returns {(() => void)[]} what draws them
 */
export function tools(element, state, listing, charts, live, onIntent) {
  // What of the page is not for others to use, style/sharing.css hides.
  document.documentElement.classList.toggle("embed", state.view.embed);
  document.documentElement.classList.toggle("follow", state.view.follow !== "");
  document.documentElement.classList.toggle("looks", state.readOnly);
  const renders = [following(element, state)];
  share(element, state, charts);
  if (!state.readOnly) {
    const show = present(state, live);
    renders.push(presenting(element, state, live), show);
    state.watch(show);
  }
  theme(element, () => charts.recolour());
  sheet(element, state);
  keys({ state, listing, charts, onIntent }, areSingle);
  toast();
  renders.push(legend(byId("charts"), state));
  byId("charts-title").after(fill(byId("seen")));
  return renders;
}
