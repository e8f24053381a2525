/**
 * What can be asked of a run by name: in the table, in its filter, and to take runs together. Knows
 * no DOM.
 * @module
 */

import { fields as texts } from "../texts.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {"number" | "count" | "share" | "loss" | "rate" | "duration" | "time"} Measured */
/** @typedef {Measured | "choice" | "text" | "id" | "flag" | "tags" | "origin" | "sweep"} Kind */

/**
 * @typedef {object} Field
 * @property {string} name by which `valueOf` knows it
 * @property {string} title
 * @property {string} unit empty for none
 * @property {Kind} kind
 * @property {boolean} isSetting whether it was asked for, and is not what has come of it
 */

/** Fields of the update rule that are called by their own name alone. */
const SHORT = /** @type {Record<string, string>} */ ({ rule: "update.rule", lr: "update.lr" });

/** Fields of a run itself, and those made of them; all others are of its spec. */
const OF_RUN = /** @type {Record<string, Kind>} */ ({
  status: "choice",
  progress: "share",
  iteration: "count",
  loss: "loss",
  min_loss: "loss",
  rate: "rate",
  duration: "duration",
  created_at: "time",
  started_at: "time",
  ended_at: "time",
  reason: "text",
  worker: "text",
  pinned: "flag",
  forked_from: "origin",
  sweep: "sweep",
  id: "id",
});

/** What people call some fields, too. */
const ALSO = /** @type {Record<string, string>} */ ({
  tag: "tags",
  state: "status",
  speed: "rate",
  created: "created_at",
  started: "started_at",
  ended: "ended_at",
  "update.rule": "rule",
  "update.lr": "lr",
});

/** Fields of a spec that there are whatever the catalog says. */
const EVERYWHERE = { name: {}, tags: {}, relu: {}, update: {}, seed: { type: "integer" } };

/** Kinds that are more or less, and not only the same or not. */
const MEASURED = ["number", "count", "share", "loss", "rate", "duration", "time"];

/** @param {Kind} kind @returns {boolean} whether values of that kind can be told by more and less */
export const isMeasured = (kind) => MEASURED.includes(kind);

/**
 * @param {Run} run
 * @param {string} name of the field, such as `relu`, `lr` or `update.momentum`
 * @returns {any} undefined where it has none of that name; a duration is in seconds, and of a run that
 *   has not ended up to now
 */
export function valueOf(run, name) {
  const path = Object.hasOwn(SHORT, name) ? (SHORT[name] ?? name) : name;
  if (path === "progress") return run.iteration / run.spec["iterations"];
  if (path === "duration") return duration(run);
  if (path === "sweep") return run.sweep?.id ?? null;
  if (Object.hasOwn(OF_RUN, path)) return /** @type {any} */ (run)[path];
  if (path.startsWith("update.")) return own(run.spec.update, path.slice("update.".length));
  return own(run.spec, path);
}

/** @param {Record<string, any>} fields @param {string} name */
const own = (fields, name) => (Object.hasOwn(fields, name) ? fields[name] : undefined);

/** @param {Run} run */
const duration = ({ started_at: from, ended_at: to }) =>
  from === null ? null : (to ?? Date.now() / 1000) - from;

/** @type {WeakMap<Catalog, Field[]>} */
const known = new WeakMap();

/**
 * @param {Catalog | null} catalog
 * @returns {Field[]} all there are: of a run first, then of its spec in the catalog's order, each rule's
 *   own after its learning rate; before the catalog is there, those that are the same in each
 */
export function fields(catalog) {
  const found = (catalog && known.get(catalog)) || [...ofRun(), ...ofSpec(catalog)];
  if (catalog) known.set(catalog, found);
  return found;
}

/**
 * @param {string} name as people write it: `relu`, `H`, `momentum` or `update.momentum`
 * @param {Catalog | null} catalog
 * @returns {Field | undefined}
 */
export function fieldNamed(name, catalog) {
  const all = fields(catalog);
  const typed = name.toLowerCase();
  const called = Object.hasOwn(ALSO, typed) ? (ALSO[typed] ?? name) : name;
  const lower = called.toLowerCase();
  return (
    all.find((field) => field.name === called) ??
    all.find((field) => field.name.toLowerCase() === lower || field.title.toLowerCase() === lower) ??
    all.find((field) => field.name === `update.${lower}`)
  );
}

/** @returns {Field[]} */
function ofRun() {
  return Object.entries(OF_RUN).map(([name, kind]) => ({
    name,
    kind,
    title: texts[/** @type {keyof typeof texts} */ (name)] ?? name,
    unit: "",
    isSetting: false,
  }));
}

/** @param {Catalog | null} catalog @returns {Field[]} */
function ofSpec(catalog) {
  const rule = setting("rule", { title: texts.rule });
  const properties = Object.entries(catalog?.spec.properties ?? EVERYWHERE);
  return properties.flatMap(([name, schema]) =>
    name === "update" ? [rule, ...ofRules(catalog)] : [setting(name, schema)],
  );
}

/** @param {Catalog | null} catalog @returns {Field[]} the hyperparameters of all rules, each once */
function ofRules(catalog) {
  /** @type {Map<string, Field>} */
  const found = new Map([["lr", setting("lr", { type: "number", title: texts.lr })]]);
  for (const { schema } of catalog?.rules ?? [])
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (name !== "rule" && !found.has(name)) found.set(name, setting(`update.${name}`, property));
    }
  return [...found.values()];
}

/** @param {string} name @param {Schema} schema @returns {Field} */
function setting(name, schema) {
  const { title = name, unit = "" } = schema;
  return { name, title, unit, kind: kindOf(name, schema), isSetting: true };
}

/** @param {string} name @param {Schema} schema @returns {Kind} */
function kindOf(name, schema) {
  if (name === "tags" || name === "name") return name === "tags" ? "tags" : "text";
  const types = [schema, ...(schema.anyOf ?? [])].map(({ type }) => type);
  if (types.includes("integer") || types.includes("number")) return "number";
  return types.includes("boolean") ? "flag" : "choice";
}
