/**
 * What a person sees of the runs, and how: one list of properties, from which the page's address, a
 * presentation and a reset derive. Knows no DOM.
 * @module
 */

/**
 * What is seen of a chart: values as the losses have them, whatever the scale of their axis is.
 * @typedef {object} Zoom
 * @property {[number, number] | null} x in the unit of the axis; null shows all
 * @property {[number, number] | null} y losses; null shows all
 */

/**
 * @typedef {object} View
 * @property {"overlay" | "grid" | "difference"} layout
 * @property {"log" | "linear"} scale of the losses' axis
 * @property {"iteration" | "seconds" | "clock"} x what the other axis counts
 * @property {"linear" | "log"} xscale
 * @property {number} smoothing weight of what came before in a debiased moving average; 0 for none
 * @property {"own" | "shared"} axes of the charts of a grid; what is seen of the one across is shared anyway
 * @property {string[] | null} runs ids of those that are shown; null for the newest
 * @property {string[]} pair ids of the two runs whose difference is seen; none or two
 * @property {string} run id of the one that is seen close up; empty for none
 * @property {string} filter of the table
 * @property {string} group the field by whose values runs are taken together; empty for none
 * @property {string} sort the column that the table is sorted by, with a `-` for descending
 * @property {string[] | null} columns of the table; null for the usual
 * @property {boolean} differing whether only those settings are told in which runs differ
 * @property {Record<string, number>} colours places on the palette that a person has chosen, by id
 * @property {Record<string, Zoom>} zooms by chart
 * @property {number | null} at the place on the x axis that is pointed at
 * @property {boolean} start whether the panel to start runs from is there
 * @property {boolean} embed whether the page is a picture in another
 * @property {string} follow the presentation that the page follows; empty for none
 */

/**
 * How a property stands in an address: what is as at first is left out.
 * @template T
 * @typedef {object} Property
 * @property {T} initial
 * @property {((text: string) => T | undefined) | null} read undefined for what makes no sense; null for
 *   what is not in an address
 * @property {(value: T) => string} write
 * @property {boolean} [own] of this page alone: not for those who follow it
 */

/** Characters of an id that tell runs apart in an address, but for one in millions. */
const SHORT_ID = 8;

/**
 * @template {string} T
 * @param {readonly T[]} options the first of which is the initial one
 * @returns {Property<T>}
 */
const choice = (options) => ({
  initial: /** @type {T} */ (options[0]),
  read: (text) => options.find((option) => option === text),
  write: (value) => value,
});

/** @type {Property<string>} */
const words = { initial: "", read: (text) => text, write: (value) => value };

/** @type {Property<string>} */
const id = { initial: "", read: (text) => text, write: (value) => value.slice(0, SHORT_ID) };

/** @param {boolean} initial @returns {Property<boolean>} */
const flag = (initial) => ({
  initial,
  read: (text) => (text === "1" ? true : text === "0" ? false : undefined),
  write: (value) => (value ? "1" : "0"),
});

/** @param {string} text @returns {string[]} */
const listed = (text) => text.split(".").filter(Boolean);

/** @param {string[]} ids */
const shortened = (ids) => ids.map((id) => id.slice(0, SHORT_ID)).join(".");

/** A chart may bear the key of a group, in which anything may stand; these part charts in an address. */
const PARTING = /[%,;]/g;
const PARTED = /%(25|2C|3B)/g;

/** @param {string} text @returns {[number, number] | null | undefined} */
function range(text) {
  if (!text) return null;
  const [low = NaN, high = NaN, ...rest] = text.split("~").map(Number);
  return low < high && Number.isFinite(high - low) && !rest.length ? [low, high] : undefined;
}

/** @type {{[Name in keyof View]: Property<View[Name]>}} */
export const PROPERTIES = {
  layout: choice(/** @type {const} */ (["overlay", "grid", "difference"])),
  scale: choice(/** @type {const} */ (["log", "linear"])),
  x: choice(/** @type {const} */ (["iteration", "seconds", "clock"])),
  xscale: choice(/** @type {const} */ (["linear", "log"])),
  axes: choice(/** @type {const} */ (["own", "shared"])),
  smoothing: {
    initial: 0,
    read: (text) => (Number(text) >= 0 && Number(text) < 1 ? Number(text) : undefined),
    write: String,
  },
  runs: {
    initial: null,
    read: listed,
    // In whichever order they came to be shown, the same runs have the same address.
    write: (ids) => shortened([...(ids ?? [])].sort()),
  },
  pair: {
    initial: [],
    read: (text) => (listed(text).length === 2 ? listed(text) : undefined),
    write: shortened,
  },
  run: id,
  filter: words,
  group: words,
  sort: words,
  columns: {
    initial: null,
    read: (text) => text.split(",").filter(Boolean),
    write: (names) => (names ?? []).join(","),
  },
  differing: flag(false),
  colours: {
    initial: {},
    read: (text) =>
      Object.fromEntries(
        text.split(".").flatMap((pair) => {
          const [id, place] = pair.split("-");
          return id && Number.isInteger(Number(place)) && Number(place) >= 0 ? [[id, Number(place)]] : [];
        }),
      ),
    write: (colours) =>
      Object.entries(colours)
        .map(([id, place]) => `${id.slice(0, SHORT_ID)}-${place}`)
        .join("."),
  },
  zooms: {
    initial: {},
    read: (text) =>
      Object.fromEntries(
        text.split(";").flatMap((part) => {
          const [chart, x = "", y = ""] = part.split(",");
          const [across, up] = [range(x), range(y)];
          return chart && across !== undefined && up !== undefined
            ? [[chart.replace(PARTED, decodeURIComponent), { x: across, y: up }]]
            : [];
        }),
      ),
    write: (zooms) =>
      Object.entries(zooms)
        .map(([chart, { x, y }]) => [chart.replace(PARTING, encodeURIComponent), x?.join("~") ?? "", y?.join("~") ?? ""].join(","))
        .join(";"),
  },
  at: { initial: null, read: null, write: String },
  start: { ...flag(true), own: true },
  embed: { ...flag(false), own: true },
  follow: { ...words, own: true },
};

const NAMES = /** @type {(keyof View)[]} */ (Object.keys(PROPERTIES));

/** @returns {View} what is seen at first */
export function initial() {
  return /** @type {View} */ (
    Object.fromEntries(NAMES.map((name) => [name, structuredClone(PROPERTIES[name].initial)]))
  );
}

/**
 * @param {string} query of an address
 * @returns {View} what it says; what makes no sense in it is passed over
 */
export function read(query) {
  const given = new URLSearchParams(query);
  const view = initial();
  for (const name of NAMES) {
    const text = given.get(name);
    const value = text === null ? undefined : PROPERTIES[name].read?.(text);
    if (value !== undefined) Object.assign(view, { [name]: value });
  }
  return view;
}

/**
 * @param {View} view
 * @returns {string} the query of an address that says it; empty where all is as at first
 */
export function write(view) {
  const said = new URLSearchParams();
  for (const name of NAMES) {
    const { initial, read, write } = /** @type {Property<any>} */ (PROPERTIES[name]);
    if (!read || JSON.stringify(view[name]) === JSON.stringify(initial)) continue;
    said.set(name, write(view[name]));
  }
  // As people read and send it; none of these ends a query.
  return said.toString().replace(/%(2C|3A|3B|7E|2F|3C|3E)/g, decodeURIComponent);
}

/**
 * @param {View} view
 * @returns {Partial<View>} what others see who follow it
 */
export function shared(view) {
  return Object.fromEntries(
    NAMES.filter((name) => !PROPERTIES[name].own).map((name) => [name, view[name]]),
  );
}

/**
 * @param {View} view
 * @param {(id: string) => string} whole the whole id of one that may be shortened
 * @returns {View} with whole ids
 */
export function withIds(view, whole) {
  const keyed = (/** @type {Record<string, any>} */ by) =>
    Object.fromEntries(Object.entries(by).map(([id, value]) => [whole(id), value]));
  return {
    ...view,
    runs: view.runs && view.runs.map(whole),
    pair: view.pair.map(whole),
    run: view.run && whole(view.run),
    colours: keyed(view.colours),
    zooms: keyed(view.zooms),
  };
}

/**
 * @param {View} view with whole ids
 * @param {ReadonlySet<string>} gone runs that are no more
 * @returns {View} which names none of them
 */
export function without(view, gone) {
  const left = (/** @type {Record<string, any>} */ by) =>
    Object.fromEntries(Object.entries(by).filter(([id]) => !gone.has(id)));
  return {
    ...view,
    runs: view.runs && view.runs.filter((id) => !gone.has(id)),
    pair: view.pair.some((id) => gone.has(id)) ? [] : view.pair,
    run: gone.has(view.run) ? "" : view.run,
    colours: left(view.colours),
    zooms: left(view.zooms),
  };
}
