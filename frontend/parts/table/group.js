/**
 * The row that heads a group: what its runs have in common, how many they are, and how their newest
 * losses lie.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { style } from "../../draw/palette.js";
import { groupTitle, spread } from "../../model/groups.js";
import { loss } from "../../numbers.js";
import { table as texts } from "../../texts.js";
import { icon, swatch } from "../icons.js";
import { cell } from "./cells.js";

/** @typedef {import("../../model/groups.js").Group} Group */
/** @typedef {import("./table.js").Desk} Desk */

export class GroupRow {
  /** @type {number | undefined} */
  #place;

  /**
   * @param {Group} group
   * @param {Desk} desk
   */
  constructor(group, desk) {
    this.group = group;
    this.desk = desk;
    const { state } = desk;
    this.picked = make("input", {
      type: "checkbox",
      class: "picks",
      change: () => desk.picking.pickAll(this.group.runs.map(({ id }) => id), this.picked.checked),
    });
    this.title = make("span", { class: "name", dir: "auto" });
    this.count = make("span", { class: "count" });
    this.fold = make(
      "button",
      {
        type: "button",
        class: "fold",
        click: () => state.fold([group.key], !state.folded.has(group.key)),
      },
      icon("unfold"),
      this.title,
    );
    this.swatch = make("span", { class: "swatch", hidden: true });
    this.figures = make("span", { class: "figures" });
    this.element = make(
      "div",
      { role: "row", class: "row group", "data-group": group.key, tabindex: "-1" },
      cell("pick", make("label", { class: "box" }, this.picked)),
      cell("heading", this.swatch, this.fold, this.count, this.figures),
    );
  }

  /**
   * @param {Group} group as it is now
   * @param {number | undefined} place of its curve on the palette; undefined where it has none
   */
  render(group, place) {
    this.group = group;
    this.#renderSwatch(place);
    const { state } = this.desk;
    const title = groupTitle(group, state.view.group, state);
    setText(this.title, title);
    setAttribute(this.title, "title", title);
    setAttribute(this.fold, "aria-expanded", String(!state.folded.has(group.key)));
    setText(this.count, texts.inGroup(group.runs.length));
    const picked = group.runs.filter(({ id }) => state.selected.has(id)).length;
    this.picked.checked = picked === group.runs.length;
    this.picked.indeterminate = picked > 0 && picked < group.runs.length;
    setAttribute(this.picked, "aria-label", texts.pickGroup(title));
    this.#renderFigures();
  }

  /** @param {number | undefined} place */
  #renderSwatch(place) {
    if (place === this.#place) return;
    this.#place = place;
    this.swatch.hidden = place === undefined;
    if (place !== undefined) this.swatch.replaceChildren(swatch(style(place)));
  }

  #renderFigures() {
    const { finite, notFinite, mean, least, most } = spread(this.group.runs);
    const figures = [
      [texts.mean, mean],
      [texts.least, least],
      [texts.most, most],
    ];
    const told = finite > 1 ? figures.map(([name, value]) => `${name} ${loss(Number(value))}`) : [];
    if (finite === 1) told.push(loss(mean));
    if (!finite && !notFinite) told.push(texts.noLosses);
    if (notFinite) told.push(texts.notFinite(notFinite));
    setText(this.figures, told.join(" · "));
    setAttribute(this.figures, "title", finite ? [mean, least, most].join(" · ") : "");
  }
}
