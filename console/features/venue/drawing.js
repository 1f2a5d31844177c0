// Shapes over a camera's picture, drawn and moved with the mouse, a finger or the keyboard.

import { age, h, number, svg, t } from "../page.js";
import { editor, touch } from "./content.js";
import { addShape, gridLines, namesFor, rounded, shapesOf } from "./shapes.js";

const HEIGHT = 1000;
const STEP = 0.01;
const FINE_STEP = 0.001;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KINDS = ["view", "mask", "gate", "exit", "queue", "ground"];

export class Drawing {
  constructor(index, times) {
    Object.assign(this, { index, times, aspect: 16 / 9, chosen: null, drawn: null, cross: [0.5, 0.5], drag: null });
    this.picture = h("img", { alt: t("camera_picture", { camera: this.camera.id }), onload: () => this.loaded(), onerror: () => { delete this.picture.dataset.loaded; } });
    this.age = h("span", { class: "age" });
    this.canvas = svg("svg", { tabindex: "0", role: "group", "aria-label": t("venue_drawing", { camera: this.camera.id }), "aria-describedby": "drawing-help" });
    this.canvas.addEventListener("pointerdown", (event) => this.pointerDown(event));
    this.canvas.addEventListener("pointermove", (event) => this.pointerMove(event));
    this.canvas.addEventListener("pointerup", () => this.pointerUp());
    this.canvas.addEventListener("pointercancel", () => this.pointerUp());
    this.canvas.addEventListener("dblclick", () => this.finish());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.frame = h("div", { class: "drawing" }, this.picture, this.canvas, this.age);
    this.help = h("p", { id: "drawing-help", class: "dim" });
    this.list = h("ul", { id: "shapes" });
    this.tools = h("div", { class: "tools" });
    this.ground = h("div", {});
    this.said = h("p", { role: "status", class: "unseen" });
    this.element = h("div", { class: "editor" }, h("div", {}, this.frame, this.help, this.said), h("div", {}, this.tools, this.list, this.ground));
    this.showTools();
    this.show();
  }

  get camera() { return editor.content.cameras[this.index]; }
  get width() { return HEIGHT * this.aspect; }
  get shape() { return this.shapes.find((one) => one.key === this.chosen); }

  loaded() {
    this.picture.dataset.loaded = "yes";
    const aspect = this.picture.naturalWidth / this.picture.naturalHeight;
    this.frame.style.aspectRatio = String(aspect);
    this.frame.style.width = `min(100%, ${(72 * aspect).toFixed(1)}vh)`; // all of it fits the window
    if (Math.abs(aspect - this.aspect) < 0.01) return;
    this.aspect = aspect;
    this.show();
  }

  /** Show the newest picture, and its age. */
  renew() {
    const at = this.times.get(this.camera.id) ?? null;
    if (at !== null && this.picture.dataset.at !== String(at) && (this.picture.complete || !this.picture.src)) {
      this.picture.dataset.at = at;
      this.picture.src = `/camera/${encodeURIComponent(this.camera.id)}?at=${at}`;
    }
    this.age.textContent = at === null ? t("venue_no_picture") : age(at);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return rounded([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  }

  // --- drawing a new shape

  start() {
    const kind = this.kind.value;
    const name = this.name.value.trim();
    if (namesFor(this.index, kind) === null && !/^[a-z0-9][a-z0-9_-]{0,60}$/.test(name)) {
      this.nameError.textContent = t("venue_name_rule");
      this.name.setAttribute("aria-invalid", "true");
      this.name.focus();
      return null;
    }
    this.nameError.textContent = "";
    this.name.removeAttribute("aria-invalid");
    return { kind, name, points: [] };
  }

  draw() {
    this.drawn = this.start();
    if (!this.drawn) return;
    this.chosen = null;
    this.show();
    this.canvas.focus();
  }

  insert() {
    const made = this.start();
    if (made) this.add(made.kind, made.name);
  }

  add(kind, name, points) {
    this.chosen = addShape(this.index, kind, name, points);
    this.drawn = null;
    this.showTools();
    this.changed();
    this.focusPoint(0);
  }

  needed() { return { gate: 3, exit: 2, ground: 4 }[this.drawn.kind] ?? Infinity; }

  addPoint(point) {
    const last = this.drawn.points.at(-1);
    if (last && Math.hypot(last[0] - point[0], last[1] - point[1]) < 0.004) return; // the second click of a double one
    this.drawn.points.push(point);
    this.say(t("venue_point_added", { n: this.drawn.points.length }));
    if (this.drawn.points.length === this.needed()) this.finish();
    else this.show();
  }

  finish() {
    if (!this.drawn) return;
    const { kind, name, points } = this.drawn;
    const least = Math.min(this.needed(), 3);
    if (points.length < least) { this.say(t("venue_more_points", { n: least })); return; }
    this.add(kind, name, points);
  }

  // --- changing a shape

  changed() {
    this.show();
    touch("shape");
  }

  setPoint(at, point) {
    const points = [...this.shape.points];
    points[at] = rounded(point);
    this.shape.set(points);
  }

  choose(key) {
    this.chosen = key;
    this.drawn = null;
    this.show();
  }

  remove(shape) {
    shape.remove();
    this.chosen = null;
    this.showTools();
    this.changed();
    this.canvas.focus();
  }

  // --- mouse and fingers

  pointerDown(event) {
    if (event.button !== 0) return;
    if (this.drawn) {
      event.preventDefault();
      this.canvas.focus();
      this.addPoint(this.place(event));
      return;
    }
    const { point, key } = event.target.dataset;
    if (key && key !== this.chosen) this.choose(key);
    if (point === undefined) return;
    event.preventDefault();
    this.drag = Number(point);
    this.canvas.setPointerCapture(event.pointerId);
    this.focusPoint(this.drag);
  }

  pointerMove(event) {
    if (this.drawn) {
      this.cross = this.place(event);
      this.showCross();
      return;
    }
    if (this.drag === null) return;
    this.setPoint(this.drag, this.place(event));
    this.show();
  }

  pointerUp() {
    if (this.drag === null) return;
    this.drag = null;
    this.changed();
  }

  // --- keyboard

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.drawn ? this.keyWhileDrawing(event) : this.keyAtPoint(event);
    if (handled) event.preventDefault();
  }

  keyWhileDrawing(event) {
    const arrow = ARROWS[event.key];
    const step = event.shiftKey ? FINE_STEP : STEP;
    if (arrow) {
      this.cross = rounded([this.cross[0] + arrow[0] * step, this.cross[1] + arrow[1] * step]);
      this.showCross();
      this.say(this.position(this.cross));
    } else if (event.key === " ") this.addPoint(this.cross);
    else if (event.key === "Enter") this.finish();
    else if (event.key === "Backspace") { this.drawn.points.pop(); this.show(); }
    else if (event.key === "Escape") { this.drawn = null; this.show(); }
    else return false;
    return true;
  }

  keyAtPoint(event) {
    const at = event.target.dataset.point === undefined ? null : Number(event.target.dataset.point);
    if (at === null || !this.shape) return false;
    const arrow = ARROWS[event.key];
    const { points, least, most } = this.shape;
    if (arrow) {
      const step = event.shiftKey ? FINE_STEP : STEP;
      this.setPoint(at, [points[at][0] + arrow[0] * step, points[at][1] + arrow[1] * step]);
      this.changed();
      this.focusPoint(at);
      this.say(this.position(this.shape.points[at]));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (points.length <= least) { this.say(t("venue_more_points", { n: least })); return true; }
      this.shape.set(points.filter((_, number) => number !== at));
      this.changed();
      this.focusPoint(Math.min(at, points.length - 2));
    } else if (event.key === "Insert" || event.key === "+") {
      if (points.length >= most) return true;
      const next = points[(at + 1) % points.length];
      const middle = rounded([(points[at][0] + next[0]) / 2, (points[at][1] + next[1]) / 2]);
      this.shape.set([...points.slice(0, at + 1), middle, ...points.slice(at + 1)]);
      this.changed();
      this.focusPoint(at + 1);
    } else return false;
    return true;
  }

  focusPoint(at) { this.canvas.querySelector(`[data-point="${at}"]`)?.focus(); }
  position([x, y]) { return t("venue_position", { x: number(x * 100, 1), y: number(y * 100, 1) }); }
  say(text) { this.said.textContent = text; }

  // --- showing

  show() {
    this.shapes = shapesOf(this.index);
    if (this.chosen && !this.shape) this.chosen = null;
    this.canvas.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const focused = document.activeElement?.dataset?.point;
    const kept = this.canvas.contains(document.activeElement) ? focused : undefined;
    const order = [...this.shapes].sort((a, b) => (a.key === this.chosen) - (b.key === this.chosen));
    this.canvas.replaceChildren(...this.gridElements(), ...order.flatMap((shape) => this.shapeElements(shape)), ...this.cornerElements(), ...this.drawnElements());
    if (kept !== undefined) this.focusPoint(Number(kept));
    this.showCross();
    this.showList();
    this.showGround();
    this.help.textContent = this.drawn ? t("venue_help_drawing") : this.chosen ? t("venue_help_points") : t("venue_help");
  }

  at([x, y]) { return `${(x * this.width).toFixed(1)},${(y * HEIGHT).toFixed(1)}`; }

  shapeElements(shape) {
    const classes = `shape ${shape.kind}${shape.key === this.chosen ? " chosen" : ""}${shape.mistakes.length ? " wrong" : ""}`;
    const { points } = shape;
    if (shape.kind === "gate") {
      const middle = [(points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2];
      return [svg("polyline", { class: classes, points: points.slice(0, 2).map((one) => this.at(one)).join(" "), "data-key": shape.key }), svg("polyline", { class: "inwards", points: [middle, points[2]].map((one) => this.at(one)).join(" ") })];
    }
    return [svg(points.length === 2 ? "polyline" : "polygon", { class: classes, points: points.map((one) => this.at(one)).join(" "), "data-key": shape.key })];
  }

  cornerElements() {
    if (!this.shape) return [];
    return this.shape.points.map((point, at) => svg("circle", { class: "corner", cx: point[0] * this.width, cy: point[1] * HEIGHT, r: 14, tabindex: "0", role: "button", "data-point": at, "aria-label": `${this.pointName(at)}: ${this.position(point)}` }));
  }

  pointName(at) {
    const name = this.shape.kind === "gate" && at === 2 ? t("venue_inwards") : t("venue_point", { n: at + 1 });
    return `${this.shape.label}, ${name}`;
  }

  drawnElements() {
    if (!this.drawn) return [];
    return [svg("polyline", { class: `shape ${this.drawn.kind} chosen`, points: this.drawn.points.map((one) => this.at(one)).join(" ") }), ...this.drawn.points.map((point) => svg("circle", { class: "corner chosen", cx: point[0] * this.width, cy: point[1] * HEIGHT, r: 8 }))];
  }

  showCross() {
    this.canvas.querySelector(".cross")?.remove();
    if (!this.drawn) return;
    const [x, y] = [this.cross[0] * this.width, this.cross[1] * HEIGHT];
    this.canvas.append(svg("path", { class: "cross", d: `M${x - 30} ${y}h60M${x} ${y - 30}v60` }));
  }

  gridElements() {
    const { ground } = this.camera;
    if (!ground || ground.length !== 4) return [];
    this.grid = gridLines(ground);
    return this.grid.lines.map((line) => svg("polyline", { class: line.value === 0 ? "grid axis" : "grid", points: line.points.map((one) => this.at(one)).join(" ") }));
  }

  showTools() {
    const kinds = KINDS.filter((kind) => namesFor(this.index, kind)?.length !== 0);
    const before = this.kind?.value;
    this.kind = h("select", { id: "new-kind", onchange: () => this.showName() }, kinds.map((kind) => h("option", { value: kind, selected: kind === before }, t(`venue_kind_${kind}`))));
    this.nameLabel = h("label", {});
    this.nameError = h("span", { class: "error", role: "alert" });
    this.tools.replaceChildren(
      h("label", {}, t("venue_new"), " ", this.kind), this.nameLabel,
      h("button", { type: "button", class: "main", id: "draw", onclick: () => this.draw() }, t("venue_draw")),
      h("button", { type: "button", id: "insert", onclick: () => this.insert() }, t("venue_insert")),
      h("button", { type: "button", id: "finish", onclick: () => this.finish() }, t("venue_finish")), this.nameError,
    );
    this.showName();
  }

  showName() {
    const names = namesFor(this.index, this.kind.value);
    this.name = names === null ? h("input", { name: "shape-name", size: "12" }) : h("select", { name: "shape-name" }, names.map((name) => h("option", { value: name }, name)));
    this.nameLabel.replaceChildren(t("venue_name"), " ", this.name);
    this.nameLabel.hidden = names !== null && names[0] === "";
  }

  showList() {
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.list : null;
    this.list.replaceChildren(...this.shapes.map((shape) => h("li", {},
      h("button", { type: "button", "aria-pressed": String(shape.key === this.chosen), "data-list": shape.key, onclick: () => this.choose(shape.key) }, shape.label,
        shape.mistakes.map((one) => h("span", { class: "error" }, one.text))),
      h("button", { type: "button", "aria-label": t("venue_remove_of", { name: shape.label }), onclick: () => this.remove(shape) }, "×"))));
    if (focused) this.list.querySelector(`[data-list="${CSS.escape(focused)}"]`)?.focus();
  }

  showGround() {
    const { ground } = this.camera;
    if (this.ground.contains(document.activeElement) || (this.drag !== null)) return;
    if (!ground) { this.ground.replaceChildren(); return; }
    const input = (point, at, axis) => h("input", { type: "number", step: "0.1", value: point.metres[axis], "aria-label": `${t("venue_point", { n: at + 1 })}: ${t(axis === 0 ? "venue_metres_right" : "venue_metres_away")}`, oninput: (event) => { if (event.target.value === "") return; point.metres = point.metres.map((one, number_) => (number_ === axis ? Number(event.target.value) : one)); this.changed(); } });
    this.ground.replaceChildren(h("h3", {}, t("venue_shape_ground")), h("p", { class: "dim" }, t("venue_grid", { step: number(this.grid?.step ?? 0, 1) })),
      h("table", { class: "cells" }, h("thead", {}, h("tr", {}, h("th", {}, t("venue_point_column")), h("th", {}, t("venue_metres_right")), h("th", {}, t("venue_metres_away")))),
        h("tbody", {}, ground.map((point, at) => h("tr", {}, h("td", {}, String(at + 1)), h("td", {}, input(point, at, 0)), h("td", {}, input(point, at, 1)))))));
  }
}
