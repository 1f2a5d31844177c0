// Acts that this person would like to see: act → "like" or "must".

import { read, write } from "./store.js";
import { emit, h, t, text } from "../page.js";

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
