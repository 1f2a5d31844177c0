// What changed: moved and cancelled sets, the latest first, and closed paths.

import { nameOf } from "./places.js";
import { changeText } from "./programme.js";
import { value } from "./store.js";
import { age, h, hour, keyed, t, text } from "../page.js";

export function showChanges() {
  const current = value("now");
  const sets = (current?.changes ?? []).map(({ set: one, at }) => ({ key: one.id, title: one.name, what: one.status === "cancelled" ? changeText(one) : `${t("companion_now_at", { time: hour(one.begin), place: nameOf(one.stage) })} ${changeText(one)}`, at }));
  const paths = (current?.closed ?? []).map(([start, end]) => ({ key: `path/${start}/${end}`, title: t("companion_path_closed"), what: `${nameOf(start)} – ${nameOf(end)}`, at: null }));
  const found = [...paths, ...sets];
  keyed(document.getElementById("changes"), found, (one) => one.key, () => h("li", {}, h("h2"), h("p", { class: "changed" }), h("p", { class: "dim" })), (item, one) => {
    text(item.querySelector("h2"), one.title);
    text(item.querySelector(".changed"), one.what);
    text(item.querySelector(".dim"), one.at === null ? "" : t("companion_said", { age: age(one.at) }));
  });
  document.getElementById("no-changes").hidden = found.length > 0;
  text(document.querySelector('[data-section="changes"] .count'), found.length ? ` ${found.length}` : "");
}
