// Approved answers, which also stand here without a network.

import { h, keyed, text } from "../page.js";

export function showFaq(place, entries) {
  keyed(place, entries, (one) => one.topic, () => h("details", {}, h("summary"), h("p")), (item, one) => {
    text(item.querySelector("summary"), one.question);
    text(item.querySelector("p"), one.answer);
  });
}
