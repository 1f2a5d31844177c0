// The gates on the plan of the venue, with the flow of people through them.

import { number, on, svg, t, text } from "../page.js";

let gates = new Map();

/** Draw the gates; see `emit("plan-drawn")` in the plan's own script for what it gives. */
on("plan-drawn", ({ picture, plan, at, label, unit, width }) => {
  gates = new Map(Object.entries(plan.gates).map(([name, { line, inwards }]) => {
    const [[x0, y0], [x1, y1]] = line.map(at);
    const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const [inX, inY] = at(inwards);
    const heading = Math.atan2(inX - x, y - inY) * 180 / Math.PI;
    const arrow = svg("polygon", { class: "gate-arrow", points: [[0, -2.2], [1, -0.4], [-1, -0.4]].map(([a, b]) => `${a * unit},${b * unit}`).join(" "), transform: `translate(${x} ${y}) rotate(${heading})` });
    const under = [Math.min(Math.max(x, unit * 4.5), width - unit * 4.5), Math.max(y0, y1) + unit * 1.2];
    const rate = label("gate-counts", under, 0.9);
    const total = label("gate-counts", [under[0], under[1] + unit * 1.1], 0.9);
    picture.append(svg("line", { class: "gate", x1: x0, y1: y0, x2: x1, y2: y1, "stroke-width": unit * 0.5 }), arrow, rate, total);
    return [name, { rate, total, arrow }];
  }));
});

on("plan-shown", ({ zones }) => {
  for (const gate of zones.venue?.gates ?? []) {
    const drawn = gates.get(gate.gate);
    if (!drawn) continue;
    const hasRate = gate.in_a_minute !== null;
    text(drawn.rate, hasRate ? t("plan_gate", { entered: number(gate.in_a_minute), left: number(gate.out_a_minute) }) : "");
    text(drawn.total, t("plan_gate_total", { entered: number(gate.entered), left: number(gate.left) }));
    drawn.arrow.classList.toggle("on", hasRate && gate.in_a_minute !== gate.out_a_minute);
    drawn.arrow.classList.toggle("outwards", hasRate && gate.in_a_minute < gate.out_a_minute);
  }
});
