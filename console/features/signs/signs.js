// The page of all signs: what each is to show, whether its display says so, and what waits for a person.

import { sendFromDialog } from "../dialog.js";
import { live, newId, send } from "../live.js";
import { age, h, hour, keyed, now, state, svg, t, text } from "../page.js";
import { shownAt, TURNS } from "./schedule.js";

const REFRESH_MS = 1_000;
const SILENT_MS = 15_000; // as in processors/signs/watch.py
const CONFIRM_MS = 5_000; // a display may need so long to say what it shows
const ARROW = "M50 4 94 50H66V96H34V50H6Z";
let signs = state.now.signs;
const dialog = document.getElementById("set");
const form = dialog.querySelector("form");
let chosen = null;
let request = null;

function makeSign(sign) {
  return h("li", { "aria-labelledby": `sign-${sign.id}` },
    h("h2", { id: `sign-${sign.id}` }, sign.title), h("p", { class: "where dim" }),
    h("div", { class: "panel" }, svg("svg", { viewBox: "0 0 100 100", role: "img" }, svg("path", { d: ARROW })),
      h("div", {}, h("p", { class: "es", lang: "es" }), h("p", { class: "en", lang: "en" }))),
    h("p", { class: "why" }), h("p", { class: "display" }),
    h("ul", { class: "commands" }),
    h("p", { class: "buttons" },
      h("button", { onclick: () => open(sign.id) }, t("sign_set")),
      h("a", { href: `/sign/${sign.id}?preview`, target: "_blank", rel: "noopener" }, t("sign_open"))));
}

function updateSign(item, sign) {
  const shown = shownAt(sign.commands, now());
  const texts = shown ?? sign.default;
  text(item.querySelector(".where"), [sign.zone, sign.place, t(sign.automatic ? "sign_automatic" : "sign_proposes")].filter(Boolean).join(" · "));
  const panel = item.querySelector(".panel");
  panel.className = `panel ${shown?.priority ?? ""}`.trim();
  const arrow = panel.querySelector("svg");
  const turn = TURNS[shown?.arrow];
  arrow.toggleAttribute("hidden", turn === undefined);
  arrow.style.display = turn === undefined ? "none" : "";
  arrow.style.transform = `rotate(${turn ?? 0}deg)`;
  arrow.setAttribute("aria-label", turn === undefined ? "" : t(`sign_arrow_${shown.arrow}`));
  text(panel.querySelector(".es"), texts.es);
  text(panel.querySelector(".en"), texts.en);
  text(item.querySelector(".why"), shown ? t("sign_shown_until", { priority: t(`sign_priority_${shown.priority}`), until: hour(shown.until), by: author(shown.by) }) : t("sign_default"));
  const [words, kind] = display(sign, shown);
  const line = item.querySelector(".display");
  line.className = `display ${kind}`;
  text(line, words);
  const rows = [...sign.proposals.map((one) => ({ ...one, proposed: true })), ...sign.commands].filter((one) => one.until > now());
  keyed(item.querySelector(".commands"), rows, (one) => `${one.id} ${one.proposed ?? false}`, makeCommand, updateCommand);
}

/** What the display says, in words and a class: it may be silent, or show something else than it should. */
function display(sign, shown) {
  if (sign.trouble) return [t("sign_trouble", { reason: sign.trouble }), "bad"];
  if (sign.heard === null) return [t("sign_never_heard"), "bad"];
  const heard = t("sign_heard", { age: age(sign.heard) });
  if (now() - sign.heard > SILENT_MS) return [`${t("sign_silent")} ${heard}`, "bad"];
  if ((shown?.id ?? null) === sign.reported) return [`${t("sign_confirmed")} ${heard}`, "good"];
  if (shown && now() - shown.begin < CONFIRM_MS) return [`${t("sign_changing")} ${heard}`, "dim"];
  return [`${t("sign_differs")} ${heard}`, "bad"];
}

const author = (by) => (by.startsWith("rule/") ? t("sign_by_rule", { rule: t(`rule_${by.slice(5)}`) }) : by);

function makeCommand(one) {
  return h("li", { class: one.proposed ? "proposed" : "active" },
    h("p", { class: "what" }), h("p", { class: "dim whose" }),
    h("p", { class: "buttons" },
      one.proposed && h("button", { class: "main", onclick: () => act("approve", one.id) }, t("sign_approve")),
      h("button", { onclick: () => act("withdraw", one.id) }, t(one.proposed ? "sign_refuse" : "sign_withdraw"))));
}

function updateCommand(item, one) {
  const arrow = one.arrow === "none" ? "" : ` (${t(`sign_arrow_${one.arrow}`)})`;
  text(item.querySelector(".what"), `${one.es} / ${one.en}${arrow}`);
  text(item.querySelector(".whose"), t(one.proposed ? "sign_proposed_by" : "sign_set_by", { priority: t(`sign_priority_${one.priority}`), until: hour(one.until), by: author(one.by) }));
}

async function act(verb, command) {
  const failed = document.getElementById("failed");
  text(failed, "");
  try {
    await send(`/api/signs/${verb}`, { id: newId(), command });
  } catch (error) {
    text(failed, error.message);
  }
}

function open(id) {
  chosen = signs.find((sign) => sign.id === id);
  request = newId();
  text(document.getElementById("set-title"), t("sign_set_title", { sign: chosen.title }));
  text(document.getElementById("refused"), "");
  form.reset();
  form.elements.arrow.replaceChildren(...["none", ...chosen.arrows.filter((one) => one !== "none")].map((one) => h("option", { value: one }, t(`sign_arrow_${one}`))));
  dialog.showModal();
}

sendFromDialog(dialog, "/api/signs/set", () => {
  const fields = form.elements;
  return {
    id: request, sign: chosen.id, es: fields.es.value.trim(), en: fields.en.value.trim(), arrow: fields.arrow.value,
    priority: fields.priority.value, minutes: Number(fields.minutes.value), propose: fields.propose.checked,
  };
});

function show() {
  document.getElementById("none").hidden = signs.length > 0;
  keyed(document.getElementById("signs"), signs, (sign) => sign.id, makeSign, updateSign);
}

show();
setInterval(show, REFRESH_MS);
live([state.channel], { [state.channel]: (update) => { signs = update.signs; show(); } });
