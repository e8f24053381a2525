/**
 * The page's address says what is seen, so that it is seen again when the page is loaded again, or
 * opened by somebody else.
 * @module
 */

import * as views from "./model/view.js";

/** @typedef {import("./model/state.js").State} State */

/** Between two changes of the address, of which browsers bear but some in a while. */
const REST_MS = 400;

/**
 * Opening a run close up, closing it and another layout are steps, to which the browser goes back; all
 * else that is seen stays as it is then.
 * @param {State} state
 * @returns {() => void} what makes the address say what is seen, a little later
 */
export function address(state) {
  let waiting = 0;
  let before = stepOf(state.view);
  const say = () => {
    waiting = 0;
    const { run, layout, follow } = state.view;
    const query = views.write(state.view);
    const url = location.pathname + (query && `?${query}`);
    const isStep = before !== (before = stepOf(state.view)) && !follow;
    // The address has but a part of the run's id.
    const entry = { run, layout };
    if (isStep) history.pushState(entry, "", url);
    else if (url !== location.pathname + location.search || history.state?.run !== run) history.replaceState(entry, "", url);
  };
  window.addEventListener("popstate", ({ state: entry }) => {
    const { run, layout } = entry ?? views.read(location.search);
    state.look({ run, layout });
    before = stepOf(state.view);
  });
  return () => {
    waiting ||= window.setTimeout(say, REST_MS);
  };
}

/** @param {import("./model/view.js").View} view @returns {string} what is another where one step more was taken */
const stepOf = ({ run, layout }) => `${layout} ${run ? "close up" : ""}`;
