// What moved people: posts of each set by minute, and beside them crowd, sales and sound.

import { live } from "../live.js";
import { h, keyed, state, t, text } from "../page.js";
import { drawMinutes } from "./minutes_chart.js";
import { reasons, time } from "./reasons.js";

const TOP = 5;
const rank = document.getElementById("rank");
let sets = state.now.sets;

function make(one) {
  return h("li", {}, h("h2", {}, one.name), h("p", { class: "dim stage" }), h("div", { class: "charts" }), h("h3", {}, t("moments_top")), h("ol", {}));
}

function update(item, one) {
  text(item.querySelector(".stage"), t("moments_stage", { stage: one.stage }));
  drawMinutes(item.querySelector(".charts"), one, rank.value);
  const best = one.minutes.filter((minute) => minute[rank.value] > 0).sort((a, b) => b[rank.value] - a[rank.value] || a.at - b.at).slice(0, TOP);
  item.querySelector("ol").replaceChildren(...best.map((minute) => h("li", {}, h("strong", {}, time(minute.at)), ` ${reasons(one, minute)}`)));
}

function show() {
  document.getElementById("none").hidden = sets.length > 0;
  keyed(document.getElementById("sets"), sets, (one) => one.id, make, update);
}

rank.addEventListener("change", show);
addEventListener("resize", show);
show();
live([state.channel], { [state.channel]: (update) => { sets = update.sets; show(); } });
