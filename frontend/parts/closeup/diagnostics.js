/**
 * What is measured of a run beside its losses, as small live charts.
 * @module
 */

import { make, setText } from "../../dom.js";
import { Sparkline } from "../../draw/sparkline.js";
import { count, loss } from "../../numbers.js";
import { closeup } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Catalog} Catalog */

const texts = closeup.diagnostics;

/** Between two drawings: as fast as numbers that change can be read. */
const REST_MS = 125;

/** How values of a channel are told, by their unit. */
const TOLD = /** @type {Record<string, (value: number) => string>} */ ({
  share: texts.share,
  values: (value) => (Number.isFinite(value) ? count(value) : loss(value)),
});

/**
 * @param {State} state
 * @returns {Part & {touch: () => void}} touched when there are new rows
 */
export function diagnostics(state) {
  const note = make("p", { class: "help" });
  const charts = make("div", { class: "sparklines" });
  const element = make("div", { class: "diagnostics" }, note, charts);
  /** @type {Map<number, Sparkline>} by the channel's number */
  const drawn = new Map();
  /** What is drawn: which run's rows, and how many. */
  let subject = "";
  let timer = 0;
  // What is pointed at on one of them, or on the charts of losses, is told of all.
  const point = (/** @type {number | null} */ iteration) => {
    if (state.view.x === "iteration") state.point(iteration);
  };
  const follow = () => {
    const at = state.view.x === "iteration" ? state.view.at : null;
    if (isSeen) for (const chart of drawn.values()) chart.read(at);
  };
  state.watch(follow);
  const build = (/** @type {Catalog} */ catalog) => {
    for (const { number, title, help, unit } of catalog.channels)
      drawn.set(number, new Sparkline(title, help, TOLD[unit ?? ""] ?? loss, point));
    charts.append(...[...drawn.values()].map((chart) => chart.element));
    subject = "";
  };
  const draw = () => {
    timer = 0;
    const { rows, catalog } = state;
    if (document.hidden || !isSeen || !rows) return;
    if (catalog && !drawn.size) build(catalog);
    setText(note, told(state));
    const now = `${rows.id} ${rows.begin} ${rows.version} ${rows.isWhole}`;
    if (now === subject) return;
    subject = now;
    for (const [number, chart] of drawn) {
      const series = rows.channels.get(number);
      chart.element.hidden = !series?.length;
      if (series?.length) chart.draw(series);
    }
  };
  const touch = () => {
    timer ||= window.setTimeout(draw, REST_MS);
  };
  let isSeen = false;
  const seen = new IntersectionObserver((entries) => {
    isSeen = entries.at(-1)?.isIntersecting ?? false;
    if (isSeen) draw();
  });
  seen.observe(element);
  document.addEventListener("visibilitychange", touch);
  return { element, touch, render: () => (subject.startsWith(state.rows?.id ?? "-") ? touch() : draw()) };
}

/** @param {State} state @returns {string} what is to be said of all channels */
function told({ rows }) {
  if (!rows?.every) return texts.off;
  if (rows.problem) return texts.retrying(rows.problem);
  if (!rows.isWhole) return texts.loading;
  if (!rows.version || !rows.channels.size) return texts.none;
  return [texts.every(rows.every), ...(rows.begin ? [texts.since(rows.begin)] : [])].join(" ");
}
