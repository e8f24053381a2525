/**
 * Presenting what is seen to others, who follow it by a link.
 * @module
 */

import { make, setAttribute, setText } from "../dom.js";
import { kept, opened, restored } from "../model/presentation.js";
import { presenting as texts } from "../texts.js";
import { copied } from "./files.js";
import { keep, recalled } from "./kept.js";
import { Popover } from "./popover.js";
import { say } from "./toast.js";

/** @typedef {import("../model/state.js").State} State */

/** Where the browser keeps it for this tab from one page to the next, so that a reload goes on presenting. */
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
    state.set({ presentation: null });
  };
  const followers = make("p", { class: "followers", "aria-live": "polite" });
  const popover = new Popover(texts.present, { class: "presenting" });
  const onlyHere = isLoopback(location.hostname) ? [make("p", { class: "here" }, texts.onlyHere, make("code", {}, texts.forOthers))] : [];
  popover.panel.append(
    make("p", { class: "help" }, texts.help),
    make("label", { for: "present-link" }, texts.link),
    make(
      "div",
      { class: "copying" },
      link,
      make("button", { type: "button", class: "primary", click: () => void copy() }, texts.copy),
    ),
    ...onlyHere,
    followers,
    make("button", { type: "button", click: stop }, texts.stop),
  );
  popover.attach(button, () => {
    if (state.presentation) return;
    const presentation = opened();
    state.set({ presentation });
    link.value = address(presentation.id); // before the next frame, so that it can be copied at once
  });
  element.append(button, popover.panel);
  goOn(state);
  return () => {
    const { presentation } = state;
    setText(button, presentation ? texts.presenting : texts.present);
    setAttribute(button, "data-on", String(presentation !== null));
    if (!presentation) return;
    link.value = address(presentation.id);
    setText(followers, texts.followers(presentation.followers));
  };
}

/**
 * Go on with what the page before this one presented in this tab. It is kept only while one page goes
 * and the next one comes: a copy of the tab, which has all that is kept for it, must not present as well.
 * @param {State} state
 */
function goOn(state) {
  state.set({ presentation: restored(recalled("tab", KEPT)) });
  keep("tab", KEPT, null);
  window.addEventListener("pagehide", () => {
    if (state.presentation) keep("tab", KEPT, kept(state.presentation));
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && keep("tab", KEPT, null));
}

/** @param {string} host @returns {boolean} whether no other machine finds this one by it */
const isLoopback = (host) => /^(127(\.\d+){3}|(.+\.)?localhost|\[::1\])$/u.test(host);

/** @param {string} code @returns {string} where others follow it */
function address(code) {
  const url = new URL(document.baseURI);
  url.search = `?follow=${code}`;
  url.hash = "";
  return url.href;
}
