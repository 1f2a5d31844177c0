// The control room: the list of alerts, the selected alert, and the keys.

import { Alerts, Filter, isShelved } from "./alerts.js";
import { act, shelve, showDetail, showNewStep } from "./detail.js";
import { picture } from "./evidence.js";
import { isWorst, joinRows, showIncident } from "./incident.js";
import { live } from "../live.js";
import { askSoon, followNotifications, notifiedText } from "./notified.js";
import { emit, h, keyed, now, state, t, text, time } from "../page.js";
import { soundAlarm, toggleSound } from "./sound.js";
import { valueText } from "./units.js";

const $ = (name) => document.getElementById(name);
const alerts = new Alerts();
const list = $("list");
const rows = $("alerts");
const SHELF_CHECK_MS = 5_000; // the time left of shelved alerts is shown anew so often
let selected = null; // key of the alert whose detail is shown
const unseen = new Set(); // ids of critical alerts that nobody has selected on this page
const filter = new Filter($("filter"), state.name, () => show());

const ruleName = (rule) => (state.words[`rule_${rule}`] ? t(`rule_${rule}`) : rule);
const blind = (alert) => (alert.blind_since ? ` · ${t("blind_since", { source: alert.origin ?? "", time: time(alert.blind_since) })}` : "");
const what = (alert) => (alert.text[state.language] || alert.text.en || alert.key) + blind(alert);

function where(alert) {
  const readable = state.rules[alert.rule]?.readable_subject ?? true; // the subject of a mail is its id
  const parts = !readable ? [] : alert.subject.split("/").map((part) => state.places[part] ?? part);
  return [ruleName(alert.rule), ...parts].join(" · ");
}

/** Who has shelved an alert, for how long from now, and why. */
function shelfText(alert) {
  if (!isShelved(alert)) return "";
  const minutes = Math.max(1, Math.ceil((Date.parse(alert.shelved_until) - now()) / 60_000));
  const phrase = t("shelved_for", { n: minutes, name: alert.shelved_by, reason: alert.shelved_reason });
  return alert.resolved_at ? `${phrase} · ${t("shelved_over")}` : phrase;
}

function makeRow() {
  const row = alertButton("row", ["severity", "what", "where", "picture", "sure", "since", "taken"]);
  return h("li", {}, row, h("ol", { class: "members" }));
}

/** A button that selects the alert that it shows, which may become another while it is there. */
function alertButton(name, parts) {
  const button = h("button", { type: "button", class: name }, ...parts.map((part) => h("span", { class: part })));
  button.addEventListener("focus", () => select(button.dataset.alert));
  button.addEventListener("click", () => { select(button.dataset.alert); button.focus(); });
  return button;
}

function markSelected(button, alert) {
  button.dataset.alert = alert.key;
  if (alert.key === selected) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

/** Who has taken an alert, its verdict and comments. */
function takenText(alert) {
  const taker = alert.assigned_to ?? alert.acknowledged_by;
  return [taker && `✓ ${taker}`, alert.verdict && t(alert.verdict), alert.notes ? `✎ ${alert.notes}` : ""].filter(Boolean).join(" · ");
}

/** A further alert of an incident, below the worst. */
function updateMember(item, alert) {
  const member = item.firstElementChild;
  markSelected(member, alert);
  const content = { severity: t(alert.severity), what: what(alert), since: time(alert.raised_at), taken: takenText(alert) };
  for (const [name, phrase] of Object.entries(content)) text(member.querySelector(`.${name}`), phrase);
  member.querySelector(".severity").className = `severity ${alert.severity}`;
}

function updateRow(item, { alerts: [alert, ...members] }) {
  const row = item.firstElementChild;
  keyed(item.querySelector(".members"), members, (one) => one.key, () => h("li", {}, alertButton("member", ["severity", "what", "since", "taken"])), updateMember);
  item.classList.toggle("incident", members.length > 0);
  const shelf = shelfText(alert);
  row.className = `row ${alert.severity}${shelf ? " shelved" : ""}`;
  markSelected(row, alert);
  const count = members.length ? t("incident_count", { n: members.length + 1 }) : "";
  const content = {
    severity: t(alert.severity), what: what(alert), where: shelf || [count, where(alert), notifiedText(alert)].filter(Boolean).join(" · "), sure: valueText(alert.value, state.rules[alert.rule]?.unit), since: time(alert.raised_at),
    taken: takenText(alert),
  };
  for (const [name, phrase] of Object.entries(content)) text(row.querySelector(`.${name}`), phrase);
  const evidence = state.evidence ? alert.evidence.at(-1) : undefined;
  keyed(row.querySelector(".picture"), evidence ? [evidence] : [], (name) => name,
    (name) => picture(name, t("evidence_of", { what: what(alert) })), () => {});
  row.querySelector(".severity").className = `severity ${alert.severity}`;
}

/** The row in use, which must not move while others come and go. */
function anchor() {
  const inUse = rows.querySelector(":focus")?.closest("li") ?? (rows.matches(":hover") ? rows.querySelector("li:hover") : null);
  return inUse && { item: inUse, top: inUse.getBoundingClientRect().top };
}

function show() {
  const held = anchor();
  const shown = alerts.sorted((alert) => filter.passes(alert));
  keyed(rows, joinRows(shown), (row) => row.key, makeRow, updateRow);
  if (held?.item.isConnected) list.scrollTop += held.item.getBoundingClientRect().top - held.top;
  $("empty").hidden = shown.length > 0;
  text($("empty"), t(alerts.open.size ? "nothing_found" : "nothing"));
  const aside = shown.filter(isShelved).length;
  const count = shown.length - aside;
  const number = filter.active ? `${count} / ${alerts.active}` : String(count);
  text($("number"), aside ? `${number} · ${t("shelved_number", { n: aside })}` : number);
  const hidden = alerts.active - count;
  $("filtered").hidden = hidden === 0;
  text($("filtered").firstElementChild, t("filtered_out", { n: hidden }));
  showTitle();
  showAbove();
  emit("alerts", { open: [...alerts.open.values()] });
  const alert = selected === null ? null : alerts.get(selected);
  if (!alert) return;
  showDetail(alert, what(alert), where(alert), shelfText(alert));
  showIncident(alert, alerts.open.values(), (one) => ruleName(one.rule));
}

function showTitle() {
  const last = [...unseen].at(-1); // a set keeps the order in which they came
  const newest = [...alerts.open.values()].find((alert) => alert.id === last);
  const title = newest ? `▲ ${what(newest)}` : `${state.venue} · Pulso`;
  document.title = alerts.active ? `(${alerts.active}) ${title}` : title;
}

function showAbove() {
  const top = list.getBoundingClientRect().top;
  const above = [...rows.children].filter((item) => item.getBoundingClientRect().bottom <= top + 4).length;
  $("above").hidden = above === 0;
  text($("above"), t("above", { n: above }));
}

function select(key) {
  if (selected === key) return;
  selected = key;
  const alert = alerts.get(key);
  if (alert) unseen.delete(alert.id);
  show();
}

function announce(alert, returned = false) {
  if (isShelved(alert) || (alert.acknowledged_by && !returned)) return;
  if (isWorst(alert, alerts.open.values())) soundAlarm(alert.severity);
  if (alert.severity !== "critical") return;
  unseen.delete(alert.id);
  unseen.add(alert.id);
  text($("announced"), t(returned ? "back_critical" : "new_critical", { what: what(alert) }));
}

function apply(alert) {
  const change = alerts.apply(alert);
  if (change === "old") return;
  askSoon();
  if (change === "new" || change === "returned") announce(alert, change === "returned");
  if (change === "closed") unseen.delete(alert.id);
  if ((alert.acknowledged_by && change !== "returned") || isShelved(alert)) unseen.delete(alert.id);
  if (alert.key === selected) showNewStep(alert);
  show();
  if (change === "new" || change === "returned") {
    [...rows.querySelectorAll("button")].find((button) => button.dataset.alert === alert.key)?.classList.add("fresh");
  }
}

function move(by) {
  const all = [...rows.querySelectorAll("button")];
  const at = all.findIndex((row) => row.dataset.alert === selected);
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}

const KEYS = {
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  a: () => act("acknowledge"), g: () => act("assign"), r: () => act("resolve"), h: () => shelve(), u: () => act("unshelve"), y: () => act("confirm"), n: () => act("reject"),
  c: () => selected !== null && $("comment").focus(), s: toggleSound, "/": () => filter.form.elements.q.focus(),
};

const keysOn = $("keys-on");
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const row = rows.querySelector("[aria-current]");
    (row ?? list).focus();
    return;
  }
  if (event.target.closest("input, select, textarea, summary")) return;
  const single = event.key.length === 1;
  const handle = KEYS[single ? event.key.toLowerCase() : event.key];
  if (!handle || (single && !keysOn.checked)) return;
  event.preventDefault();
  handle();
});

$("above").addEventListener("click", () => { list.scrollTop = 0; rows.querySelector("button")?.focus(); });
list.addEventListener("scroll", showAbove);
$("show-all").addEventListener("click", () => filter.clear());

alerts.reset(state.alerts, state.incidents);
for (const alert of state.alerts) if (alert.severity === "critical" && !alert.acknowledged_by && !isShelved(alert)) unseen.add(alert.id);
show();
followNotifications(show);
setInterval(() => alerts.hasShelved && show(), SHELF_CHECK_MS);

live(["alerts"], {
  alert: apply,
  reset: (update) => { for (const alert of alerts.reset(update.alerts, update.incidents)) announce(alert); show(); },
}, state.cursor);
