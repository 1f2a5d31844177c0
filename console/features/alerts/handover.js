// The hand-over note: sign it, take over, print it.

import { newId, send } from "../live.js";
import { state, t, text } from "../page.js";

const told = document.getElementById("told");
const form = document.getElementById("sign");
const id = newId(); // sent again after a lost answer, the note is written once
const DRAFT = "handover-draft";

async function sent(path, body, next) {
  text(told, t("sent"));
  try {
    await send(path, body);
    next();
  } catch (error) {
    text(told, t("failed", { why: error.message }));
  }
}

if (form) {
  // What somebody typed survives a reload, until it is signed.
  form.elements.text.value = sessionStorage.getItem(DRAFT) ?? "";
  form.elements.text.addEventListener("input", () => sessionStorage.setItem(DRAFT, form.elements.text.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent("/api/handover", { id, to: form.elements.to.value, text: form.elements.text.value }, () => {
      sessionStorage.removeItem(DRAFT);
      location.assign(`/handover?note=${encodeURIComponent(`${state.name}-${id}`)}`);
    });
  });
}

document.getElementById("take")?.addEventListener("click", () => sent("/api/handover/take", { note: state.note }, () => location.reload()));
document.getElementById("print").addEventListener("click", () => print());
