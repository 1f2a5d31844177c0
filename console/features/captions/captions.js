// Lines of a stage as they come. They stay through a cut, and what was missed comes with the cursor of the last event.

import { h, keyed, state, t, text } from "../page.js";
import { keep, readKept } from "../storage.js";

const MAX_LINES = 300;
const KEPT_LINES = 60; // of the last visit, should the page be opened without lines
const SILENCE_MS = 16_000; // without a tick (they come every 5 s) the connection counts as cut
const RETRY_MS = 2_000;
const SIZES = [0.7, 0.85, 1, 1.25, 1.5, 1.9, 2.4];
const NEAR_END = 80; // pixels
const KEPT = `pulso-captions-${state.stage}`;

const main = document.getElementById("content");
const lines = new Map();
let cursor = "";
let source;
let received = Date.now();
let track = readKept("pulso-captions-track", state.language);
if (!["es", "en"].includes(track)) track = "es";
let size = readKept("pulso-captions-size", SIZES.indexOf(1));

/** Add lines; one that is known is replaced, unless what came is older. */
function add(found) {
  for (const line of found) {
    const known = lines.get(line.id);
    if (!known || line.changed >= known.changed) lines.set(line.id, line);
    cursor = String(Math.max(Number(cursor) || 0, line.changed));
  }
  const sorted = [...lines.values()].sort((one, other) => one.begin - other.begin || (one.id < other.id ? -1 : 1));
  for (const line of sorted.slice(0, -MAX_LINES)) lines.delete(line.id);
  show(sorted.slice(-MAX_LINES));
  if (found.length) keep(KEPT, sorted.slice(-KEPT_LINES));
}

function show(sorted) {
  const atEnd = main.scrollHeight - main.scrollTop - main.clientHeight < NEAR_END;
  document.getElementById("none").hidden = sorted.length > 0;
  keyed(document.getElementById("lines"), sorted, (line) => line.id, () => h("li"), update);
  if (atEnd) toEnd();
  else document.getElementById("newest").hidden = false;
}

function update(item, line) {
  const translated = track !== line.language && line.translation;
  item.lang = translated ? track : line.language;
  item.classList.toggle("other", track !== line.language && !translated);
  item.classList.toggle("gap", line.gap > 0);
  item.dataset.gap = t("captions_gap");
  text(item, translated ? line.translation : line.text);
}

function toEnd() {
  main.scrollTop = main.scrollHeight;
  document.getElementById("newest").hidden = true;
}

function connected(isConnected) {
  text(document.getElementById("cut"), isConnected ? "" : t("captions_cut"));
  document.body.dataset.connected = String(isConnected);
}

function connect() {
  source?.close();
  received = Date.now();
  const opened = new EventSource(`/captions/${state.stage}/live?since=${cursor}`);
  source = opened;
  opened.addEventListener("tick", () => {
    received = Date.now();
    connected(true);
  });
  opened.addEventListener("lines", (event) => {
    received = Date.now();
    add(JSON.parse(event.data));
  });
  opened.addEventListener("error", () => {
    if (opened !== source) return;
    connected(false);
    // While it is connecting, the browser tries again by itself.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => opened === source && connect(), RETRY_MS);
  });
}

function choose(wanted) {
  track = wanted;
  keep("pulso-captions-track", track);
  for (const button of document.querySelectorAll("[data-track]")) button.setAttribute("aria-pressed", String(button.dataset.track === track));
  add([]);
}

function resize(step) {
  size = Math.min(SIZES.length - 1, Math.max(0, size + step));
  keep("pulso-captions-size", size);
  document.documentElement.style.setProperty("--size", SIZES[size]);
  toEnd();
}

for (const button of document.querySelectorAll("[data-track]")) button.addEventListener("click", () => choose(button.dataset.track));
document.getElementById("smaller").addEventListener("click", () => resize(-1));
document.getElementById("larger").addEventListener("click", () => resize(1));
document.getElementById("newest").addEventListener("click", toEnd);
main.addEventListener("scroll", () => {
  if (main.scrollHeight - main.scrollTop - main.clientHeight < NEAR_END) document.getElementById("newest").hidden = true;
});
document.getElementById("share").addEventListener("click", (event) => {
  const code = document.getElementById("code");
  code.hidden = !code.hidden;
  event.target.setAttribute("aria-expanded", String(!code.hidden));
});

resize(0);
choose(track);
// A console that has just started has not read the lines of before yet; what this browser kept stands meanwhile.
add([...(state.ready ? [] : read(KEPT) ?? []), ...state.lines]);
toEnd();
connect();
setInterval(() => {
  if (Date.now() - received < SILENCE_MS) return;
  connected(false);
  connect();
}, RETRY_MS);
addEventListener("online", connect);
