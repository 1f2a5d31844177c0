// A sound for a new critical alert, made here: two rising tones, three times. It must be heard over music.

import { t } from "./page.js";

let context = null;
let wanted = localStorage.getItem("sound") !== "off";
const button = document.getElementById("sound");

function show() {
  const blocked = wanted && context?.state !== "running";
  button.setAttribute("aria-pressed", String(wanted && !blocked));
  button.textContent = blocked ? t("sound_blocked") : t(wanted ? "sound_on" : "sound_off");
}

async function allow() {
  // A browser plays nothing before somebody has touched the page.
  context ??= new AudioContext();
  await context.resume();
  show();
}

export function toggleSound() {
  wanted = context?.state === "running" ? !wanted : true;
  localStorage.setItem("sound", wanted ? "on" : "off");
  allow();
  show();
}

export function alarm() {
  document.dispatchEvent(new CustomEvent("alarm"));
  if (!wanted || context?.state !== "running") return;
  for (let beat = 0; beat < 3; beat += 1) {
    for (const [after, pitch] of [[0, 740], [0.16, 988]]) {
      const begin = context.currentTime + beat * 0.5 + after;
      const tone = new OscillatorNode(context, { type: "square", frequency: pitch });
      const loudness = new GainNode(context, { gain: 0 });
      loudness.gain.setTargetAtTime(0.25, begin, 0.01);
      loudness.gain.setTargetAtTime(0, begin + 0.13, 0.02);
      tone.connect(loudness).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + 0.3);
    }
  }
}

button.addEventListener("click", (event) => { event.stopPropagation(); toggleSound(); });
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => wanted && !context && allow(), { once: true });
show();
