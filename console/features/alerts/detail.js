// The selected alert: its facts, its pictures, its steps, and the actions of people on it.

import { picture } from "./evidence.js";
import { isShelved } from "./alerts.js";
import { newId, send } from "../live.js";
import { showNotified } from "./notified.js";
import { h, keyed, state, t, text, time } from "../page.js";

const $ = (name) => document.getElementById(name);
let shown = null; // the alert after its last step
let steps = [];
let pending = null; // the action that was sent and has not come back as a step

$("person").append(...state.people.map((name) => h("option", { value: name, selected: name === state.name }, name)));
const lengths = [5, 10, 15, 30, 60, 120, 240, 480].filter((minutes) => minutes < state.shelve_longest);
$("minutes").append(...[...lengths, state.shelve_longest].map((minutes) => h("option", { value: minutes, selected: minutes === 15 }, t("minutes", { n: minutes }))));
for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => (button.dataset.action === "shelve" ? shelve() : act(button.dataset.action)));
}
$("comment").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); act("note"); }
});

/** Show an alert; called again whenever it changes. */
export function showDetail(alert, what, where, shelf) {
  const isOther = shown?.id !== alert.id;
  shown = alert;
  $("detail").hidden = false;
  text($("detail-title"), what);
  text($("detail-facts"), [t(alert.severity), where, t("since") + " " + time(alert.raised_at), alert.assigned_to ?? alert.acknowledged_by].filter(Boolean).join(" · "));
  text($("shelf"), shelf);
  $("shelf").hidden = !shelf;
  $("shelving").hidden = Boolean(shelf) || !state.rules[alert.rule]?.shelvable;
  document.querySelector("[data-action=unshelve]").hidden = !shelf;
  showNotified(alert);
  keyed($("pictures"), state.evidence ? alert.evidence : [], (name) => name,
    (name) => picture(name, t("evidence_of", { what })), () => {});
  if (!isOther) return;
  text($("told"), "");
  $("comment").value = "";
  pending = null;
  steps = [];
  showSteps();
  load(alert.id);
}

/** Show a new step of the selected alert; it completes a pending action. */
export function showNewStep(alert) {
  if (shown?.id !== alert.id) return;
  if (!steps.some((step) => step.version === alert.version)) steps.push(alert);
  showSteps();
  if (pending && alert.event_id.endsWith(pending.id)) {
    text($("told"), t("done", { what: t(pending.action) }));
    pending = null;
  }
  if (alert.state === "resolved" && !isShelved(alert)) text($("told"), t("gone"));
}

async function load(id) {
  const answer = await fetch(`/api/steps?alert=${encodeURIComponent(id)}`, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || shown?.id !== id) return;
  const loaded = await answer.json();
  const versions = new Set(loaded.map((step) => step.version));
  steps = [...loaded, ...steps.filter((step) => !versions.has(step.version))];
  showSteps();
}

function showSteps() {
  steps.sort((a, b) => a.version - b.version);
  keyed($("steps"), steps, (step) => step.version, (step) => {
    const more = { assigned: step.assigned_to && `→ ${step.assigned_to}`, judged: step.verdict && t(step.verdict), shelved: step.shelved_until && t("until", { time: time(step.shelved_until) }) }[step.state];
    return h("li", {}, h("time", {}, time(step.time)), " ", h("b", {}, t(`state_${step.state}`)), " ", step.by ?? "", " ", more ?? "",
      step.by && step.note ? h("q", {}, step.note) : null);
  }, () => {});
}

/** Set the selected alert aside for the chosen time; the comment is the reason. */
export function shelve() {
  if (!shown || $("shelving").hidden) {
    if (shown && !isShelved(shown)) text($("told"), t("not_shelvable"));
    return;
  }
  if ($("comment").value.trim().length < 3) {
    text($("told"), t("shelve_reason"));
    $("comment").focus();
    return;
  }
  act("shelve", { minutes: Number($("minutes").value) });
}

/** Send an action on the selected alert, with the comment. */
export async function act(action, more = {}) {
  if (!shown || (action === "unshelve" && !isShelved(shown))) return;
  const note = $("comment").value.trim();
  if (action === "note" && !note) { $("comment").focus(); return; }
  const body = { id: newId(), key: shown.key, alert: shown.id, action, note, to: action === "assign" ? $("person").value : "", ...more };
  pending = body;
  text($("told"), t("sent"));
  try {
    await send("/api/alerts/act", body);
    if (shown?.id === body.alert && $("comment").value.trim() === note) $("comment").value = "";
  } catch (error) {
    if (pending === body) pending = null;
    text($("told"), t("failed", { why: error.status === 409 ? t("gone") : error.message }));
  }
}
