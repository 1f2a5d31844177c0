// Show stops: what is in force at each stage, and the steps of the people.

import { live, newId, send } from "../live.js";
import { h, keyed, state, t, text, time } from "../page.js";

const told = document.getElementById("told");
const list = document.getElementById("stops");
const form = document.getElementById("propose");
const name = (stage) => (stage === "all" ? t("show_stop_all") : stage);

async function step(body, button) {
  text(told, t("sent"));
  button.disabled = true; // two presses are one step
  try {
    await send("/api/show-stop", { id: newId(), ...body });
    text(told, "");
  } catch (error) {
    text(told, t("failed", { why: error.message }));
  } finally {
    button.disabled = false;
  }
}

function confirmForm(stop) {
  const checks = state.checklist.map((item) => h("label", { class: "wide" }, h("input", { type: "checkbox", value: item }), item));
  const button = h("button", { class: "danger" }, t("show_stop_confirm"));
  return h("form", { class: "confirm", onsubmit: (event) => {
    event.preventDefault();
    const checked = [...event.target.querySelectorAll(":checked")].map((box) => box.value);
    step({ stage: stop.stage, action: "confirm", proposal: stop.event_id, checked }, button);
  } }, h("p", {}, t("show_stop_check")), ...checks, button);
}

function item(stop) {
  const lines = [h("p", {}, t("show_stop_by_proposed", { name: stop.proposed_by, time: time(stop.proposed_at) }))];
  if (stop.state === "confirmed") {
    lines.push(h("p", {}, t("show_stop_by_confirmed", { name: stop.confirmed_as, time: time(stop.confirmed_at), n: stop.checked.length, all: state.checklist.length })));
  }
  if (stop.note) lines.push(h("q", {}, stop.note));
  const mine = stop.proposed_by === state.name;
  if (stop.state === "proposed") lines.push(state.may_confirm && !mine ? confirmForm(stop) : h("p", { class: "dim" }, t("show_stop_waits")));
  if (state.may_propose) {
    const button = h("button", { type: "button", onclick: () => step({ stage: stop.stage, action: "call-off" }, button) }, t("show_stop_call_off"));
    lines.push(button);
  }
  return h("li", { class: stop.state }, h("h2", {}, t(`show_stop_is_${stop.state}`, { stage: name(stop.stage) })), h("p", { class: "trigger" }, stop.trigger), ...lines);
}

function show(stops) {
  const current = Object.values(stops).filter((stop) => stop.state !== "called-off");
  keyed(list, current.length ? current : [{ event_id: "none" }], (stop) => stop.event_id,
    (stop) => (stop.stage ? item(stop) : h("li", { class: "dim" }, t("show_stop_none"))), () => {});
}

if (list) {
  form?.elements.stage.append(...state.stages.map((stage) => h("option", { value: stage }, name(stage))));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { stage, trigger, note } = Object.fromEntries(new FormData(form));
    step({ stage, action: "propose", trigger, note }, form.querySelector("button")).then(() => form.reset());
  });
  show(state.now);
  live([state.channel], { [state.channel]: show });
}
