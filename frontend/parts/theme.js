/**
 * Light or dark: as the system has it, or as a person has chosen in this browser.
 * @module
 */

import { make } from "../dom.js";
import { theme as texts } from "../texts.js";
import { keep, recalled } from "./kept.js";

const KEPT = "reluscope.theme";
const THEMES = /** @type {const} */ (["system", "light", "dark"]);
const DARK = "(prefers-color-scheme: dark)";

/** @type {Record<string, {dark: string, scheme: string}>} When the rules for the dark hold. */
const RULES = {
  light: { dark: "not all", scheme: "light" },
  dark: { dark: "all", scheme: "dark" },
  system: { dark: DARK, scheme: "" },
};

/**
 * @param {HTMLElement} element
 * @param {() => void} onChange called where what is drawn has other colours now
 */
export function theme(element, onChange) {
  const rules = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSMediaRule)
    .filter((rule) => rule.conditionText === DARK);
  const wear = (/** @type {string} */ name) => {
    const { dark, scheme } = RULES[name] ?? { dark: DARK, scheme: "" };
    for (const rule of rules) rule.media.mediaText = dark;
    document.documentElement.style.colorScheme = scheme;
    onChange();
  };
  const options = THEMES.map((name) => make("option", { value: name }, texts[name]));
  const choose = () => {
    keep("browser", KEPT, chosen.value);
    wear(chosen.value);
  };
  const chosen = make("select", { "aria-label": texts.label, title: texts.label, change: choose }, ...options);
  element.append(chosen);
  const before = recalled("browser", KEPT);
  if (!before || !(before in RULES)) return;
  chosen.value = before;
  wear(before);
}
