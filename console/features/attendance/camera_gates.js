// The counts of gates beside each picture of the camera wall.

import { subscribe } from "../live.js";
import { h, keyed, number, on, state, t, text } from "../page.js";

const items = new Map(); // camera id → its item on the wall
let zones = state.channels.zones;

function show() {
  for (const camera of zones.cameras ?? []) {
    const list = items.get(camera.id)?.querySelector(".gates");
    if (!list) continue;
    const gates = zones.venue?.gates.filter((gate) => camera.gates.includes(gate.gate)) ?? [];
    keyed(list, gates, (gate) => gate.gate, () => h("li"), (row, gate) => {
      const rate = gate.in_a_minute === null ? "" : ` (${t("plan_gate", { entered: number(gate.in_a_minute), left: number(gate.out_a_minute) })})`;
      text(row, t("gate", { gate: gate.gate, entered: number(gate.entered), left: number(gate.left) }) + rate);
    });
  }
}

on("camera", ({ item, camera }) => {
  item.append(h("ul", { class: "gates" }));
  items.set(camera.id, item);
  show();
});
subscribe("zones", { zones: (update) => { zones = update; show(); } });
