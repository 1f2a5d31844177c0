// The camera wall: a small picture of each camera, renewed about once a second.

import { live } from "../live.js";
import { age, emit, h, keyed, now, state, t, text } from "../page.js";

const STALE_MS = 5_000;
const REFRESH_MS = 2_000;
const OPENED = Date.now();
let cameras = state.now.cameras;

/** Features add what they measure in a camera's picture when they receive "camera". */
function makeCamera(camera) {
  const item = h("li", {}, h("img", { alt: t("camera_picture", { camera: camera.id }), onload: (event) => { event.target.dataset.loaded = "yes"; }, onerror: (event) => { delete event.target.dataset.loaded; } }), h("p", {}, h("b", {}, camera.id), h("span", { class: "age" })));
  emit("camera", { item, camera });
  return item;
}

function updateCamera(item, camera) {
  const picture = item.querySelector("img");
  // The next picture is requested when the last has come: a slow network gets fewer, not a queue.
  if (camera.at !== null && picture.dataset.at !== String(camera.at) && (picture.complete || !picture.src)) {
    picture.dataset.at = camera.at;
    picture.src = `/camera/${encodeURIComponent(camera.id)}?at=${camera.at}`;
  }
  const stale = camera.at === null ? Date.now() - OPENED > STALE_MS : now() - camera.at > STALE_MS;
  item.className = stale ? "old" : "";
  text(item.querySelector(".age"), camera.at === null ? t("no_data") : age(camera.at));
  item.querySelector(".age").className = stale ? "age bad" : "age dim";
}

function show() {
  keyed(document.getElementById("wall"), cameras, (camera) => camera.id, makeCamera, updateCamera);
}

show();
setInterval(show, REFRESH_MS);
live([state.channel], { [state.channel]: (update) => { cameras = update.cameras; show(); } });
