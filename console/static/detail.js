// The chosen alert: its facts, its pictures, what happened so far, and what a person does.

import { picture } from "./evidence.js";
import { newId, send } from "./live.js";
import { h, keyed, state, t, text, time } from "./page.js";

const $ = (name) => document.getElementById(name);
let shown = null; // the alert as it stands
let steps = [];
let waiting = null; // name of the action that was sent and has not come back

$("person").append(...state.people.map((name) => h("option", { value: name, selected: name === state.name }, name)));
for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => act(button.dataset.action));
}
$("comment").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); act("note"); }
});

/** Show an alert; called again whenever it changes. */
export function showDetail(alert, what, where) {
  const other = shown?.id !== alert.id;
  shown = alert;
  $("detail").hidden = false;
  text($("detail-title"), what);
  text($("detail-facts"), [t(alert.severity), where, t("since") + " " + time(alert.raised_at), alert.assigned_to ?? alert.acknowledged_by].filter(Boolean).join(" · "));
  keyed($("pictures"), state.evidence ? alert.evidence : [], (name) => name,
    (name) => picture(name, t("evidence_of", { what })), () => {});
  if (!other) return;
  text($("told"), "");
  $("comment").value = "";
  waiting = null;
  steps = [];
  showSteps();
  load(alert.id);
}

/** A step of the chosen alert came: it is what an action waits for. */
export function stepOf(alert) {
  if (shown?.id !== alert.id) return;
  if (!steps.some((step) => step.version === alert.version)) steps.push(alert);
  showSteps();
  if (waiting && alert.event_id.endsWith(waiting.id)) {
    text($("told"), t("done", { what: t(waiting.action) }));
    waiting = null;
  }
  if (alert.state === "resolved") text($("told"), t("gone"));
}

async function load(id) {
  const answer = await fetch(`/api/steps?alert=${encodeURIComponent(id)}`, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || shown?.id !== id) return;
  const told = await answer.json();
  const known = new Set(told.map((step) => step.version));
  steps = [...told, ...steps.filter((step) => !known.has(step.version))];
  showSteps();
}

function showSteps() {
  steps.sort((a, b) => a.version - b.version);
  keyed($("steps"), steps, (step) => step.version, (step) => {
    const more = { assigned: step.assigned_to && `→ ${step.assigned_to}`, judged: step.verdict && t(step.verdict) }[step.state];
    return h("li", {}, h("time", {}, time(step.time)), " ", h("b", {}, t(`state_${step.state}`)), " ", step.by ?? "", " ", more ?? "",
      step.by && step.note ? h("q", {}, step.note) : null);
  }, () => {});
}

/** Send what a person does with the chosen alert; the comment goes along. */
export async function act(action) {
  if (!shown) return;
  const note = $("comment").value.trim();
  if (action === "note" && !note) { $("comment").focus(); return; }
  const deed = { id: newId(), key: shown.key, alert: shown.id, action, note, to: action === "assign" ? $("person").value : "" };
  waiting = deed;
  text($("told"), t("sent"));
  try {
    await send("/api/alerts/act", deed);
    if (shown?.id === deed.alert && $("comment").value.trim() === note) $("comment").value = "";
  } catch (error) {
    if (waiting === deed) waiting = null;
    text($("told"), t("failed", { why: error.message }));
  }
}
