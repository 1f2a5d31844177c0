// A check of an account: files go to the server, findings come back, and neither keeps anything.

import { h, number, state, svg, t, text } from "../page.js";

const $ = (name) => document.getElementById(name);
const form = $("check");
const WIDTH = 640, HEIGHT = 20;
const percent = (share, digits = 0) => new Intl.NumberFormat(state.words.locale, { style: "percent", maximumFractionDigits: digits }).format(share);

function say(words, kind) {
  text($("answer"), words);
  $("answer").className = kind;
}

/** A scale from 0 to `most` with a range and a value on it. */
function scale(caption, value, low, high, most, digits) {
  const at = (share) => (Math.min(share, most) / most) * WIDTH;
  const read = t("influencers_scale_read", { value: percent(value, digits), low: percent(low, digits), high: percent(high, digits) });
  return h("figure", { class: "scale" }, h("figcaption", {}, caption, " ", h("strong", {}, read)), svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: WIDTH, height: HEIGHT }), svg("rect", { class: "range", x: at(low), width: Math.max(2, at(high) - at(low)), height: HEIGHT }),
    svg("rect", { class: "value", x: Math.min(WIDTH - 6, Math.max(0, at(value) - 3)), width: 6, height: HEIGHT })));
}

function show(report) {
  $("sentences").replaceChildren(...report.text.map((line) => h("li", {}, line)));
  const scales = [scale(t("influencers_scale_share"), report.share, report.low, report.high, 1, 0)];
  const engagement = report.engagement;
  if (engagement) {
    const [low, high] = engagement.usual;
    scales.push(scale(t("influencers_scale_engagement"), engagement.rate, low, high, Math.max(2 * high, 1.1 * engagement.rate), 2));
  }
  $("scales").replaceChildren(...scales);
  text($("columns"), t("influencers_columns", { n: number(report.accounts), columns: report.columns_used.join(", "), model: report.model }));
  $("findings").hidden = false;
  $("findings").focus();
}

function clear() {
  $("findings").hidden = true;
  $("sentences").replaceChildren();
  $("scales").replaceChildren();
  text($("columns"), "");
  say("", "");
}

/** The server's answer; throws an Error whose message a person can read. */
async function check() {
  let answer;
  try {
    answer = await fetch(state.path, { method: "POST", headers: { accept: "application/json", "X-Pulso-CSRF": state.csrf }, body: new FormData(form), signal: AbortSignal.timeout(60_000) });
  } catch {
    throw new Error(t("influencers_no_answer"));
  }
  if (answer.ok) return answer.json();
  if (answer.status === 401) location.reload();
  if (answer.status === 413) throw new Error(t("influencers_too_long", { kb: number(state.max_bytes / 1024) }));
  const { detail } = await answer.json().catch(() => ({}));
  throw new Error(t("influencers_refused", { reason: detail ?? answer.status }));
}

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  clear();
  const bytes = ["sample", "posts"].reduce((sum, name) => sum + (form.elements[name].files[0]?.size ?? 0), 0);
  if (bytes > state.max_bytes - 2048) return say(t("influencers_too_long", { kb: number(state.max_bytes / 1024) }), "bad");
  say(t("influencers_checking"), "dim");
  try {
    const report = await check();
    say("", "");
    show(report);
  } catch (error) {
    say(error.message, "bad");
  }
});
form.addEventListener("reset", clear);
