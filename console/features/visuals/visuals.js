// The picture of a stage on a whole screen. Keys: 1 to 3 and ← → scenes, F whole screen, H what can be done here.

import { live } from "../live.js";
import { state } from "../page.js";
import { Motion } from "./motion.js";
import { Painter } from "./scenes.js";

const FADE_S = 0.8; // out of one scene, and into the next
const SLOW_MS = 20; // between two pictures, on average of MEASURED: the picture is then made coarser
const MEASURED = 60;
const COARSER = 0.8;
const MIN_DETAIL = 0.35; // picture elements for each of the screen's
const MAX_DETAIL = 1.5;
const HIDE_MS = 4_000; // after the last move of the mouse the controls go

const canvas = document.getElementById("picture");
const controls = document.getElementById("controls");
const motion = new Motion({ fastFlashes: state.fast_flashes, reduced: matchMedia("(prefers-reduced-motion: reduce)").matches });
const asked = new URLSearchParams(location.search).get("scene");
let scene = state.scenes.includes(asked) ? asked : state.scene;
let next = scene;
let fade = 0;
let detail = Math.min(MAX_DETAIL, devicePixelRatio);
let lastFrame = "";
let before;
let slow = 0;
let measured = 0;
let counted = 0;
let countedSince;
let painter;

const seconds = (milliseconds) => milliseconds / 1000;

function take({ frame, tags }) {
  if (tags) motion.tags(tags);
  if (!frame || frame.time === lastFrame) return;
  lastFrame = frame.time;
  motion.frame(frame, seconds(performance.now()));
}

function fit() {
  canvas.width = Math.max(1, Math.round(innerWidth * detail));
  canvas.height = Math.max(1, Math.round(innerHeight * detail));
}

/** Make the picture coarser where this machine can't keep up. */
function measure(now) {
  counted += 1;
  countedSince ??= now;
  if (now - countedSince >= 1_000) {
    document.body.dataset.rate = Math.round(counted / seconds(now - countedSince));
    counted = 0;
    countedSince = now;
  }
  if (document.hidden) return;
  slow += now - before;
  measured += 1;
  if (measured < MEASURED) return;
  if (slow / measured > SLOW_MS && detail > MIN_DETAIL) {
    detail = Math.max(MIN_DETAIL, detail * COARSER);
    fit();
  }
  slow = measured = 0;
}

function paint(now) {
  requestAnimationFrame(paint);
  if (before !== undefined) {
    measure(now);
    const step = seconds(now - before) / FADE_S;
    if (next !== scene && fade <= 0) show(next);
    fade = Math.min(1, Math.max(0, fade + (next === scene ? step : -step)));
  }
  before = now;
  const shown = motion.at(seconds(now));
  document.body.dataset.calm = shown.calm > 0.5;
  painter.draw(scene, shown, fade * fade * (3 - 2 * fade));
}

function show(name) {
  scene = name;
  document.body.dataset.scene = name;
  for (const button of controls.querySelectorAll("[data-scene]")) button.setAttribute("aria-pressed", button.dataset.scene === name);
}

function choose(name) {
  if (name) next = name;
}

function wholeScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {}); // refused: the page stays as it is
}

let hiding;
function showControls() {
  document.body.classList.remove("idle");
  clearTimeout(hiding);
  hiding = setTimeout(() => { if (!controls.contains(document.activeElement)) document.body.classList.add("idle"); }, HIDE_MS);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const place = state.scenes.indexOf(next);
  if (event.key === "ArrowRight") choose(state.scenes[(place + 1) % state.scenes.length]);
  else if (event.key === "ArrowLeft") choose(state.scenes.at(place - 1));
  else if (event.key.toLowerCase() === "f") wholeScreen();
  else if (event.key.toLowerCase() === "h") document.body.classList.toggle("idle");
  else choose(state.scenes[Number(event.key) - 1]);
});
for (const event of ["pointermove", "focusin", "pointerdown"]) addEventListener(event, showControls);
for (const button of controls.querySelectorAll("[data-scene]")) button.addEventListener("click", () => choose(button.dataset.scene));
document.getElementById("whole").addEventListener("click", wholeScreen);
addEventListener("resize", fit);
canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
canvas.addEventListener("webglcontextrestored", () => painter.prepare());

/** Keep the screen on, where the browser can. */
async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // the machine is low on power, or the page is hidden
  }
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) stayAwake(); });

show(scene);
showControls();
take(state.now);
live([state.channel], { [state.channel]: take });
try {
  painter = new Painter(canvas);
  fit();
  stayAwake();
  requestAnimationFrame(paint);
} catch {
  document.getElementById("no-webgl").hidden = false;
}
