// The venue editor: its parts as tabs, each made when it is opened.

import { live } from "../live.js";
import { h, state, t } from "../page.js";
import { check, editor, watch } from "./content.js";
import { Drawing } from "./drawing.js";
import { Publishing } from "./publish.js";
import { Table } from "./tables.js";

const TABS = ["pictures", "places", "bars", "sources", "people", "publish"];
const RENEW_MS = 2_000;
const times = new Map();
const tabs = document.getElementById("tabs");
const panel = document.getElementById("panel");
const draftState = document.getElementById("draft-state");
let shown = []; // parts of the open tab

function pictures() {
  const cameras = editor.content.cameras ?? [];
  const place = h("div", {});
  const open = (index) => {
    const drawing = new Drawing(index, times);
    shown = [drawing];
    place.replaceChildren(drawing.element);
    drawing.renew();
  };
  const choice = h("select", { id: "camera", onchange: (event) => open(Number(event.target.value)) }, cameras.map((camera, index) => h("option", { value: index }, camera.id ?? String(index + 1))));
  panel.replaceChildren(cameras.length ? h("p", {}, h("label", {}, t("venue_camera"), " ", choice)) : h("p", {}, t("venue_no_camera")), place);
  if (cameras.length) open(0);
}

function tables(...names) {
  shown = names.map((name) => new Table(name, editor.content, [name]));
  panel.replaceChildren(...shown.map((table) => table.element));
}

function bars() {
  tables("bars");
  (editor.content.bars ?? []).forEach((bar, index) => {
    const table = new Table("products", bar, ["bars", index, "products"]);
    table.element.querySelector("h2").textContent = t("venue_products_of", { bar: bar.id ?? index + 1 });
    shown.push(table);
    panel.append(table.element);
  });
}

function publish() {
  shown = [new Publishing()];
  panel.replaceChildren(shown[0].element);
  check();
}

const OPEN = { pictures, places: () => tables("zones", "queues"), bars, sources: () => tables("cameras", "stages", "mailboxes"), people: () => tables("contacts"), publish };

function select(name) {
  for (const tab of tabs.children) {
    tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    tab.tabIndex = tab.dataset.tab === name ? 0 : -1;
  }
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  shown = [];
  OPEN[name]();
}

tabs.append(...TABS.map((name) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name, "aria-controls": "panel", onclick: () => select(name) }, t(`venue_tab_${name}`))));
tabs.addEventListener("keydown", (event) => {
  const at = TABS.indexOf(event.target.dataset.tab);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  const name = TABS[(next + TABS.length) % TABS.length];
  select(name);
  document.getElementById(`tab-${name}`).focus();
});

watch((what) => {
  if (what === "checking") return;
  const { proposal, trouble } = editor;
  const mistakes = proposal?.mistakes.length ?? 0;
  if (what !== "checked") draftState.textContent = t("venue_unsaved");
  else if (trouble) draftState.textContent = trouble;
  else draftState.textContent = proposal.conflicts.length ? t("venue_state_conflicts", { n: proposal.conflicts.length }) : t(mistakes ? "venue_state_mistakes" : "venue_state", { n: proposal.changes.length, mistakes });
  draftState.className = what === "checked" && (trouble || mistakes || proposal?.conflicts.length) ? "bad" : "dim";
  for (const part of shown) {
    if (part instanceof Table) part.showMistakes();
    else if (what === "checked") part.show();
  }
});

function renew(cameras) {
  for (const camera of cameras) if (camera.at !== null) times.set(camera.id, camera.at);
  for (const part of shown) part.renew?.();
}

addEventListener("beforeunload", (event) => { if (draftState.textContent === t("venue_unsaved")) event.preventDefault(); });
select("pictures");
if (state.draft) check();
renew(state.now.cameras);
setInterval(() => { for (const part of shown) part.renew?.(); }, RENEW_MS);
live([state.channel], { [state.channel]: (update) => renew(update.cameras) });
