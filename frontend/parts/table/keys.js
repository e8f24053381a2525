/**
 * The table by keyboard: arrows, Home and End move between rows, Space picks, Enter opens, F2 renames.
 * @module
 */

/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("./table.js").Desk} Desk */

/** Rows that Page Up and Page Down pass by. */
const PAGE = 10;

/** @type {Record<string, (position: number, last: number) => number>} */
const MOVES = {
  ArrowUp: (position) => position - 1,
  ArrowDown: (position) => position + 1,
  PageUp: (position) => position - PAGE,
  PageDown: (position) => position + PAGE,
  Home: () => 0,
  End: (_, last) => last,
};

/**
 * @param {HTMLElement} body
 * @param {Desk} desk
 * @param {Listing} listing
 * @param {{focus: (position: number, control?: string) => void, rename: (key: string) => void}} table
 */
export function keys(body, desk, listing, table) {
  body.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    // A key that is held down must not delete row after row.
    if (event.repeat && target instanceof HTMLButtonElement && !MOVES[event.key]) event.preventDefault();
    const row = /** @type {HTMLElement | null} */ (target.closest("[data-run], [data-group]"));
    const position = row ? listing.positionOf(row.dataset["run"] ?? row.dataset["group"] ?? "") : -1;
    const item = listing.items[position];
    if (!item) return;
    const move = MOVES[event.key];
    if (move) {
      const last = listing.items.length - 1;
      table.focus(Math.max(0, Math.min(last, move(position, last))), target === row ? undefined : control(target));
    } else if (event.key === "F2") table.rename(item.key);
    else if (target !== row || !press(event)) return;
    event.preventDefault();
  });

  /** @param {KeyboardEvent} event on a row itself @returns {boolean} whether it meant something */
  function press({ key, shiftKey, target }) {
    const { run, group } = listing.items[positionOf(target)] ?? {};
    const { state, picking } = desk;
    if (key === " " && run) picking.pick(run.id, !state.selected.has(run.id), shiftKey);
    else if (key === " " && group) {
      const ids = group.runs.map(({ id }) => id);
      picking.pickAll(ids, !ids.every((id) => state.selected.has(id)));
    } else if (key === "Enter" && run) state.look({ run: run.id });
    else if (group && ["Enter", "ArrowLeft", "ArrowRight"].includes(key))
      state.fold([group.key], key === "Enter" ? !state.folded.has(group.key) : key === "ArrowLeft");
    else return false;
    return true;
  }

  /** @param {EventTarget | null} row */
  function positionOf(row) {
    const { run, group } = /** @type {HTMLElement} */ (row).dataset;
    return listing.positionOf(run ?? group ?? "");
  }
}

/** @param {HTMLElement} element @returns {string} what finds the same in another row */
function control(element) {
  const { intent } = element.dataset;
  if (intent) return `[data-intent="${intent}"]`;
  return element.classList[0] ? `.${element.classList[0]}` : "input";
}
