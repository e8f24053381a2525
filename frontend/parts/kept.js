/**
 * What the browser keeps for who comes back. It may refuse to keep anything: then it is kept as long as
 * the page is there.
 * @module
 */

/** For all tabs, until it is deleted; or for this one, as long as it is there. */
const STORES = { browser: () => localStorage, tab: () => sessionStorage };

/** @type {Map<string, string | null>} What the browser has refused to keep. */
const refused = new Map();

/**
 * @param {keyof typeof STORES} where
 * @param {string} name
 * @returns {string | null} null where nothing is kept
 */
export function recalled(where, name) {
  try {
    return STORES[where]().getItem(name);
  } catch {
    return refused.get(name) ?? null;
  }
}

/**
 * @param {keyof typeof STORES} where
 * @param {string} name
 * @param {string | null} text null keeps nothing any more
 */
export function keep(where, name, text) {
  try {
    if (text === null) STORES[where]().removeItem(name);
    else STORES[where]().setItem(name, text);
  } catch {
    refused.set(name, text);
  }
}
