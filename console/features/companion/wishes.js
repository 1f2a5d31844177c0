// Acts that this person would like to see: act → "like" or "must".

import { read, write } from "./store.js";
import { actName } from "./programme.js";
import { emit, h, keyed, t, text } from "../page.js";

let wishes = read("wishes", {});

export const all = () => wishes;

export function set(act, wish) {
  const { [act]: _, ...others } = wishes;
  wishes = wish ? { ...others, [act]: wish } : others;
  write("wishes", wishes);
  emit("wishes", wishes);
}

export function clear() {
  wishes = {};
  emit("wishes", wishes);
}

/** A button that adds an act to the wishes, or takes it out. */
export const wishButton = () => h("button", { type: "button", class: "wish", onclick: ({ currentTarget }) => set(currentTarget.dataset.act, wishes[currentTarget.dataset.act] ? null : "like") });

export function updateWishButton(button, act, name) {
  button.dataset.act = act;
  button.setAttribute("aria-pressed", String(Boolean(wishes[act])));
  button.setAttribute("aria-label", t("companion_wish_for", { name }));
  text(button, wishes[act] ? t("companion_wished") : t("companion_wish"));
}

/** Show wished acts in a list, each to be marked as a must-see or removed; `change` is given the act and its wish. */
export function showList(place, wished, change) {
  keyed(place, Object.keys(wished), (act) => act, (act) => h("li", {}, h("b"),
    h("label", { class: "check" }, h("input", { type: "checkbox", onchange: ({ currentTarget }) => change(act, currentTarget.checked ? "must" : "like") }), t("companion_must_see")),
    h("button", { type: "button", class: "remove", onclick: () => change(act, null) }, t("companion_remove"))), (item, act) => {
    text(item.querySelector("b"), actName(act));
    item.querySelector("input").checked = wished[act] === "must";
    item.querySelector("input").setAttribute("aria-label", t("companion_must_see_act", { name: actName(act) }));
    item.querySelector(".remove").setAttribute("aria-label", t("companion_remove_act", { name: actName(act) }));
  });
}
