/**
 * A token that is shown to the server once, for a cookie that stands for it.
 * @module
 */

import { call } from "./call.js";

const HELD = "#token=";

/**
 * @param {string} token any text: what is in none, as an invisible space that was pasted with it, is
 *   written so that a header takes it
 * @returns {Promise<unknown>} the browser has the cookie then
 * @throws {import("./call.js").Refusal}
 */
export const begin = (token) =>
  call("POST", "api/session", undefined, { headers: { Authorization: `Bearer ${encodeURI(token)}` } });

/**
 * Show a token that comes in the page's address, now or later, and take it out of there. With it, the
 * page is another's, and so opened anew.
 * @param {(refusal: import("./call.js").Refusal) => void} onRefusal
 */
export function redeem(onRefusal) {
  const look = () => {
    if (!location.hash.startsWith(HELD)) return;
    const token = location.hash.slice(HELD.length);
    history.replaceState(history.state, "", location.pathname + location.search);
    begin(token).then(() => location.reload(), onRefusal);
  };
  window.addEventListener("hashchange", look);
  look();
}

/**
 * Open the page anew where the server knows who asks: a browser keeps the cookie to itself on the way
 * from another site's link, and so was given the page before the page. Once, whatever that comes to;
 * and a token that comes in the address is another's.
 */
export async function recall() {
  const [opened] = performance.getEntriesByType("navigation");
  if (/** @type {PerformanceNavigationTiming} */ (opened).type === "reload" || location.hash.startsWith(HELD)) return;
  const { role } = await call("GET", "api/session");
  if (role !== null) location.reload();
}
