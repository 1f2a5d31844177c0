// The camera wall: a small picture of each camera, new about once a second.

import { live } from "./live.js";
import { age, h, keyed, now, state, t, text } from "./page.js";

const STALE = 5_000;
const BEGUN = Date.now();
let told = state.now;

function show() {
  keyed(document.getElementById("wall"), told.cameras, (camera) => camera.id,
    (camera) => h("li", {}, h("img", { alt: t("camera_picture", { camera: camera.id }) }), h("p", {}, h("b", {}, camera.id), h("span", { class: "age" }))),
    (item, camera) => {
      const picture = item.querySelector("img");
      // The next is asked for when the last has come: a slow network gets fewer, not a queue.
      if (camera.at !== null && picture.dataset.at !== String(camera.at) && (picture.complete || !picture.src)) {
        picture.dataset.at = camera.at;
        picture.src = `/camera/${encodeURIComponent(camera.id)}?at=${camera.at}`;
      }
      const old = camera.at === null ? Date.now() - BEGUN > STALE : now() - camera.at > STALE;
      item.className = old ? "old" : "";
      text(item.querySelector(".age"), camera.at === null ? t("no_data") : age(camera.at));
      item.querySelector(".age").className = old ? "age bad" : "age dim";
    });
}

show();
setInterval(show, 2_000);
live([state.channel], { [state.channel]: (news) => { told = news; show(); } });
