/**
 * Taking along what is seen: a link, a picture, its numbers.
 * @module
 */

import { make } from "../dom.js";
import { look } from "../draw/layout.js";
import { style } from "../draw/palette.js";
import { picture, png } from "../draw/picture.js";
import { seen } from "../draw/seen.js";
import { csv, fileName, json } from "../model/export.js";
import { address } from "../model/presentation.js";
import { entries } from "../model/subjects.js";
import { sharing as texts } from "../texts.js";
import { copied, save } from "./files.js";
import { Menu } from "./menu.js";
import { say } from "./toast.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../draw/charts.js").Charts} Charts */
/** @typedef {import("./menu.js").Item} Item */

/** Runs that one address can name: of more, servers do not read it. */
const MAX_ARCHIVED = 200;

/** Size of an embedded picture, in pixels. */
const EMBEDDED = { width: "720", height: "480" };

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {Charts} charts
 */
export function share(element, state, charts) {
  const button = make("button", { type: "button", id: "share" }, texts.share);
  const titles = () => state.shown().map((run) => state.title(run));
  const name = (/** @type {string} */ kind) => fileName(titles(), kind, new Date());

  /** @param {string} text @param {string} done */
  const copy = async (text, done) => {
    if (await copied(text)) say(done);
    else state.set({ notice: texts.notCopied(text) });
  };
  /** @param {"svg" | "png"} kind */
  const draw = async (kind) => {
    try {
      const drawn = await charts.pictures();
      if (!drawn.length) return state.set({ notice: texts.nothing });
      const whole = picture(drawn, columns(charts.element), legend(state), look);
      const blob = kind === "png" ? await png(whole) : new Blob([whole.svg], { type: "image/svg+xml" });
      save(blob, name(kind));
    } catch (error) {
      state.set({ notice: texts.noPicture(error instanceof Error ? error.message : String(error)) });
    }
  };
  /** @param {"csv" | "json"} kind */
  const write = async (kind) => {
    const all = await seen(state).catch((error) => state.set({ notice: error.message }));
    if (!all) return;
    if (!all.length) return state.set({ notice: texts.nothing });
    const pieces = kind === "csv" ? csv(all) : [json(all, link(state))];
    save(new Blob(pieces, { type: kind === "csv" ? "text/csv" : "application/json" }), name(kind));
  };

  /** @returns {Item[][]} */
  const items = () => [
    [
      { text: texts.link, act: () => void copy(link(state), texts.copied.link) },
      { text: texts.embed, act: () => void copy(embedded(state), texts.copied.embed) },
    ],
    [
      { text: texts.png, act: () => void draw("png") },
      { text: texts.svg, act: () => void draw("svg") },
      { text: texts.csv, act: () => void write("csv") },
      { text: texts.json, act: () => void write("json") },
    ],
    downloads(state),
  ];
  const menu = new Menu(texts.share);
  menu.attach(button, items);
  element.append(button, menu.panel);
}

/** @param {State} state @returns {Item[]} what the server itself has of the runs that are seen */
function downloads(state) {
  const ids = (state.view.run ? [state.view.run] : [...state.shownIds]).filter((id) => state.runs.has(id));
  const [only] = ids;
  if (!only || ids.length > MAX_ARCHIVED) return [];
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  const whole = { text: texts.archive(ids.length), href: `api/export?${query}` };
  if (ids.length > 1) return [whole];
  const kinds = /** @type {const} */ (["csv", "npy", "parquet"]);
  return [
    ...kinds.map((kind) => ({ text: texts.all[kind], href: `api/runs/${only}/losses?format=${kind}` })),
    whole,
  ];
}

/** @param {State} state @returns {string} the address at which just this is seen */
function link(state) {
  const url = new URL(document.baseURI);
  url.search = address(state);
  url.hash = "";
  return url.href;
}

/** @param {State} state @returns {string} HTML that shows it in another page */
function embedded(state) {
  const url = new URL(link(state));
  url.searchParams.set("embed", "1");
  const frame = make("iframe", { src: url.href, title: texts.embedTitle, ...EMBEDDED, loading: "lazy" });
  return frame.outerHTML;
}

/** @param {HTMLElement} element @returns {number} charts beside each other in it */
function columns(element) {
  const { display, gridTemplateColumns } = getComputedStyle(element);
  return display === "grid" ? gridTemplateColumns.split(" ").length : 1;
}

/** @param {State} state @returns {import("../draw/picture.js").Entry[]} */
function legend(state) {
  if (state.view.layout !== "overlay") return [];
  return entries(state).map(({ title, place }) => ({ title, style: style(place) }));
}
