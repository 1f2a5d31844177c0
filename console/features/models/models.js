// People's last corrections of models; the models themselves are in the page as it was loaded.

import { live } from "../live.js";
import { h, hour, keyed, state, t } from "../page.js";

let { corrections } = state.now;

/** The word for a label: of the music page or of the support desk; a model of the venue's own may have none. */
const word = (label) => state.words[`heard_${label}`] || state.words[`correct_${label}`] || label;

function make(one) {
  const said = one.said === one.right ? t("models_confirmed", { right: word(one.right) }) : t("models_corrected", { said: word(one.said), right: word(one.right) });
  return h("li", {}, h("time", { datetime: one.time }, hour(one.time)), " ", h("strong", {}, state.words[`model_${one.model}`] ?? one.model), ` ${one.subject}: ${said} `, h("span", { class: "dim" }, one.by));
}

function show() {
  keyed(document.getElementById("corrections"), corrections, (one) => one.time + one.model + one.right, make, () => {});
  document.getElementById("none").hidden = corrections.length > 0;
}

show();
live([state.channel], { [state.channel]: (update) => { corrections = update.corrections; show(); } });
