/**
 * All that a run was asked to do; what is not as by default is marked. Its tags can be changed.
 * @module
 */

import { make } from "../../dom.js";
import { told } from "../../model/told.js";
import { closeup } from "../../texts.js";
import { Tagging } from "../tags.js";

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
  const { state, onIntent } = asking;
  const list = make("dl", { class: "facts" });
  const note = make("p", { class: "help" }, texts.marked);
  const tagging = new Tagging(state, onIntent);
  let drawn = "";
  return {
    element: make("div", { class: "settings" }, tagging.element, list, note),
    render: (run) => {
      tagging.render([run.id]);
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
