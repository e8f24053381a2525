/**
 * A panel that opens at a button, over all else: Escape and a click elsewhere close it, and the focus
 * goes back to where it was.
 * @module
 */

import { make } from "../dom.js";

/** Room that a panel leaves to the edges of the window, and to its button, in pixels. */
const MARGIN = 8;
const GAP = 4;

let made = 0;

export class Popover {
  /** @type {Element | null} What it has been opened at. */
  #anchor = null;

  /**
   * @param {string} label
   * @param {Record<string, string>} [attributes] of the panel, such as its role and class
   */
  constructor(label, attributes = {}) {
    const id = `popover-${++made}`;
    this.panel = make("div", { id, popover: "auto", role: "dialog", "aria-label": label, ...attributes });
    this.panel.classList.add("popover");
    this.panel.addEventListener("toggle", (event) => {
      const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
      this.#tell(isOpen);
      if (!isOpen) this.#anchor = null;
    });
    for (const event of ["scroll", "resize"])
      window.addEventListener(event, () => this.#place(), { capture: true, passive: true });
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** @param {HTMLElement} button that opens it, for those who do not see what it does */
  announce(button) {
    button.setAttribute("aria-haspopup", this.panel.getAttribute("role") ?? "dialog");
    button.setAttribute("aria-controls", this.panel.id);
    button.setAttribute("aria-expanded", "false");
  }

  /**
   * A button that opens and closes it.
   * @param {HTMLButtonElement} button
   * @param {() => void} [onOpen] fills the panel, just before it is seen
   */
  attach(button, onOpen) {
    this.announce(button);
    // Known to the browser as its button, so that pressing it is no click elsewhere.
    button.popoverTargetElement = this.panel;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (this.isOpen && this.#anchor === button) this.close();
      else {
        onOpen?.();
        this.open(button);
      }
    });
  }

  /** @param {Element} anchor what it is opened at */
  open(anchor) {
    this.#tell(false);
    this.#anchor = anchor;
    this.panel.showPopover();
    this.#place();
    const chosen = this.panel.querySelector("[aria-checked='true']");
    const first = chosen ?? this.panel.querySelector("input, select, button");
    /** @type {HTMLElement | null} */ (first)?.focus({ preventScroll: true });
  }

  close() {
    if (this.isOpen) this.panel.hidePopover();
  }

  /** @param {boolean} isOpen as its button tells it; it may have been opened at one that opens something else, too */
  #tell(isOpen) {
    if (this.#anchor?.getAttribute("aria-controls") === this.panel.id)
      this.#anchor.setAttribute("aria-expanded", String(isOpen));
  }

  /** Below what it was opened at, or above it where there is more room. */
  #place() {
    if (!this.#anchor?.isConnected || !this.isOpen) return;
    const at = this.#anchor.getBoundingClientRect();
    const { offsetWidth: width, scrollHeight: height } = this.panel;
    const [below, above] = [window.innerHeight - at.bottom, at.top].map((room) => room - GAP - MARGIN);
    const isBelow = height <= (below ?? 0) || (below ?? 0) >= (above ?? 0);
    const room = Math.max(0, (isBelow ? below : above) ?? 0);
    const shown = Math.min(height, room);
    const left = Math.max(MARGIN, Math.min(at.left, document.documentElement.clientWidth - width - MARGIN));
    const { style } = this.panel;
    style.setProperty("left", `${left}px`);
    style.setProperty("top", `${isBelow ? at.bottom + GAP : at.top - GAP - shown}px`);
    style.setProperty("max-height", `${room}px`);
  }
}
