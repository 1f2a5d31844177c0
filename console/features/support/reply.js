// The reply to one mail: the suggestion to edit and copy, and the form that approves it as the topic's answer.

import { newId, send } from "../live.js";
import { h, state, t, text } from "../page.js";

/** The name of a topic; one that the venue added without a name is called by its id. */
export const topicName = (name) => (state.words[`topic_${name}`] ? t(`topic_${name}`) : name);

const ANSWER_LANGUAGES = ["es", "en"];
const FACTS = ["order", "amount", "date", "time", "quantity", "place"];
const phraseOf = { topic: topicName, also: topicName, fact: (name) => t(`fact_${name}`), missing: (name) => t(`fact_${name}`) };
/** The reasons for a suggestion, in the page's language. */
const reasons = (suggestion) => (suggestion.reasons ?? []).map((one) => t(`why_${one.kind}`, { name: phraseOf[one.kind](one.name), value: one.value })).join("; ") || suggestion.why;
const field = (name, rows, words) => h("label", { class: "wide" }, words, h("textarea", { class: name, rows, maxlength: 4000 }));

/** Replace the facts of this mail by placeholders that the next mail fills. */
function withoutFacts(written, facts) {
  let plain = written;
  for (const name of FACTS) for (const value of facts[name] ?? []) if (value) plain = plain.split(value).join(`{${name}}`);
  return plain;
}

async function copy(field, status) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // the clipboard API needs HTTPS
    if (!document.execCommand("copy")) return text(status, t("failed", { why: "" }));
  }
  return text(status, t("copied"));
}

const SENTIMENTS = ["negative", "neutral", "positive"];
/** A list with which a person corrects or confirms the sentiment of a mail. */
function makeCorrection(mail) {
  const list = h("select", {}, h("option", { value: "" }, t("correct_unknown")), ...SENTIMENTS.map((one) => h("option", { value: one }, t(`correct_${one}`))));
  const noted = h("span", { class: "noted dim", role: "status" });
  list.addEventListener("change", async () => {
    if (!list.value) return;
    try {
      await send("/api/support/sentiment", { id: newId(), message: mail.message, right: list.value });
      text(noted, t("correct_noted"));
    } catch (error) {
      text(noted, t("failed", { why: error.message }));
    }
  });
  return h("p", { class: "correct" }, h("label", {}, t("correct_sentiment"), " ", list), " ", noted);
}

/** The body of a mail's row; `answers()` gives the approved answers as they are now. */
export function makeReply(mail, answers) {
  const topic = mail.suggestion?.answer ?? mail.topic?.name ?? "";
  const language = [mail.language, state.language].find((one) => ANSWER_LANGUAGES.includes(one)) ?? ANSWER_LANGUAGES[0];
  const key = `${topic}/${language}`;
  const status = h("p", { class: "told", role: "status" });
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
  const showOwner = () => {
    const approved = answers()[key];
    text(form.querySelector(".owner"), approved?.by ? t(approved.withdrawn ? "answer_withdrawn_by" : "answer_by", { by: approved.by }) : t(approved ? "answer_of_file" : "answer_none"));
    withdraw.hidden = !approved?.by || approved.withdrawn;
  };
  form.addEventListener("toggle", () => {
    showOwner();
    if (!form.open || answer.querySelector("textarea").value) return;
    const approved = answers()[key];
    const edited = written.value !== (mail.suggestion?.text ?? "");
    question.querySelector("textarea").value = approved?.question ?? "";
    answer.querySelector("textarea").value = edited || !approved ? withoutFacts(written.value, mail.facts) : approved.answer;
    plain.querySelector("textarea").value = approved?.without_facts ?? "";
    automatic.checked = approved?.automatic ?? false;
  });
  const submit = async (more) => {
    text(status, t("sent"));
    try {
      await send("/api/support/answers", { id: newId(), topic: name.value.trim(), language, message: mail.message, ...more });
      text(status, t("done", { what: t(more.withdrawn ? "answer_withdraw" : "answer_approve_now") }));
      setTimeout(showOwner, 2_000);
    } catch (error) {
      text(status, t("failed", { why: error.message }));
    }
  };
  form.querySelector(".approve-now").addEventListener("click", () => submit({
    question: question.querySelector("textarea").value, answer: answer.querySelector("textarea").value,
    without_facts: plain.querySelector("textarea").value, automatic: automatic.checked,
  }));
  withdraw.addEventListener("click", () => submit({ withdrawn: true }));
  written.value = mail.suggestion?.text ?? "";
  return h("div", { class: "body" },
    h("ul", { class: "named" }, FACTS.filter((one) => mail.facts[one]?.length).map((one) => h("li", {}, h("span", { class: "dim" }, `${t(`fact_${one}`)}: `), mail.facts[one].join(", ")))),
    mail.set_aside ? h("p", { class: "notice" }, t("set_aside", { why: t(`set_aside_${mail.set_aside}`) }))
      : [h("p", { class: "why dim" }, mail.suggestion ? `${t("suggestion_why")} ${reasons(mail.suggestion)}${mail.suggestion.automatic ? ` · ${t("answer_automatic")}` : ""}` : t("no_suggestion")),
        reply, h("div", { class: "buttons" }, h("button", { type: "button", class: "copy main", onclick: () => copy(written, status) }, t("copy")), status), form],
    mail.sentiment ? makeCorrection(mail) : "");
}
