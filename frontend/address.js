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
 * @param {State} state
 * @returns {() => void} what makes the address say what is seen, a little later
 */
export function address(state) {
  let waiting = 0;
  const say = () => {
    waiting = 0;
    const query = views.write(state.view);
    const url = location.pathname + (query && `?${query}`);
    if (url !== location.pathname + location.search) history.replaceState(null, "", url);
  };
  return () => {
    waiting ||= window.setTimeout(say, REST_MS);
  };
}
