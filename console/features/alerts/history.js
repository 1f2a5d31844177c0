// The history: verdicts on alerts that have ended, which every open page shows at once.

import { live, newId, send } from "../live.js";
import { t, text } from "../page.js";

const VERDICTS = { confirm: "confirmed", reject: "rejected" };
const rows = [...document.querySelectorAll(".lives > li")];
const byAlert = new Map(rows.map((row) => [row.dataset.alert, row]));
const status = document.getElementById("told");
const pending = new Map(); // alert id → verdict that was sent and has not come back

function show({ alert, verdict, by }) {
  const row = byAlert.get(alert);
  if (!row) return;
  text(row.querySelector(".judged"), `${t(verdict)} · ${by}`);
  for (const button of row.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(VERDICTS[button.dataset.verdict] === verdict));
  }
  if (pending.get(alert) === verdict) {
    pending.delete(alert);
    text(status, t("done", { what: t(verdict) }));
  }
}

async function judge(row, action) {
  const { alert, key } = row.dataset;
  pending.set(alert, VERDICTS[action]);
  text(status, t("sent"));
  try {
    await send("/api/alerts/act", { id: newId(), key, alert, action });
  } catch (error) {
    pending.delete(alert);
    text(status, t("failed", { why: error.status === 409 ? t("gone") : error.message }));
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
