// What is drawn into a camera's picture: views of zones, exits, masks, gates, queues and the four ground points.

import { t } from "../page.js";
import { editor, listOf, mistakesAt } from "./content.js";

const round = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
export const rounded = ([x, y]) => [round(x), round(y)];

/**
 * The shapes of a camera. Each has a key, kind, label, points, the least and most number of points, the mistakes that
 * the server found, and the functions `set(points)` and `remove()`.
 */
export function shapesOf(index) {
  const camera = editor.content.cameras[index];
  const found = [];
  const add = (key, kind, label, points, [least, most], set, remove, path) => found.push({ key, kind, label, points, least, most, set, remove, mistakes: mistakesAt(...path) });
  listOf(camera, "views").forEach((view, at) => {
    add(`view-${at}`, "view", t("venue_shape_view", { name: view.zone }), view.polygon, [3, 100], (points) => { view.polygon = points; }, () => camera.views.splice(at, 1), ["cameras", index, "views", at]);
    listOf(view, "exits").forEach((exit, number) => add(`exit-${at}-${number}`, "exit", t("venue_shape_exit", { name: exit.exit }), exit.line, [2, 2], (points) => { exit.line = points; }, () => { view.exits.splice(number, 1); if (!view.exits.length) delete view.exits; }, ["cameras", index, "views", at, "exits", number]));
  });
  listOf(camera, "masks").forEach((mask, at) => add(`mask-${at}`, "mask", t("venue_shape_mask", { n: at + 1 }), mask, [3, 100], (points) => { camera.masks[at] = points; }, () => { camera.masks.splice(at, 1); if (!camera.masks.length) delete camera.masks; }, ["cameras", index, "masks", at]));
  listOf(camera, "gates").forEach((gate, at) => add(`gate-${at}`, "gate", t("venue_shape_gate", { name: gate.id }), [...gate.line, gate.inwards], [3, 3], ([a, b, inwards]) => { gate.line = [a, b]; gate.inwards = inwards; }, () => { camera.gates.splice(at, 1); if (!camera.gates.length) delete camera.gates; }, ["cameras", index, "gates", at]));
  (editor.content.queues ?? []).forEach((queue, at) => {
    if (queue.camera !== camera.id) return;
    add(`queue-${at}`, "queue", t("venue_shape_queue", { name: queue.title || queue.id }), queue.polygon, [3, 100], (points) => { queue.polygon = points; }, () => editor.content.queues.splice(at, 1), ["queues", at]);
  });
  if (camera.ground) {
    add("ground", "ground", t("venue_shape_ground"), camera.ground.map((point) => point.picture), [4, 4], (points) => { camera.ground = camera.ground.map((point, at) => ({ ...point, picture: points[at] })); }, () => { delete camera.ground; }, ["cameras", index, "ground"]);
  }
  return found;
}

/** Put a new shape into the content and return its key. Points are given, or those of a square in the middle. */
export function addShape(index, kind, name, points) {
  const camera = editor.content.cameras[index];
  const square = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];
  const area = points ?? square;
  if (kind === "view") return `view-${listOf(camera, "views", true).push({ zone: name, polygon: area }) - 1}`;
  if (kind === "mask") return `mask-${listOf(camera, "masks", true).push(area) - 1}`;
  if (kind === "queue") return `queue-${listOf(editor.content, "queues", true).push({ id: name, camera: camera.id, polygon: area }) - 1}`;
  if (kind === "gate") {
    const [a, b, inwards] = points ?? [[0.3, 0.5], [0.7, 0.5], [0.5, 0.7]];
    return `gate-${listOf(camera, "gates", true).push({ id: name, line: [a, b], inwards }) - 1}`;
  }
  if (kind === "exit") {
    const at = camera.views.findIndex((view) => exitsOf(view.zone).includes(name));
    const line = points ?? [[0.4, 0.3], [0.6, 0.3]];
    return `exit-${at}-${listOf(camera.views[at], "exits", true).push({ exit: name, line }) - 1}`;
  }
  const metres = [[0, 10], [10, 10], [10, 0], [0, 0]];
  camera.ground = (points ?? [[0.3, 0.3], [0.7, 0.3], [0.9, 0.9], [0.1, 0.9]]).map((picture, at) => ({ picture, metres: metres[at] }));
  return "ground";
}

const exitName = (exit) => (typeof exit === "string" ? exit : exit.name);
const exitsOf = (zone) => (editor.content.zones?.find((one) => one.id === zone)?.exits ?? []).map(exitName);

/** Names that a new shape of a kind may have; null: a person writes one; an empty name: it has none. */
export function namesFor(index, kind) {
  const camera = editor.content.cameras[index];
  const views = listOf(camera, "views");
  if (kind === "view") return (editor.content.zones ?? []).map((zone) => zone.id).filter((zone) => !views.some((view) => view.zone === zone));
  if (kind === "exit") return views.flatMap((view) => exitsOf(view.zone).filter((name) => !listOf(view, "exits").some((one) => one.exit === name)));
  if (kind === "ground") return camera.ground ? [] : [""];
  return kind === "mask" ? [""] : null;
}

/** The homography from metres to the picture through four points, as nine numbers; null where there is none. */
export function homography(ground) {
  const rows = [];
  for (const { picture: [u, v], metres: [x, y] } of ground) {
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  for (let column = 0; column < 8; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < 8; row += 1) if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    if (Math.abs(rows[pivot][column]) < 1e-9) return null;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = 0; row < 8; row += 1) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let at = column; at < 9; at += 1) rows[row][at] -= factor * rows[column][at];
    }
  }
  return [...rows.map((row, at) => row[8] / row[at]), 1];
}

/** Lines of a grid on the ground: [points in shares of the picture, value in metres, "x" or "y"]. */
export function gridLines(ground) {
  const h = homography(ground);
  if (h === null || h.some((value) => !Number.isFinite(value))) return { step: 0, lines: [] };
  const project = ([x, y]) => {
    const w = h[6] * x + h[7] * y + h[8];
    return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w, w];
  };
  const sign = Math.sign(project(ground[0].metres)[2]);
  const range = (axis) => {
    const values = ground.map((point) => point.metres[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - (high - low) / 2, high + (high - low) / 2];
  };
  const ranges = [range(0), range(1)];
  const width = Math.max(ranges[0][1] - ranges[0][0], ranges[1][1] - ranges[1][0]);
  const step = [0.5, 1, 2, 5, 10, 20, 50, 100].find((one) => width / one <= 20) ?? 200;
  const lines = [];
  for (const axis of [0, 1]) {
    for (let value = Math.ceil(ranges[axis][0] / step) * step; value <= ranges[axis][1]; value += step) {
      const points = [];
      for (let part = 0; part <= 24; part += 1) {
        const along = ranges[1 - axis][0] + (part / 24) * (ranges[1 - axis][1] - ranges[1 - axis][0]);
        const [u, v, w] = project(axis === 0 ? [value, along] : [along, value]);
        if (w * sign > 1e-6 && Math.abs(u) < 3 && Math.abs(v) < 3) points.push([u, v]);
      }
      if (points.length > 1) lines.push({ points, value, axis: axis === 0 ? "x" : "y" });
    }
  }
  return { step, lines };
}
