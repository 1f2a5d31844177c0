// The reply to one mail: the suggestion to edit and copy, and its text as the approved answer of the topic.

import { newId, send } from "./live.js";
import { h, state, t, text, topicName } from "./page.js";

const FACTS = ["order", "amount", "date", "time", "quantity", "place"];
const named = { topic: topicName, also: topicName, fact: (name) => t(`fact_${name}`), missing: (name) => t(`fact_${name}`) };
/** Why a reply is suggested, in the page's language. */
const why = (suggestion) => (suggestion.reasons ?? []).map((one) => t(`why_${one.kind}`, { name: named[one.kind](one.name), value: one.value })).join("; ") || suggestion.why;
const field = (name, rows, words) => h("label", { class: "wide" }, words, h("textarea", { class: name, rows, maxlength: 4000 }));

/** What belongs to this mail alone becomes a place that the next mail fills. */
function withoutFacts(written, facts) {
  let plain = written;
  for (const name of FACTS) for (const value of facts[name] ?? []) if (value) plain = plain.split(value).join(`{${name}}`);
  return plain;
}

async function copy(from, told) {
  try {
    await navigator.clipboard.writeText(from.value);
  } catch {
    from.select(); // without HTTPS there is only the old way
    if (!document.execCommand("copy")) return text(told, t("failed", { why: "" }));
  }
  return text(told, t("copied"));
}

/** The body of a mail's row; `answers()` gives the approved ones as they stand. */
export function makeReply(mail, answers) {
  const topic = mail.suggestion?.answer ?? mail.topic?.name ?? "";
  const language = ["es", "en"].includes(mail.language) ? mail.language : state.language;
  const key = `${topic}/${language}`;
  const told = h("p", { class: "told", role: "status" });
  const reply = field("reply", 4, t("reply"));
  const written = reply.querySelector("textarea");
  const name = h("input", { class: "topic-name", maxlength: 100, value: topic, "aria-label": t("topic") });
  const question = field("question", 1, t("answer_question"));
  const answer = field("answer", 3, t("answer_text"));
  const plain = field("without-facts", 2, t("answer_plain"));
  const automatic = h("input", { type: "checkbox" });
  const withdraw = h("button", { type: "button", class: "withdraw", hidden: true }, t("answer_withdraw"));
  const form = h("details", { class: "approve" }, h("summary", {}, t("answer_approve")), h("p", { class: "dim" }, t("answer_help")), h("p", { class: "owner dim" }),
    h("label", {}, t("topic"), name), question, answer, plain, h("label", {}, automatic, t("answer_automatic")),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "approve-now main" }, t("answer_approve_now")), withdraw));
  const sayOwner = () => {
    const known = answers()[key];
    text(form.querySelector(".owner"), known?.by ? t(known.withdrawn ? "answer_withdrawn_by" : "answer_by", { by: known.by }) : t(known ? "answer_of_file" : "answer_none"));
    withdraw.hidden = !known?.by || known.withdrawn;
  };
  form.addEventListener("toggle", () => {
    sayOwner();
    if (!form.open || answer.querySelector("textarea").value) return;
    const known = answers()[key];
    const edited = written.value !== (mail.suggestion?.text ?? "");
    question.querySelector("textarea").value = known?.question ?? "";
    answer.querySelector("textarea").value = edited || !known ? withoutFacts(written.value, mail.facts) : known.answer;
    plain.querySelector("textarea").value = known?.without_facts ?? "";
    automatic.checked = known?.automatic ?? false;
  });
  const tell = async (more) => {
    text(told, t("sent"));
    try {
      await send("/api/support/answers", { id: newId(), topic: name.value.trim(), language, message: mail.message, ...more });
      text(told, t("done", { what: t(more.withdrawn ? "answer_withdraw" : "answer_approve_now") }));
      setTimeout(sayOwner, 2_000);
    } catch (error) {
      text(told, t("failed", { why: error.message }));
    }
  };
  form.querySelector(".approve-now").addEventListener("click", () => tell({
    question: question.querySelector("textarea").value, answer: answer.querySelector("textarea").value,
    without_facts: plain.querySelector("textarea").value, automatic: automatic.checked,
  }));
  withdraw.addEventListener("click", () => tell({ withdrawn: true }));
  written.value = mail.suggestion?.text ?? "";
  return h("div", { class: "body" },
    h("ul", { class: "named" }, FACTS.filter((one) => mail.facts[one]?.length).map((one) => h("li", {}, h("span", { class: "dim" }, `${t(`fact_${one}`)}: `), mail.facts[one].join(", ")))),
    mail.set_aside ? h("p", { class: "notice" }, t("set_aside", { why: t(`set_aside_${mail.set_aside}`) }))
      : [h("p", { class: "why dim" }, mail.suggestion ? `${t("suggestion_why")} ${why(mail.suggestion)}${mail.suggestion.automatic ? ` · ${t("answer_automatic")}` : ""}` : t("no_suggestion")),
        reply, h("div", { class: "buttons" }, h("button", { type: "button", class: "copy main", onclick: () => copy(written, told) }, t("copy")), told), form]);
}
