/**
 * Charts as one picture: SVG, in which every label is text, or PNG.
 * @module
 */

import { svg } from "../dom.js";

/** @typedef {import("./palette.js").Style} Style */

/**
 * @typedef {object} Chart
 * @property {string} title over it; empty where it has none
 * @property {string} note below it: what is not on it
 * @property {string} svg
 * @property {number} width in pixels
 * @property {number} height
 */

/** @typedef {{title: string, style: Style}} Entry of the legend */

const MARGIN = 16;
const LINE_HEIGHT = 22;
const ENTRY_HEIGHT = 20;
const SWATCH = 32;
const FONT = "system-ui, sans-serif";
const FONT_SIZE = 13;

/** Pixels of a picture for each on the screen, and how many there may be: browsers draw no more. */
const SCALE = 2;
const MAX_PIXELS = 60_000_000;

/**
 * @param {Chart[]} charts at least one, in the order in which they are read
 * @param {number} columns
 * @param {Entry[]} legend
 * @param {(name: string) => string} colours of base.css
 * @returns {{svg: string, width: number, height: number}}
 */
export function picture(charts, columns, legend, colours) {
  const across = Math.min(columns, charts.length);
  const cell = { width: Math.max(...charts.map(({ width }) => width)), height: 0 };
  const lines = (/** @type {Chart} */ { title, note }) => (title ? 1 : 0) + (note ? 1 : 0);
  cell.height = Math.max(...charts.map((chart) => chart.height + lines(chart) * LINE_HEIGHT));
  const width = across * (cell.width + MARGIN) + MARGIN;
  const below = Math.ceil(charts.length / across) * (cell.height + MARGIN) + MARGIN;
  const rows = legendRows(legend, width - 2 * MARGIN);
  const height = below + (rows.length ? rows.length * ENTRY_HEIGHT + MARGIN : 0);

  const viewBox = `0 0 ${width} ${height}`;
  const ground = svg("rect", { width, height, fill: colours("--card") });
  const root = svg("svg", { width, height, viewBox, "font-family": FONT }, ground);
  const ink = colours("--ink");
  charts.forEach(({ title, note, svg: drawn, ...size }, i) => {
    const x = MARGIN + (i % across) * (cell.width + MARGIN);
    const y = MARGIN + Math.floor(i / across) * (cell.height + MARGIN);
    if (title) root.append(label(title, x, y + FONT_SIZE, ink));
    const chart = new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement;
    const place = { x, y: y + (title ? LINE_HEIGHT : 0), ...size };
    for (const [name, value] of Object.entries(place)) chart.setAttribute(name, String(value));
    root.append(document.importNode(chart, true));
    root.append(label(note, x, place.y + size.height + FONT_SIZE, colours("--wait")));
  });
  rows.forEach((row, i) => {
    const y = below + i * ENTRY_HEIGHT;
    for (const { title, style, x } of row) {
      const line = { x1: MARGIN + x, x2: MARGIN + x + SWATCH, y1: y, y2: y, "stroke-width": 3 };
      const dash = style.dash === "solid" ? "" : style.dash.replaceAll("px", "");
      root.append(svg("line", { ...line, stroke: colours(style.colour), "stroke-dasharray": dash }));
      root.append(label(title, MARGIN + x + SWATCH + 8, y + FONT_SIZE / 3, ink));
    }
  });
  return { svg: new XMLSerializer().serializeToString(root), width, height };
}

/**
 * @param {Entry[]} legend
 * @param {number} width
 * @returns {(Entry & {x: number})[][]} its rows
 */
function legendRows(legend, width) {
  /** @type {(Entry & {x: number})[][]} */
  const rows = [];
  const pen = document.createElement("canvas").getContext("2d");
  if (pen) pen.font = `${FONT_SIZE}px ${FONT}`;
  let x = Infinity;
  for (const entry of legend) {
    const wide = SWATCH + 8 + (pen?.measureText(entry.title).width ?? 0) + 2 * MARGIN;
    if (x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ ...entry, x });
    x += wide;
  }
  return rows;
}

/**
 * @param {{svg: string, width: number, height: number}} picture
 * @returns {Promise<Blob>} a PNG
 */
export async function png({ svg, width, height }) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
  const scale = Math.min(SCALE, Math.sqrt(MAX_PIXELS / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("the browser made no picture");
  return blob;
}

/** @param {string} text @param {number} x @param {number} y its baseline @param {string} fill */
const label = (text, x, y, fill) => svg("text", { x, y, fill, "font-size": FONT_SIZE }, text);
