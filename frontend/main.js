/**
 * The page, put together: what comes from the server goes into the state, what a person does goes
 * to the server, and all that is seen is drawn from the state.
 * @module
 */

import { Charts } from "./draw/charts.js";
import { State } from "./model/state.js";
import { byId, setText } from "./parts/dom.js";
import { Form, WATCHABLE_PACE } from "./parts/form.js";
import { presets } from "./parts/presets.js";
import { status } from "./parts/status.js";
import { steering } from "./parts/steering.js";
import { Table } from "./parts/table.js";
import { toolbar } from "./parts/toolbar.js";
import * as api from "./wire/api.js";
import { Live } from "./wire/live.js";

/** @typedef {import("./parts/table.js").Intent} Intent */

/** Until the catalog is asked for again, where the server was not there. */
const CATALOG_RETRY_MS = 2000;

const state = new State();
const charts = new Charts(byId("charts"), state);
const table = new Table(byId("table"), state, (intent, id) => void act(intent, id));

const live = new Live({
  onConnection: (connection) => state.set({ connection }),
  onRuns: (runs, whole) => watch(state.merge(runs, whole)),
  onAll: (ids) => state.forget([...state.runs.keys()].filter((id) => !ids.has(id))),
  onGone: (ids) => state.forget(ids),
  onBlock: (block) => {
    const trace = state.traces.get(block.id);
    if (!trace) return;
    state.clockOffset = live.clockOffset;
    if (trace.append(block)) charts.touch(block.id);
    else watch([block.id]);
  },
  onError: (notice) => state.set({ notice }),
  wanted: () => state.cursors(),
});

/** @param {string[]} ids runs to be sent from where the page's copy of them ends */
function watch(ids) {
  const cursors = state.cursors();
  live.watch(Object.fromEntries(ids.map((id) => [id, cursors[id] ?? 0])));
}

/**
 * Do what a person asked of a run.
 * @param {Intent} intent
 * @param {string} id
 */
async function act(intent, id) {
  if (intent === "show") {
    state.show(id);
    watch([id]);
  } else if (intent === "hide") {
    state.hide(id);
    live.unwatch([id]);
  } else {
    await attempt(() => steer(intent, id));
  }
}

/**
 * The answer is not looked at: the socket tells what has become of the run, and tells it in order.
 * @param {Exclude<Intent, "show" | "hide">} intent
 * @param {string} id
 * @returns {Promise<unknown>}
 */
function steer(intent, id) {
  if (intent === "delete") return api.remove(id);
  if (intent === "step") return api.step(id, state.stepSize);
  if (intent === "full_speed") return api.change(id, { pace: null });
  if (intent === "watch_pace") return api.change(id, { pace: WATCHABLE_PACE });
  return api.ask(id, intent);
}

/**
 * @template T
 * @param {() => Promise<T>} call
 * @returns {Promise<T | null>} null where the server refused, which the page then says
 */
async function attempt(call) {
  try {
    const result = await call();
    if (state.notice) state.set({ notice: "" });
    return result;
  } catch (error) {
    state.set({ notice: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** @param {import("./wire/api.js").Catalog} catalog */
function drawChoices(catalog) {
  const form = new Form(byId("form"), catalog, (spec) => void start(spec));
  /** @param {Record<string, unknown>} spec */
  const start = async (spec) => {
    try {
      await api.create(spec);
      form.complain("", []);
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      form.complain(error.message, error.errors);
    }
  };
  presets(
    byId("presets"),
    catalog,
    (spec) => void start({ ...spec, pace: form.pace }),
    (spec) => form.fill(spec),
  );
}

async function loadCatalog() {
  const catalog = await attempt(api.catalog);
  if (catalog) drawChoices(catalog);
  else setTimeout(() => void loadCatalog(), CATALOG_RETRY_MS);
}

let rendering = 0;
function render() {
  rendering = 0;
  table.render();
  charts.arrange();
  const notice = byId("notice");
  setText(notice, state.notice);
  notice.hidden = !state.notice;
}

/** @type {{layout: string, scale: string}} */
let drawn = { layout: state.layout, scale: state.scale };
state.subscribe(() => {
  rendering ||= requestAnimationFrame(render);
  if (drawn.layout !== state.layout || drawn.scale !== state.scale) {
    drawn = { layout: state.layout, scale: state.scale };
    charts.redraw();
  }
});

status(byId("status"), state);
toolbar(byId("toolbar"), state);
steering(byId("steering"), state, (intent, id) => void act(intent, id));
void loadCatalog();
render();
