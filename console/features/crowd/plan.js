// The venue from above: people as a share of the capacity, density by colour, letter and number, exits, and the view of each camera.
// Drawn once; updates change colours and words, never places, so nothing moves while somebody looks.

import { blindReason } from "./blind.js";
import { emit, h, number, svg, t, text } from "../page.js";

const STALE_MS = 30_000;
const MARGIN = 1.5; // metres around the drawing
const TREND_SIGNS = { rising: "↗", falling: "↘" };
// From dark to light, so that the order can be seen without colours, too; the letter repeats it.
const LEVELS = ["A", "B", "C", "D", "E", "F"];

/** Lines of a title, each of at most so many letters. */
function wrapped(title, letters) {
  const lines = [];
  for (const word of title.split(" ")) {
    if (lines.length && `${lines.at(-1)} ${word}`.length <= letters) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}

/**
 * Draw a plan into `place`; returns a function that shows the state of the channel `zones`.
 *
 * Features add their own parts: "plan-drawn" gives them the picture and how to draw on it, "plan-shown" each state.
 */
export function drawPlan(place, plan, titles) {
  const points = [...(plan.outline ?? []), ...Object.values(plan.zones).flat(), ...Object.values(plan.cameras).map((one) => one.at),
    ...Object.values(plan.gates).flatMap((one) => one.line), ...Object.values(plan.exits), ...Object.values(plan.bars), ...Object.values(plan.stages)];
  if (!points.length) return () => {};
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const left = Math.min(...xs) - MARGIN;
  const top = Math.max(...ys) + MARGIN;
  const width = Math.max(...xs) + MARGIN - left;
  const height = top - Math.min(...ys) + MARGIN;
  const unit = Math.max(width, height * 1.6) / 34; // the size of one letter follows the plan's, whatever its metres
  const at = ([x, y]) => [x - left, top - y]; // a sheet's y grows downwards
  const ring = (corners) => corners.map((corner) => at(corner).map((one) => one.toFixed(2)).join(",")).join(" ");
  const middle = (corners) => [0, 1].map((axis) => corners.map(at).reduce((sum, one) => sum + one[axis], 0) / corners.length);
  const half = (corners, x) => Math.min(...corners.map((corner) => Math.abs(at(corner)[0] - x)));
  const label = (name, [x, y], size, content = "") => svg("text", { class: name, x: x.toFixed(2), y: y.toFixed(2), "font-size": (size * unit).toFixed(2) }, content);

  const picture = svg("svg", { class: "plan", viewBox: `0 0 ${width.toFixed(2)} ${height.toFixed(2)}`, role: "img", "aria-label": t("plan") });
  picture.append(svg("defs", {}, svg("pattern", { id: "hatch", width: unit, height: unit, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: unit, "stroke-width": unit * 0.6 }))));
  if (plan.outline) picture.append(svg("polygon", { class: "outline", points: ring(plan.outline) }));

  const zones = new Map(Object.entries(plan.zones).map(([name, corners]) => {
    const [x, y] = middle(corners);
    const parts = {
      ground: svg("polygon", { class: "ground", points: ring(corners) }),
      alarm: svg("polygon", { class: "alarm", points: ring(corners), "stroke-width": unit * 0.35 }),
      share: label("share", [x, y + unit * 0.6], 2),
      counts: label("told", [x, y + unit * 2.1], 1.05),
      arrow: svg("polygon", { class: "arrow", points: [[0, -1.5], [0.9, 0.9], [0, 0.3], [-0.9, 0.9]].map(([a, b]) => `${a * unit},${b * unit}`).join(" ") }),
      middle: [x, y], half: half(corners, x),
    };
    const space = 2 * half(corners, x);
    const lines = wrapped(titles[name] ?? name, space / (0.8 * unit * 0.56));
    const heading = lines.map((line, number) => label("title", [x, y - unit * (1.7 + 0.95 * (lines.length - 1 - number))], 0.8, line));
    picture.append(parts.ground, parts.alarm, ...heading, parts.share, parts.counts, parts.arrow);
    return [name, parts];
  }));
  for (const [kind, sign] of [["stages", "♪"], ["bars", "▣"]]) {
    for (const [name, where] of Object.entries(plan[kind])) picture.append(label(kind, at(where), 1.05, `${sign} ${name}`));
  }
  const exits = new Map(Object.entries(plan.exits).map(([name, where]) => [name, picture.appendChild(label("exit", at(where), 0.95, name))]));
  const cameras = new Map(Object.entries(plan.cameras).map(([name, { at: position, towards }]) => {
    const [x, y] = at(position);
    const heading = Math.atan2(towards[0] - position[0], towards[1] - position[1]) * 180 / Math.PI; // clockwise from up
    const reach = unit * 4;
    const wedge = svg("polygon", { class: "wedge", points: `0,0 ${-reach * 0.6},${-reach} ${reach * 0.6},${-reach}`, transform: `translate(${x} ${y}) rotate(${heading})` });
    const body = svg("circle", { class: "body", cx: x, cy: y, r: unit * 0.6 });
    const cross = svg("path", { class: "cross", d: `M${x - unit * 0.9},${y - unit * 0.9} l${unit * 1.8},${unit * 1.8} m0,${-unit * 1.8} l${-unit * 1.8},${unit * 1.8}`, "stroke-width": unit * 0.35 });
    const group = svg("g", { class: "camera" }, svg("title", {}, name), wedge, body, cross, label("camera-told", [x, y + unit * 2], 0.95));
    picture.append(group);
    return [name, { group, heading }];
  }));
  const legend = h("p", { class: "plan-legend dim" }, `${t("plan_legend")} `, ...LEVELS.map((level) => svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: `ground level-${level}`, width: 10, height: 10 }), svg("text", { class: `level level-${level}`, x: 5, y: 8, "font-size": 8 }, level))));
  place.replaceChildren(picture, legend);
  emit("plan-drawn", { picture, plan, at, label, unit, width });

  return (state, now, alarms = new Set()) => {
    for (const zone of state.zones) {
      const parts = zones.get(zone.id);
      if (!parts) continue;
      const stale = zone.at === null || now - zone.at > STALE_MS;
      const level = zone.level && !stale ? `level-${zone.level}` : "unknown";
      parts.ground.setAttribute("class", `ground ${level}`);
      parts.alarm.classList.toggle("on", alarms.has(zone.id));
      parts.share.setAttribute("class", `share ${level}`);
      parts.counts.setAttribute("class", `told ${level}`);
      const unknown = stale || zone.persons === null;
      text(parts.share, unknown ? "?" : `${Math.round((zone.persons / zone.capacity) * 100)} % ${TREND_SIGNS[zone.trend] ?? ""}`);
      text(parts.counts, unknown ? t("plan_unknown") : [zone.level, zone.density === null ? "" : `${number(zone.density, 1)}/m²`].filter(Boolean).join(" · "));
      const heading = cameras.get(zone.camera)?.heading;
      const direction = stale ? null : zone.flow?.direction ?? null;
      // The picture's up is where its camera looks, so the direction on the plan is the sum of both.
      parts.arrow.classList.toggle("on", direction !== null && heading !== undefined);
      if (direction !== null && heading !== undefined) parts.arrow.setAttribute("transform", `translate(${parts.middle[0] + parts.half * 0.75} ${parts.middle[1]}) rotate(${heading + direction})`);
    }
    const jammed = new Set(state.zones.flatMap((zone) => zone.jammed));
    for (const [name, sign] of exits) {
      sign.setAttribute("class", jammed.has(name) ? "exit jammed" : "exit");
      text(sign, jammed.has(name) ? t("exit_jammed", { exit: name }) : name);
    }
    for (const camera of state.cameras) {
      const parts = cameras.get(camera.id);
      if (!parts) continue;
      const silent = camera.at === null || now - camera.at > STALE_MS;
      const bad = silent || camera.blind;
      parts.group.setAttribute("class", bad ? "camera blind" : "camera");
      text(parts.group.querySelector(".camera-told"), !bad ? "" : silent ? t("camera_silent") : blindReason(camera.blind));
      text(parts.group.querySelector("title"), `${camera.id}: ${silent ? t("camera_silent") : camera.blind ? t("camera_blind", { why: blindReason(camera.blind) }) : t("camera_sees")}`);
    }
    picture.setAttribute("aria-label", [t("plan"), ...state.zones.map((zone) => `${zone.title}: ${zone.persons === null ? t("no_data") : `${Math.round((zone.persons / zone.capacity) * 100)} %${zone.level ? `, ${t("level", { level: zone.level })}` : ""}`}`)].join(". "));
    emit("plan-shown", { zones: state, now });
  };
}
