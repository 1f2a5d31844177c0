// Above every page: that alerts are not computed, which no alert can say, and how many sources are silent.

import { subscribe } from "../live.js";
import { h, now, state, t, text, time } from "../page.js";

const UNWATCHED_MS = 60_000; // a sign of the alerts worker comes every ten seconds
const REFRESH_MS = 5_000;
const NAMED = 4;
const bar = h("p", { id: "watch", role: "alert", hidden: true });
let watch = state.channels.sources;

function phrase() {
  if (now() - watch.watched_at > UNWATCHED_MS) return t("unwatched", { time: time(watch.watched_at) });
  const silent = [...watch.processes, ...watch.silent];
  if (!silent.length) return "";
  const named = silent.slice(0, NAMED).map((one) => t("source_silent_since", { source: one.source, time: time(one.since) }));
  return t("sources_silent", { n: silent.length, sources: named.join(", ") + (silent.length > NAMED ? ", …" : "") });
}

function show() {
  const shown = phrase();
  bar.hidden = !shown;
  bar.className = now() - watch.watched_at > UNWATCHED_MS ? "unwatched" : "";
  text(bar, shown);
}

document.querySelector("header.top")?.after(bar);
show();
setInterval(show, REFRESH_MS);
subscribe("sources", { sources: (update) => { watch = update; show(); } });
