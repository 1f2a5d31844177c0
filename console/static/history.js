// The history: a verdict may be given on what is long over, and every open page shows it at once.

import { live, newId, send } from "./live.js";
import { t, text } from "./page.js";

const VERDICTS = { confirm: "confirmed", reject: "rejected" };
const rows = [...document.querySelectorAll(".lives > li")];
const byAlert = new Map(rows.map((row) => [row.dataset.alert, row]));
const told = document.getElementById("told");
const mine = new Map(); // alert id → verdict that was sent and has not come back

function show({ alert, verdict, by }) {
  const row = byAlert.get(alert);
  if (!row) return;
  text(row.querySelector(".judged"), `${t(verdict)} · ${by}`);
  for (const button of row.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(VERDICTS[button.dataset.verdict] === verdict));
  }
  if (mine.get(alert) === verdict) {
    mine.delete(alert);
    text(told, t("done", { what: t(verdict) }));
  }
}

async function judge(row, action) {
  const { alert, key } = row.dataset;
  mine.set(alert, VERDICTS[action]);
  text(told, t("sent"));
  try {
    await send("/api/alerts/act", { id: newId(), key, alert, action });
  } catch (error) {
    mine.delete(alert);
    text(told, t("failed", { why: error.message }));
  }
}

for (const row of rows) {
  for (const button of row.querySelectorAll("[data-verdict]")) button.addEventListener("click", () => judge(row, button.dataset.verdict));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
  if (event.target.closest("input, select, textarea")) return;
  const at = rows.indexOf(event.target.closest(".lives > li"));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") rows[Math.min(rows.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)))]?.querySelector("summary").focus();
  else if (at >= 0 && (key === "y" || key === "n")) judge(rows[at], key === "y" ? "confirm" : "reject");
  else return;
  event.preventDefault();
});

live(["verdicts"], { verdicts: (all) => Object.values(all).forEach(show), verdict: show });
