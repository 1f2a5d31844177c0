// Incidents: alerts of one place and time as one row, and the timeline of what happened, was done and was sent.

import { isShelved, SEVERITIES } from "./alerts.js";
import { picture } from "./evidence.js";
import { h, keyed, state, t, text, time } from "../page.js";

const rowKeys = new Map(); // incident → key of its row, which stays while the row does
let shown = null; // incident whose timeline is shown
let version = ""; // of its alerts, and which was selected, when the timeline was asked for

/** Join sorted alerts to rows: [{ key, alerts }], the worst alert of each first. Shelved ones stay by themselves. */
export function joinRows(alerts) {
  const byIncident = new Map();
  for (const alert of alerts) {
    const id = !isShelved(alert) && alert.incident ? alert.incident.id : alert.id;
    byIncident.set(id, [...(byIncident.get(id) ?? []), alert]);
  }
  for (const id of rowKeys.keys()) if (!byIncident.has(id)) rowKeys.delete(id);
  const used = new Set(rowKeys.values());
  return [...byIncident].map(([id, members]) => {
    if (!rowKeys.has(id)) {
      const { key } = members.reduce((a, b) => (Date.parse(b.raised_at) < Date.parse(a.raised_at) ? b : a));
      rowKeys.set(id, used.has(key) ? id : key);
      used.add(rowKeys.get(id));
    }
    return { key: rowKeys.get(id), alerts: members };
  });
}

/** Is the alert worse than all of its incident that nobody has taken? One that belongs to none is. */
export function isWorst(alert, open) {
  if (!alert.incident) return true;
  const rank = (one) => SEVERITIES.indexOf(one.severity);
  return ![...open].some((one) => one.id !== alert.id && one.incident?.id === alert.incident.id
    && !one.acknowledged_by && !isShelved(one) && rank(one) <= rank(alert));
}

/** Show the incident of the selected alert: why it belongs there, and the timeline. */
export function showIncident(alert, open, titleOf) {
  const id = alert.incident?.id;
  const members = [...open].filter((one) => id && one.incident?.id === id);
  const box = document.getElementById("incident");
  if (shown !== id) {
    shown = id;
    version = "";
    document.getElementById("timeline").replaceChildren();
    box.hidden = true;
  }
  if (!id) return;
  const now = [alert.id, ...members.map((one) => `${one.id} ${one.version}`)].join("\n");
  if (now === version) return;
  version = now;
  load(alert, titleOf);
}

async function load(alert, titleOf) {
  const { id, why, zones } = alert.incident;
  const answer = await fetch(`/api/incident?id=${encodeURIComponent(id)}`, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || shown !== id) return;
  const members = await answer.json();
  const box = document.getElementById("incident");
  box.hidden = members.length < 2;
  const places = zones.map((zone) => state.places[zone] ?? zone).join(", ");
  text(document.getElementById("incident-why"), t(`incident_${why}`, { places, n: state.incident_minutes, count: members.length }));
  const entries = members.flatMap((member) => [
    ...member.steps.map((step, at) => ({ key: `${step.id} ${step.version}`, at: step.time, step, before: member.steps[at - 1] })),
    ...member.told.map((one) => ({ key: `${member.id} ${one.contact} ${one.reason} ${one.target}`, at: one.time, told: one, of: member.steps[0] })),
  ]).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  keyed(document.getElementById("timeline"), entries, (one) => one.key, (one) => (one.step ? stepItem(one, titleOf) : toldItem(one, titleOf)), () => {});
}

function stepItem({ step, before }, titleOf) {
  const fresh = state.evidence ? step.evidence.filter((name) => !before?.evidence.includes(name)) : [];
  return h("li", { class: step.severity }, h("time", {}, time(step.time)), " ", h("b", {}, titleOf(step)), " ",
    t(`state_${step.state}`), step.by ? ` ${step.by}` : "", step.by && step.note ? h("q", {}, step.note) : null,
    ...fresh.map((name) => picture(name, t("evidence_of", { what: titleOf(step) }))));
}

const toldItem = ({ told, of }, titleOf) => h("li", { class: told.outcome === "sent" ? "good" : "bad" }, h("time", {}, time(told.time)), " ☎ ",
  h("b", {}, told.contact), ` ${told.outcome === "sent" ? "✓" : "✗"} ${told.target} · ${titleOf(of)}`);
