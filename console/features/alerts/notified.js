// Who was notified of an alert, by which target and with which outcome; and who will be next, and when.

import { h, keyed, now, state, t, text, time } from "../page.js";

const POLL_MS = 10_000;
const SOON_MS = 1_500; // after a change the notifier needs a moment
const OUTCOMES = { sent: "told_sent", failed: "told_failed", "no-address": "told_no_address" };
const nobody = { told: [], next: [] };
let byAlert = {};
let soon = null;
let changed = () => {};

async function load() {
  if (!state.has_contacts || document.hidden) return;
  const answer = await fetch("/api/notified", { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return; // the page says itself when the server is away
  byAlert = await answer.json();
  changed();
}

/** Follow the notifications of open alerts; `show` is called when they have changed. */
export function followNotifications(show) {
  changed = show;
  load();
  setInterval(load, POLL_MS);
}

/** Ask again soon: an alert has changed. */
export function askSoon() {
  soon ??= setTimeout(() => { soon = null; load(); }, SOON_MS);
}

/** The last that was reached or not, and the next: one line of an alert's row. */
export function notifiedText(alert) {
  const { told, next } = byAlert[alert.id] ?? nobody;
  const last = told.at(-1);
  const parts = [];
  if (last) parts.push(`☎ ${last.contact} ${last.outcome === "sent" ? "✓" : "✗"} ${time(last.time)}`);
  if (next[0]) parts.push(t("told_next", { contact: next[0].contact, time: time(next[0].due) }));
  return parts.join(" · ");
}

/** Show every notification of the selected alert in its detail. */
export function showNotified(alert) {
  const { told, next } = byAlert[alert.id] ?? nobody;
  const box = document.getElementById("notified");
  const rows = [
    ...told.map((one) => ({ key: `${one.contact} ${one.reason} ${one.target}`, at: one.time, good: one.outcome === "sent",
      words: [one.contact, t(`told_why_${one.reason}`), one.target, t(OUTCOMES[one.outcome], { n: one.attempts })] })),
    ...next.map((one) => ({ key: `next ${one.contact} ${one.reason} ${one.due}`, at: one.due, good: null,
      words: [one.contact, t(`told_why_${one.reason}`), t(one.attempts ? "told_again" : Date.parse(one.due) > now() ? "told_later" : "told_now")] })),
  ];
  keyed(box, rows, (row) => row.key, () => h("li", {}, h("time"), " ", h("span")), (item, row) => {
    item.className = row.good === null ? "dim" : row.good ? "good" : "bad";
    text(item.querySelector("time"), time(row.at));
    text(item.querySelector("span"), row.words.filter(Boolean).join(" · "));
  });
  const none = document.getElementById("notified-none");
  none.hidden = rows.length > 0;
  text(none, t(state.has_contacts ? "told_nobody" : "told_no_contacts"));
}
