// The conversation with the assistant, on the companion and on a page of its own. The thread stays on this phone: the
// server remembers no question, so each brings the earlier ones along.

import { read, request, write } from "./store.js";
import { h, on, state, t, text } from "../page.js";
import { newId } from "../live.js";

const MAX_EARLIER = 8; // as in schemas/assistant.py
const MAX_SHOWN = 40;

function answerItem(one, rate) {
  const notes = [one.handover ? h("p", { class: "handover" }, t("companion_handed_over")) : null];
  const rating = one.id && !one.rated ? h("p", { class: "row rate" }, ...[true, false].map((helpful) => h("button", { type: "button", onclick: () => rate(one, helpful) }, t(helpful ? "companion_helpful" : "companion_not_helpful")))) : null;
  return h("li", { class: one.urgent ? "machine urgent" : "machine", lang: one.language }, h("p", { class: "who" }, t("companion_machine")), h("p", { class: "said" }, one.text), ...notes, rating);
}

/**
 * Show a conversation in `place`.
 * @param keep keep the thread when the page is closed; a kiosk does not
 * @param idleSeconds without a press for so long the thread is forgotten; 0: never
 */
export function chat(place, { keep, idleSeconds = 0 }) {
  const fresh = () => ({ conversation: newId(), said: [] });
  let thread = (keep && read("thread")) || fresh();
  let idle = null;
  const said = h("ol");
  const log = h("div", { class: "thread", role: "log", "aria-live": "polite", "aria-label": t("companion_thread"), tabindex: "0" }, said);
  const field = h("textarea", { name: "question", rows: 2, maxlength: 1000, required: true, enterkeyhint: "send" });
  const button = h("button", { class: "main" }, t("companion_send"));
  const outcome = h("p", { class: "outcome", role: "status" });
  const form = h("form", { class: "question" }, h("label", {}, t("companion_question"), field), h("p", { class: "row" }, button, h("button", { type: "button", onclick: restart }, t("companion_new_thread"))), outcome);
  place.replaceChildren(h("p", { class: "notice" }, t("companion_notice")), log, form);

  function show() {
    said.replaceChildren(...thread.said.map((one) => (one.mine ? h("li", { class: "mine" }, h("p", { class: "who" }, t("companion_you_said")), h("p", { class: "said" }, one.text)) : answerItem(one, rate))));
    log.scrollTop = log.scrollHeight;
  }

  function save() {
    thread.said = thread.said.slice(-MAX_SHOWN);
    if (keep) write("thread", thread);
    show();
    if (!idleSeconds) return;
    clearTimeout(idle);
    idle = setTimeout(restart, idleSeconds * 1000);
  }

  function restart() {
    thread = fresh();
    field.value = "";
    text(outcome, "");
    save();
  }

  async function rate(one, helpful) {
    try {
      await request("/api/ask/rating", { id: one.id, conversation: thread.conversation, helpful });
      one.rated = true;
      text(outcome, t("companion_thanks"));
    } catch (error) {
      text(outcome, error.message);
    }
    save();
  }

  async function ask() {
    const question = field.value.trim();
    if (!question || button.disabled) return;
    button.disabled = true;
    text(outcome, t("companion_asking"));
    const earlier = thread.said.filter((one) => one.mine).map((one) => one.text).slice(-MAX_EARLIER);
    const asked = thread;
    try {
      const answer = await request("/api/ask", { question, conversation: thread.conversation, earlier, language: state.language === "en" ? "en" : "es", place: read("here") });
      if (asked === thread) thread.said.push({ mine: true, text: question }, { id: answer.id, text: answer.answer, handover: answer.handover, urgent: answer.urgent, language: answer.language });
      field.value = "";
      text(outcome, "");
      save();
    } catch (error) {
      text(outcome, error.message); // the question stays in the field
    } finally {
      button.disabled = false;
    }
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask();
  });
  on("forgotten", restart);
  show();
}
