/**
 * All that a run was asked to do; what is not as by default is marked. Its tags can be changed.
 * @module
 */

import { told } from "../../model/told.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { make } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../wire/api.js").Catalog} Catalog */
/** @typedef {import("../../wire/api.js").Schema} Schema */

const texts = closeup.settings;

/** Told apart: the name in the head, the tags below. */
const APART = ["name", "tags"];

/**
 * @param {Asking} asking
 * @returns {Part}
 */
export function settings(asking) {
  const { state } = asking;
  const list = make("dl", { class: "facts" });
  const note = make("p", { class: "help" }, texts.marked);
  const tagged = tags(asking);
  let drawn = "";
  return {
    element: make("div", { class: "settings" }, tagged.element, list, note),
    render: (run) => {
      tagged.render(run);
      const { catalog } = state;
      const key = JSON.stringify([run.spec, Boolean(catalog)]);
      if (!catalog || key === drawn) return;
      drawn = key;
      list.replaceChildren(...rows(run, catalog).flatMap(row));
    },
  };
}

/** @typedef {{name: string, title: string, unit: string, value: unknown, usual: unknown}} Row */

/** @param {Run} run @param {Catalog} catalog @returns {Row[]} */
function rows(run, catalog) {
  const properties = catalog.spec.properties ?? {};
  const of = (/** @type {string} */ name, /** @type {Schema} */ schema, /** @type {unknown} */ value) => ({
    name,
    title: schema.title ?? name,
    unit: schema.unit ?? schema.anyOf?.find(({ unit }) => unit)?.unit ?? "",
    value,
    usual: schema.default,
  });
  return Object.entries(properties)
    .filter(([name]) => !APART.includes(name))
    .flatMap(([name, schema]) => {
      if (name !== "update") return [of(name, schema, run.spec[name])];
      const { rule, ...others } = run.spec.update;
      const own = catalog.rules.find((known) => known.name === rule)?.schema.properties ?? {};
      const first = { name: "rule", title: schema.title ?? texts.update, unit: "", value: rule, usual: schema.default?.rule };
      return [first, ...Object.entries(others).map(([inner, value]) => of(inner, own[inner] ?? {}, value))];
    });
}

/** @param {Row} row */
function row({ name, title, unit, value, usual }) {
  const differs = usual !== undefined && value !== usual;
  const shown = [told(name, value), ...(unit && value !== null ? [unit] : [])].join(" ");
  const said = texts.differs(told(name, usual));
  const mark = differs ? [make("span", { class: "unseen" }, ` (${said})`)] : [];
  return [
    make("dt", differs ? { class: "differs" } : {}, title),
    make("dd", differs ? { class: "differs", title: said } : {}, shown, ...mark),
  ];
}

/** @param {Asking} asking @returns {Part} */
function tags(asking) {
  const { state } = asking;
  /** @type {Run} */
  let shown;
  let drawn = "";
  const list = make("ul", { class: "tags", "aria-label": texts.tags });
  const input = make("input", { "aria-label": texts.addTag, placeholder: texts.addTag, autocomplete: "off" });
  const form = make("form", { class: "adding" }, input, make("button", { type: "submit" }, texts.add));
  const put = (/** @type {string[]} */ wanted) => {
    const { id } = shown;
    return asking.ask(texts.tags, id, () => api.change(id, { tags: wanted }));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const tag = input.value.trim();
    if (!tag) return;
    void put([...new Set([...shown.spec["tags"], tag])]).then((run) => run && (input.value = ""));
  });
  const chip = (/** @type {string} */ tag) => {
    const remove = () => {
      input.focus();
      void put(shown.spec["tags"].filter((/** @type {string} */ other) => other !== tag));
    };
    const label = texts.removeTag(tag);
    const button = make("button", { type: "button", class: "quiet", "aria-label": label, title: label, click: remove }, icon("remove"));
    return make("li", {}, tag, ...(state.readOnly ? [] : [button]));
  };
  return {
    element: make("div", { class: "tagging" }, list, form),
    render: (run) => {
      if (shown?.id !== run.id) input.value = "";
      shown = run;
      form.hidden = state.readOnly;
      const key = JSON.stringify([run.id, run.spec["tags"], state.readOnly]);
      if (key === drawn) return;
      drawn = key;
      list.replaceChildren(...run.spec["tags"].map(chip));
    },
  };
}
