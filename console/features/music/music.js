// Each stage: mood, genre, tempo and loudness now; strips of the evening, as high as the confidence; and the changes.

import { live, newId, send } from "../live.js";
import { age, h, hour, keyed, number, state, svg, t, text } from "../page.js";

// Paul Tol's qualitative colours, which colour-blind people can tell apart, too. Labels of our models have fixed ones.
const FIXED_COLOURS = { happy: "#eedd88", angry: "#ee8866", sad: "#77aadd", relax: "#44bb99", classical: "#bbcc33", electronic: "#99ddff", pop: "#ffaabb", rock: "#cc99dd", unknown: "#6b7a8c", unsure: "#6b7a8c" };
const OTHER_COLOURS = ["#aaaa00", "#dddddd", "#77aadd", "#ee8866", "#44bb99", "#ffaabb"];
const BANDS = ["sub", "bass", "low_mid", "mid", "high_mid", "high"];
const QUIET_DBFS = -60; // dBFS at which a band's bar is empty
const TEMPO_RANGE = [40, 200]; // beats a minute at the foot and the top of its line
const MIN_CONFIDENCE = 0.01; // below it no confidence is shown
const given = new Map(); // colours of other labels
function colour(name) {
  if (FIXED_COLOURS[name]) return FIXED_COLOURS[name];
  if (!given.has(name)) given.set(name, OTHER_COLOURS[given.size % OTHER_COLOURS.length]);
  return given.get(name);
}
/** The word for a label; a model of the venue's own may have labels without one. */
const word = (name) => (state.words[`heard_${name}`] ? t(`heard_${name}`) : name);
let stages = state.now.stages;

const strips = (kind) => [
  h("h3", {}, t(`${kind}_history`)),
  svg("svg", { class: `strip-${kind}`, viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": t("no_data") }),
  h("div", { class: `legend legend-${kind}` }),
];

/** A list of labels with which a person corrects or confirms what plays now. */
function makeCorrection(kind) {
  const list = h("select", { "aria-label": t(`correct_${kind}`) }, h("option", { value: "" }, t("correct_choose")));
  const status = h("span", { class: "noted", role: "status" });
  list.addEventListener("change", async () => {
    const { stage, event } = list.dataset;
    const right = list.value;
    if (!right) return;
    try {
      await send("/api/music/corrections", { id: newId(), stage, event, model: kind, right });
      text(status, t("correct_sent", { what: word(right) }));
    } catch (error) {
      text(status, t("correct_failed", { why: error.message }));
    }
    list.value = "";
  });
  return h("div", { class: `correct correct-${kind}`, hidden: true }, list, status);
}

function updateCorrection(item, kind, tags) {
  const labels = Object.keys(tags[`${kind}s`]).sort();
  const list = item.querySelector(`.correct-${kind} select`);
  item.querySelector(`.correct-${kind}`).hidden = labels.length === 0 || tags.silent;
  if (list.dataset.labels !== labels.join()) {
    list.replaceChildren(list.firstChild, ...labels.map((name) => h("option", { value: name }, word(name))));
    list.dataset.labels = labels.join();
  }
  // Whoever is choosing heard the fragment that played when they began.
  if (document.activeElement !== list) Object.assign(list.dataset, { stage: tags.stage, event: tags.event_id });
}

function makeStage() {
  const meter = (name) => h("div", { class: `now now-${name}` }, h("span", { class: "dim" }, t(name)), h("strong", { class: name }, "–"), h("meter", { min: 0, max: 1, value: 0, "aria-label": t("sureness", { what: t(name) }) }), makeCorrection(name));
  return h("li", {}, h("h2", {}, h("span", { class: "name" }), " ", h("span", { class: "age dim" })),
    h("div", { class: "heard" }, meter("mood"), meter("genre"),
      h("div", { class: "now" }, h("span", { class: "dim" }, t("tempo_title")), h("strong", { class: "tempo" }, "–"), h("span", { class: "facts" }, h("span", { class: "key" }), h("span", { class: "loudness" }))),
      h("div", { class: "now" }, h("span", { class: "dim" }, t("bands")),
        svg("svg", { class: "bands", viewBox: "0 0 120 46", role: "img", "aria-label": t("bands") }, ...BANDS.map((name, at) => svg("rect", { class: "band", "data-band": name, x: at * 20 + 2, width: 16, y: 34, height: 0 })),
          ...BANDS.map((name, at) => svg("text", { x: at * 20 + 10, y: 44 }, t(`band_${name}`)))))),
    h("div", { class: "evening" },
      h("div", {}, ...strips("mood"), ...strips("genre"), h("h3", {}, t("tempo_history")), svg("svg", { class: "strip-tempo", viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": t("no_data") })),
      h("div", {}, h("h3", {}, t("changes")), h("ol", { class: "changes" }))));
}

function updateStage(item, stage) {
  const tags = stage.now;
  text(item.querySelector(".name"), `${t("stage")} ${stage.id}`);
  text(item.querySelector(".age"), stage.at === null ? t("no_data") : age(stage.at));
  if (!tags) return;
  const confidenceOf = (kind) => (tags.silent ? 0 : tags[`${kind}_confidence`]);
  for (const kind of ["mood", "genre"]) {
    const confidence = confidenceOf(kind);
    text(item.querySelector(`.${kind}`), tags.silent ? (kind === "mood" ? t("silent") : "–") : confidence < MIN_CONFIDENCE ? word(tags[kind]) : t("sure_of", { what: word(tags[kind]), n: Math.round(confidence * 100) }));
    item.querySelector(`.now-${kind} meter`).value = confidence;
    updateCorrection(item, kind, tags);
  }
  text(item.querySelector(".tempo"), tags.silent ? "–" : tags.tempo ? t("tempo", { n: number(tags.tempo) }) : t("no_tempo"));
  text(item.querySelector(".key"), tags.silent ? "" : tags.key);
  text(item.querySelector(".loudness"), t("loudness", { n: number(tags.loudness) }));
  for (const bar of item.querySelectorAll(".bands rect")) {
    const loud = tags.bands[bar.dataset.band];
    const height = loud === undefined ? 0 : 33 * Math.min(1, Math.max(0, 1 - loud / QUIET_DBFS));
    bar.setAttribute("y", (34 - height).toFixed(1));
    bar.setAttribute("height", height.toFixed(1));
  }
  item.querySelector(".bands").setAttribute("aria-label", `${t("bands")}: ${BANDS.filter((name) => name in tags.bands).map((name) => `${t(`band_${name}`)} ${t("loudness", { n: number(tags.bands[name]) })}`).join(", ")}`);
  for (const kind of ["mood", "genre"]) drawStrip(item, kind, stage.history);
  drawTempo(item.querySelector(".strip-tempo"), stage.history);
  keyed(item.querySelector(".changes"), stage.changes, (one) => one.time + one.kind,
    (one) => h("li", {}, h("time", {}, hour(one.time)), " ", h("span", { class: "dim" }, `${t(one.kind)}: `), h("span", {}, `${word(one.before)} → ${word(one.after)}`)), () => {});
}

/** Positions of fragments on a strip that is 1000 wide. */
function positions(history) {
  const begin = Date.parse(history[0].time);
  const length = Math.max(1, Date.parse(history.at(-1).time) - begin);
  return history.map((one) => ((Date.parse(one.time) - begin) / length) * 1000);
}

function drawStrip(item, kind, history) {
  const picture = item.querySelector(`.strip-${kind}`);
  const starts = positions(history);
  const shares = new Map();
  const bars = history.map((one, at) => {
    const from = starts[at];
    const to = starts[at + 1] ?? 1000;
    if (one.silent) return null;
    shares.set(one[kind], (shares.get(one[kind]) ?? 0) + to - from);
    const height = 40 * Math.max(0.08, one[`${kind}_confidence`]);
    return svg("rect", { x: from.toFixed(1), width: Math.max(2, to - from).toFixed(1), y: (40 - height).toFixed(1), height: height.toFixed(1), fill: colour(one[kind]) });
  });
  picture.replaceChildren(...bars.filter(Boolean));
  const found = [...shares].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  picture.setAttribute("aria-label", t("history_of", { begin: hour(history[0].time), end: hour(history.at(-1).time), list: found.map(word).join(", ") }));
  keyed(item.querySelector(`.legend-${kind}`), found, (name) => name,
    (name) => h("span", {}, svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, fill: colour(name) })), ` ${word(name)}`), () => {});
}

function drawTempo(picture, history) {
  const [low, high] = TEMPO_RANGE;
  const starts = positions(history);
  const points = history.flatMap((one, at) => (one.tempo && !one.silent ? [[starts[at], 40 - 40 * Math.min(1, Math.max(0, (one.tempo - low) / (high - low)))]] : []));
  picture.replaceChildren(svg("polyline", { points: points.map((one) => one.map((place) => place.toFixed(1)).join(",")).join(" ") }));
  const tempi = history.filter((one) => one.tempo && !one.silent).map((one) => one.tempo);
  picture.setAttribute("aria-label", tempi.length ? t("tempo_between", { low: number(Math.min(...tempi)), high: number(Math.max(...tempi)) }) : t("no_tempo"));
}

function show() {
  keyed(document.getElementById("stages"), stages, (stage) => stage.id, makeStage, updateStage);
}

show();
setInterval(show, 5_000);
live([state.channel], { [state.channel]: (update) => { stages = update.stages; show(); } });
