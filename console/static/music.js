// What is heard on each stage: now, and as a strip of the evening whose height says how sure it is.

import { live } from "./live.js";
import { age, h, hour, keyed, now, number, state, svg, t, text } from "./page.js";

// Paul Tol's qualitative colours: told apart by people who see fewer of them, too.
const COLOURS = ["#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33", "#aaaa00", "#dddddd", "#cc99dd"];
const names = new Map();
const colour = (name) => {
  if (!names.has(name)) names.set(name, COLOURS[names.size % COLOURS.length]);
  return names.get(name);
};
let told = state.now;

function makeStage() {
  return h("li", {}, h("h2"),
    h("div", { class: "facts" }, h("strong", { class: "mood" }), h("strong", { class: "genre" }), h("span", { class: "tempo" }), h("span", { class: "loudness" }), h("span", { class: "age dim" })),
    ...["mood", "genre"].flatMap((kind) => [
      h("h3", {}, t(`${kind}_history`)),
      svg("svg", { class: `strip-${kind}`, viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": t("no_data") }),
      h("div", { class: `legend legend-${kind}` }),
    ]));
}

function updateStage(item, stage) {
  const heard = stage.now;
  text(item.querySelector("h2"), `${t("stage")} ${stage.id}`);
  text(item.querySelector(".age"), stage.at === null ? t("no_data") : age(stage.at));
  if (!heard) return;
  const told = (what, confidence) => t("sure_of", { what, n: Math.round(confidence * 100) });
  text(item.querySelector(".mood"), heard.silent ? t("silent") : told(heard.mood, heard.mood_confidence));
  text(item.querySelector(".genre"), heard.silent ? "" : told(heard.genre, heard.genre_confidence));
  text(item.querySelector(".tempo"), heard.silent ? "" : heard.tempo ? t("tempo", { n: number(heard.tempo) }) : t("no_tempo"));
  text(item.querySelector(".loudness"), t("loudness", { n: number(heard.loudness) }));
  for (const kind of ["mood", "genre"]) strip(item, kind, stage.history);
}

function strip(item, kind, history) {
  const picture = item.querySelector(`.strip-${kind}`);
  const begin = Date.parse(history[0].time);
  const length = Math.max(1, Date.parse(history.at(-1).time) - begin);
  const shares = new Map();
  const bars = history.map((one, at) => {
    const from = ((Date.parse(one.time) - begin) / length) * 1000;
    const to = at + 1 < history.length ? ((Date.parse(history[at + 1].time) - begin) / length) * 1000 : 1000;
    if (one.silent) return null;
    shares.set(one[kind], (shares.get(one[kind]) ?? 0) + to - from);
    const height = 40 * one[`${kind}_confidence`];
    return svg("rect", { x: from.toFixed(1), width: Math.max(2, to - from).toFixed(1), y: (40 - height).toFixed(1), height: height.toFixed(1), fill: colour(one[kind]) });
  });
  picture.replaceChildren(...bars.filter(Boolean));
  const found = [...shares].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  picture.setAttribute("aria-label", t("history_of", { begin: hour(begin), end: hour(begin + length), list: found.join(", ") }));
  keyed(item.querySelector(`.legend-${kind}`), found, (name) => name,
    (name) => h("span", {}, svg("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" }, svg("rect", { width: 1, height: 1, fill: colour(name) })), ` ${name}`), () => {});
}

function show() {
  keyed(document.getElementById("stages"), told.stages, (stage) => stage.id, makeStage, updateStage);
}

show();
setInterval(() => { for (const stage of told.stages) if (stage.at !== null && now() - stage.at > 10_000) show(); }, 10_000);
live([state.channel], { [state.channel]: (news) => { told = news; show(); } });
