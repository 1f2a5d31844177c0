// The last lines of every stage, newest first, and a form to correct one.

import { sendFromDialog } from "../dialog.js";
import { live, newId } from "../live.js";
import { h, keyed, state, t, text, time } from "../page.js";

const NAMES = { es: "Español", en: "English" };
const dialog = document.getElementById("edit");
const form = dialog.querySelector("form");
let stages = state.now.stages;
let chosen = null;
let request = null;

const makeStage = (stage) => h("section", { "aria-labelledby": `stage-${stage.id}` },
  h("h2", { id: `stage-${stage.id}` }, h("a", { href: `/captions/${stage.id}` }, stage.id)), h("p", { class: "dim empty" }, t("captions_waiting")), h("ol"));

function updateStage(section, stage) {
  section.querySelector(".empty").hidden = stage.lines.length > 0;
  keyed(section.querySelector("ol"), [...stage.lines].reverse(), (line) => line.id, makeLine, updateLine);
}

const makeLine = (line) => h("li", {},
  h("span", { class: "when dim" }, time(line.begin)),
  h("div", {}, h("p", { class: "text", lang: line.language }), h("p", { class: "translation dim" }), h("p", { class: "note dim" })),
  h("button", { onclick: () => open(line.id) }, t("captioning_correct")));

function updateLine(item, line) {
  text(item.querySelector(".text"), line.text);
  const translation = item.querySelector(".translation");
  translation.lang = line.language === "es" ? "en" : "es";
  text(translation, line.translation ?? "");
  const notes = [!line.automatic && t("captioning_corrected"), line.gap > 0 && t("captioning_gap", { seconds: Math.round(line.gap) })];
  text(item.querySelector(".note"), notes.filter(Boolean).join(" "));
}

function open(id) {
  chosen = stages.flatMap((stage) => stage.lines).find((line) => line.id === id);
  request = newId();
  const other = chosen.language === "es" ? "en" : "es";
  text(document.getElementById("spoken"), NAMES[chosen.language]);
  text(document.getElementById("translated"), NAMES[other]);
  text(document.getElementById("refused"), "");
  form.elements.text.value = chosen.text;
  form.elements.text.lang = chosen.language;
  form.elements.translation.value = chosen.translation ?? "";
  form.elements.translation.lang = other;
  dialog.showModal();
}

sendFromDialog(dialog, "/api/captions/correct", () => {
  const translation = form.elements.translation.value.trim();
  return {
    id: request, line: chosen.id, text: form.elements.text.value.trim(),
    // A translation that was left as it was is made anew of the corrected text.
    translation: translation && translation !== chosen.translation ? translation : null,
  };
});

function show() {
  document.getElementById("none").hidden = stages.length > 0;
  keyed(document.getElementById("stages"), stages, (stage) => stage.id, makeStage, updateStage);
}

show();
live([state.channel], { [state.channel]: (update) => { stages = update.stages; show(); } });
