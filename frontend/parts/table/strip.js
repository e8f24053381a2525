/**
 * The strip of all rows, one below the other, and the part of it that is seen. How tall a row is, the
 * style sheet says, by the kind of row and the room that there is.
 * @module
 */

import { make } from "../../dom.js";

/** @typedef {import("../../model/listing.js").Item} Item */
/** @typedef {"run" | "told" | "group"} Height */

/** How far beyond what is seen rows are there already, in pixels. */
const AHEAD = 150;

/** @param {Item} item @returns {Height} a run with a reason has one line more */
const heightOf = ({ run }) => (run ? (run.reason ? "told" : "run") : "group");

export class Strip {
  /** @type {Record<Height, number>} in pixels */
  #heights = { run: 48, told: 68, group: 40 };
  /** Where each row begins, and where the last one ends. */
  #offsets = new Float64Array(1);
  #count = 0;
  /** @type {Item[]} */
  #items = [];
  #top = 0;
  #height = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} body in it
   * @param {() => void} onSeen called when another part is seen, or rows are of another height
   */
  constructor(scroller, body, onSeen) {
    this.scroller = scroller;
    this.body = body;
    scroller.addEventListener(
      "scroll",
      () => {
        this.#top = scroller.scrollTop;
        onSeen();
      },
      { passive: true },
    );
    const kinds = /** @type {Height[]} */ (Object.keys(this.#heights));
    const probes = kinds.map((kind) => make("div", { class: `probe ${kind}`, "aria-hidden": "true" }));
    body.before(...probes);
    const observer = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        if (target === scroller) this.#height = scroller.clientHeight;
        const kind = kinds[probes.indexOf(/** @type {HTMLDivElement} */ (target))];
        if (kind && contentRect.height) this.#heights[kind] = contentRect.height;
      }
      this.measure(this.#items);
      onSeen();
    });
    for (const element of [scroller, ...probes]) observer.observe(element);
  }

  /**
   * @param {Item[]} items all rows
   * @param {boolean} [isHeld] whether what is seen stays where it is, whatever has come above it
   */
  measure(items, isHeld = false) {
    const kept = isHeld && this.#top > 0 ? this.#indexAt(this.#top) : -1;
    const anchor = this.#items[kept];
    const shift = this.#top - (this.#offsets[kept] ?? 0);
    this.#items = items;
    this.#count = items.length;
    if (this.#offsets.length <= items.length) this.#offsets = new Float64Array(2 * items.length + 1);
    let end = 0;
    items.forEach((item, position) => {
      this.#offsets[position] = end;
      end += this.#heights[heightOf(item)];
    });
    this.#offsets[items.length] = end;
    const height = `${end}px`;
    if (this.body.style.height !== height) this.body.style.setProperty("height", height);
    const now = anchor ? items.findIndex(({ key }) => key === anchor.key) : -1;
    const top = (this.#offsets[now] ?? 0) + shift;
    if (now >= 0 && top !== this.#top) this.#scrollTo(top);
  }

  /** @returns {[number, number]} the first row that is seen, or nearly so, and the first that is not any more */
  seen() {
    const total = this.#offsets[this.#count] ?? 0;
    const top = Math.min(this.#top, Math.max(0, total - this.#height));
    return [this.#indexAt(top - AHEAD), Math.min(this.#count, this.#indexAt(top + this.#height + AHEAD) + 1)];
  }

  /** @param {HTMLElement} element @param {number} position */
  place(element, position) {
    const top = `${this.#offsets[position]}px`;
    if (element.style.top !== top) element.style.setProperty("top", top);
  }

  /** @param {number} position of a row that is to be seen */
  reveal(position) {
    const [start = 0, end = 0] = this.#offsets.subarray(position, position + 2);
    const room = this.scroller.clientHeight - this.body.offsetTop;
    if (start < this.scroller.scrollTop) this.#scrollTo(start);
    else if (end > this.scroller.scrollTop + room) this.#scrollTo(end - room);
  }

  /** @param {number} top */
  #scrollTo(top) {
    this.scroller.scrollTop = top;
    this.#top = this.scroller.scrollTop;
  }

  /** @param {number} offset @returns {number} the row there, or the nearest */
  #indexAt(offset) {
    let [low, high] = [0, Math.max(0, this.#count - 1)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/**
 * Put elements in their order, without ever moving the one that has the focus, which would lose it.
 * @param {HTMLElement} parent with no other children
 * @param {HTMLElement[]} elements
 */
export function inOrder(parent, elements) {
  const held = elements.find((element) => element.contains(document.activeElement));
  /** @type {Element | null} */
  let next = null;
  for (const element of elements.toReversed()) {
    if (element.parentElement !== parent || element.nextElementSibling !== next) {
      if (element !== held) parent.insertBefore(element, next);
      else {
        for (let other = held.nextElementSibling; other !== next; other = held.nextElementSibling)
          if (other) held.before(other);
      }
    }
    next = element;
  }
}
