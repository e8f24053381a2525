/**
 * Presenting what is seen to others, who follow it by a link.
 * @module
 */

import { kept, opened, restored } from "../model/presentation.js";
import { presenting as texts } from "../texts.js";
import { make, setAttribute, setText } from "./dom.js";
import { copied } from "./files.js";
import { Popover } from "./popover.js";
import { say } from "./toast.js";

/** @typedef {import("../model/state.js").State} State */

/** Where the browser keeps it for this tab, so that a reload goes on presenting. */
const KEPT = "reluscope.presentation";

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {Pick<import("../wire/live.js").Live, "present">} live
 * @returns {() => void} what draws it
 */
export function presenting(element, state, live) {
  const button = make("button", { type: "button", id: "present" }, texts.present);
  const link = make("input", { type: "text", id: "present-link", readonly: true, focus: () => link.select() });
  const copy = async () => {
    if (await copied(link.value)) say(texts.copied);
    else link.focus();
  };
  const stop = () => {
    popover.close();
    const { id, key } = state.presentation ?? opened();
    live.present({ id, key, view: null });
    keep(null);
    state.set({ presentation: null });
  };
  const followers = make("p", { class: "followers", "aria-live": "polite" });
  const popover = new Popover(texts.present, { class: "presenting" });
  popover.panel.append(
    make("p", { class: "help" }, texts.help),
    make("label", { for: "present-link" }, texts.link),
    make(
      "div",
      { class: "copying" },
      link,
      make("button", { type: "button", class: "primary", click: () => void copy() }, texts.copy),
    ),
    followers,
    make("button", { type: "button", click: stop }, texts.stop),
  );
  popover.attach(button, () => {
    if (state.presentation) return;
    const presentation = opened();
    keep(kept(presentation));
    state.set({ presentation });
    link.value = address(presentation.id); // before the next frame, so that it can be copied at once
  });
  element.append(button, popover.panel);
  state.set({ presentation: restored(keep()) });
  return () => {
    const { presentation } = state;
    setText(button, presentation ? texts.presenting : texts.present);
    setAttribute(button, "data-on", String(presentation !== null));
    if (!presentation) return;
    link.value = address(presentation.id);
    setText(followers, texts.followers(presentation.followers));
  };
}

/** @param {string} code @returns {string} where others follow it */
function address(code) {
  const url = new URL(document.baseURI);
  url.search = `?follow=${code}`;
  url.hash = "";
  return url.href;
}

/**
 * @param {string | null} [text] to be kept from now on; null keeps nothing
 * @returns {string | null} what is kept. A browser may refuse to keep anything
 */
function keep(text) {
  try {
    if (text) sessionStorage.setItem(KEPT, text);
    else if (text === null) sessionStorage.removeItem(KEPT);
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
