// The wall: as many rows as fit, worst first. What nobody has taken and is critical stays; the others take turns.

import { Alerts, isShelved } from "./alerts.js";
import { joinRows } from "./incident.js";
import { live } from "../live.js";
import { h, hour, keyed, now, state, t, text, time } from "../page.js";

const TURN_MS = 8_000;
const $ = (name) => document.getElementById(name);
const alerts = new Alerts();
let turn = 0;

const what = (alert) => alert.text[state.language] || alert.text.en || alert.key;
const stays = ({ alerts: [alert] }) => alert.severity === "critical" && !alert.acknowledged_by;

function makeRow() {
  return h("li", {}, ...["severity", "what", "more", "since", "taken"].map((name) => h("span", { class: name })));
}

function updateRow(item, { alerts: [alert, ...members] }) {
  item.className = alert.severity;
  const taker = alert.assigned_to ?? alert.acknowledged_by;
  const content = {
    severity: t(alert.severity), what: what(alert), more: members.length ? t("incident_count", { n: members.length + 1 }) : "",
    since: time(alert.raised_at), taken: taker ? `✓ ${taker}` : t("taken_nobody"),
  };
  for (const [name, phrase] of Object.entries(content)) text(item.querySelector(`.${name}`), phrase);
  item.querySelector(".severity").className = `severity ${alert.severity}`;
  item.querySelector(".taken").classList.toggle("bad", !taker);
}

/** Number of rows that fit; at least one. */
function room() {
  const rowHeight = parseFloat(getComputedStyle($("wall")).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.max(1, Math.floor($("wall").clientHeight / rowHeight));
}

function show() {
  const shown = alerts.sorted(() => true);
  const rows = joinRows(shown.filter((alert) => !isShelved(alert)));
  const fixed = rows.filter(stays);
  const others = rows.filter((row) => !stays(row));
  const size = room();
  // One place is left for turns, even where more stay than fit: nothing is hidden for ever.
  const kept = fixed.length < size || fixed.length + others.length <= size ? fixed : fixed.slice(0, size - 1);
  const turning = [...fixed.slice(kept.length), ...others];
  const places = Math.max(1, size - kept.length);
  const pages = Math.max(1, Math.ceil(turning.length / places));
  turn %= pages;
  keyed($("wall"), [...kept, ...turning.slice(turn * places, (turn + 1) * places)], (row) => row.key, makeRow, updateRow);
  const aside = shown.filter(isShelved).length;
  text($("count"), [t("wall_count", { n: shown.length - aside }), aside ? t("shelved_number", { n: aside }) : ""].filter(Boolean).join(" · "));
  text($("turn"), pages > 1 ? t("wall_turn", { n: turn + 1, of: pages }) : "");
  $("quiet").hidden = rows.length > 0;
  text($("clock"), hour(now()));
}

alerts.reset(state.alerts, state.incidents);
show();
setInterval(() => { turn += 1; show(); }, TURN_MS);
addEventListener("resize", show);
live(["alerts"], {
  alert: (alert) => { if (alerts.apply(alert) === "new") turn = 0; show(); },
  reset: (update) => { alerts.reset(update.alerts, update.incidents); show(); },
}, state.cursor);
