/**
 * The page, put together: what comes from the server goes into the state, what a person does goes
 * to the server, and all that is seen is drawn from the state.
 * @module
 */

import { act } from "./actions.js";
import { address } from "./address.js";
import { byId, fillTexts } from "./dom.js";
import { Charts } from "./draw/charts.js";
import { Listing } from "./model/listing.js";
import { Mirror } from "./model/presentation.js";
import { State } from "./model/state.js";
import * as views from "./model/view.js";
import { Closeup } from "./parts/closeup/closeup.js";
import { notice } from "./parts/notice.js";
import { startPanel } from "./parts/start.js";
import { status } from "./parts/status.js";
import { bar } from "./parts/table/bar.js";
import { Table } from "./parts/table/table.js";
import { tools as tableTools } from "./parts/table/tools.js";
import { say } from "./parts/toast.js";
import { toolbar } from "./parts/toolbar.js";
import { tools } from "./parts/tools.js";
import * as texts from "./texts.js";
import * as api from "./wire/api.js";
import { diagnostics } from "./wire/curves.js";
import { Happenings } from "./wire/happenings.js";
import { Histories } from "./wire/history.js";
import { Live } from "./wire/live.js";
import { Past } from "./wire/past.js";
import { redeem } from "./wire/session.js";

/** Until the catalog is asked for again, where the server was not there. */
const CATALOG_RETRY_MS = 2000;

fillTexts(texts.page);

const state = new State({ mayWrite: document.documentElement.dataset["role"] !== "viewer" });
state.look(views.read(location.search));
/** @type {import("./parts/table/table.js").OnIntent} */
const onIntent = (intent, ids, detail) => void act(state, intent, ids, detail);

const mirror = new Mirror(state);
const histories = new Histories(state, (id) => charts.answer(id));
const charts = new Charts(byId("charts"), state, histories);
const listing = new Listing(state);
const drawTools = tableTools(byId("table"), state, listing);
const table = new Table(byId("table"), state, listing, onIntent);
const happenings = new Happenings(state, api.events);
const past = new Past(state, diagnostics);
const closeup = new Closeup(
  byId("closeup"),
  state,
  listing,
  onIntent,
  (id) => happenings.doubt(id),
  (id, isFar) => table.back(id, isFar),
);
const parts = [
  startPanel(byId("start"), byId("tools"), state),
  () => table.render(),
  () => charts.render(),
  () => closeup.render(),
  status(byId("status"), state),
  toolbar(byId("toolbar"), state),
  drawTools,
  bar(byId("steering"), state, listing, onIntent, table.tags),
  notice(byId("notice"), state),
  address(state),
];

const live = new Live({
  onConnection: (connection) => {
    const isBack = connection === "connected" && state.notice.endsWith(texts.notice.unreachable);
    state.set({ connection, isCurrent: false, ...(isBack ? { notice: "" } : {}) });
  },
  onRuns: (runs, whole) => state.merge(runs, whole),
  onAll: (ids) => {
    const gone = [...state.runs.keys()].filter((id) => !ids.has(id));
    if (gone.length) state.set({ notice: texts.notice.vanished(gone.length) });
    state.forget(gone);
    state.set({ isCurrent: true });
  },
  onGone: (ids) => {
    const run = ids.includes(state.view.run) ? state.runs.get(state.view.run) : undefined;
    if (run) say(texts.closeup.deleted(state.title(run)));
    state.forget(ids);
  },
  onRewind: (ids) => {
    for (const id of ids) {
      state.rewind(id);
      live.followAnew(id);
    }
  },
  onBlock: (block) => {
    const trace = state.traces.get(block.id);
    if (!trace) return;
    if (trace.append(block)) charts.touch(block.id);
    else live.followAnew(block.id);
  },
  onRows: ({ id, channel, iterations, values }) => {
    const { rows } = state;
    if (!rows || state.measured !== id) return;
    if (rows.take(channel, iterations, values)) closeup.touch();
    else live.followAnew(id);
  },
  onError: (notice) => state.set({ notice }),
  onStore: (storeProblem) => state.set({ storeProblem }),
  onView: ({ id, view, live, followers }) => {
    if (id !== state.view.follow) return;
    state.set({ followed: { live, followers } });
    if (view) mirror.show(view);
  },
  onFollowers: (followers) => {
    const { presentation } = state;
    if (presentation) state.set({ presentation: { ...presentation, followers } });
  },
  onClock: (offset) => (state.clockOffset = offset),
  wanted: () => state.cursors(),
  measured: () => state.measured,
});

live.attend(state.view.follow);
parts.push(...tools(byId("tools"), state, listing, charts, live, onIntent));

async function loadCatalog() {
  try {
    state.set({ catalog: await api.catalog() });
  } catch (error) {
    if (!(error instanceof api.Refusal)) throw error;
    setTimeout(() => void loadCatalog(), CATALOG_RETRY_MS);
  }
}

let rendering = 0;
function render() {
  rendering = 0;
  for (const part of parts) part();
}

state.subscribe(() => {
  histories.begin();
  live.follow(state.cursors());
  past.look();
  happenings.look();
  rendering ||= requestAnimationFrame(render);
});
redeem(({ message }) => state.set({ notice: message }));
void loadCatalog();
render();
