/**
 * The head of the table: what each column is, and by which it is sorted.
 * @module
 */

import { make, setAttribute } from "../../dom.js";
import { fieldNamed } from "../../model/fields.js";
import { next, parsed } from "../../model/sorting.js";
import { table as texts } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("./columns.js").Column} Column */

/** Columns that are sorted by another field than the one of their name. */
const SORTED_BY = /** @type {Record<string, string>} */ ({ run: "name" });

export class Head {
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();
  #row = make("div", { role: "row", class: "row head", "aria-rowindex": "1" });
  #all = make("input", { type: "checkbox", "aria-label": texts.pickAll, title: texts.pickAll });

  /**
   * @param {State} state
   * @param {Listing} listing
   */
  constructor(state, listing) {
    this.state = state;
    this.listing = listing;
    this.element = make("div", { role: "rowgroup", class: "heads" }, this.#row);
    this.#all.addEventListener("change", () =>
      state.select(this.#all.checked ? listing.runs.map(({ id }) => id) : []),
    );
  }

  /** @param {Column[]} columns */
  build(columns) {
    this.#cells = new Map(columns.map((column) => [column.name, this.#cell(column)]));
    this.#row.replaceChildren(...this.#cells.values());
  }

  render() {
    const { state, listing } = this;
    const { name: sorted, descending } = parsed(state.view.sort);
    const by = fieldNamed(sorted, state.catalog)?.name;
    for (const [name, cell] of this.#cells) {
      if (name === "pick" || name === "buttons") continue;
      const isSorted = state.view.sort && (SORTED_BY[name] ?? name) === by;
      setAttribute(cell, "aria-sort", !isSorted ? "none" : descending ? "descending" : "ascending");
    }
    const picked = listing.runs.filter(({ id }) => state.selected.has(id)).length;
    this.#all.checked = picked > 0 && picked === listing.runs.length;
    this.#all.indeterminate = picked > 0 && picked < listing.runs.length;
  }

  /** @param {Column} column */
  #cell({ name, title, isRight }) {
    const cell = make("div", { role: "columnheader", class: `cell ${name}${isRight ? " right" : ""}` });
    if (name === "pick") cell.append(make("label", { class: "box" }, this.#all));
    else if (name === "buttons") cell.append(make("span", { class: "unseen" }, title));
    else if (this.state.view.follow) cell.append(title); // the presenter sorts
    else {
      const click = () => {
        const { view } = this.state;
        this.state.look({ sort: next(view.sort, SORTED_BY[name] ?? name) });
      };
      cell.append(make("button", { type: "button", title: texts.sortBy(title), click }, title));
    }
    return cell;
  }
}
