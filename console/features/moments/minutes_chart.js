// Charts of a set on one axis of time: posts or reactions, crowd, units sold, loudness.

import { h, number, svg, t } from "../page.js";
import { time } from "./reasons.js";

const LEAST_WIDTH = 280, USUAL_WIDTH = 640, HEIGHT = 96, LEFT = 56, RIGHT = 12, TOP = 20, BOTTOM = 18;
const PIXELS_OF_A_TIME = 90;

/** Draw the charts of a set; `rank` names the first one's values. */
export function drawMinutes(place, one, rank) {
  const width = Math.max(LEAST_WIDTH, place.clientWidth || USUAL_WIDTH); // so that letters keep their size on a phone
  const panels = [[rank, true, `moments_axis_${rank}`], ["crowd", false, "moments_axis_crowd"], ["units", true, "moments_axis_units"], ["loudness", false, "moments_axis_loudness"]];
  place.replaceChildren(...panels.map(([name, bars, title]) => panel(one, name, bars, t(title), width)));
}

function panel(one, name, bars, title, width) {
  const known = one.minutes.filter((minute) => minute[name] !== null);
  if (!known.length) return h("p", { class: "dim" }, t("moments_unknown", { title }));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": t("moments_chart_of", { title, name: one.name }) });
  const values = known.map((minute) => minute[name]);
  const low = Math.min(0, ...values) < 0 ? Math.floor(Math.min(...values) / 10) * 10 : 0;
  const high = low < 0 ? Math.max(low + 10, 10 * Math.ceil(Math.max(...values) / 10)) || 0 : Math.max(1, ...values); // 0, not -0
  const first = one.minutes[0].at, span = Math.max(one.minutes.at(-1).at - first + 60, 300);
  const x = (at) => LEFT + ((at - first) / span) * (width - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  picture.append(svg("text", { x: LEFT, y: 13 }, title));
  for (const value of [low, high]) {
    picture.append(svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }), svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)));
  }
  const step = 300 * Math.max(1, Math.ceil((span / 300) * PIXELS_OF_A_TIME / (width - LEFT - RIGHT)));
  for (let at = Math.ceil(first / step) * step; at <= first + span; at += step) {
    picture.append(svg("text", { x: Math.min(x(at), width - RIGHT - 16), y: HEIGHT - 4, "text-anchor": "middle" }, time(at)));
  }
  if (bars) {
    const wide = Math.max(1, x(first + 60) - x(first) - 1);
    for (const minute of known) {
      if (minute[name] > 0) picture.append(svg("rect", { class: minute.burst && name !== "units" ? "burst" : "bar", x: x(minute.at), y: y(minute[name]), width: wide, height: y(0) - y(minute[name]) }, svg("title", {}, `${time(minute.at)}: ${number(minute[name])}`)));
    }
  } else {
    picture.append(svg("polyline", { class: "line", points: known.map((minute) => `${x(minute.at + 30).toFixed(1)},${y(minute[name]).toFixed(1)}`).join(" ") }));
  }
  return picture;
}
