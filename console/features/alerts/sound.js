// The sound of a new critical alert: two rising tones, three times, loud enough to hear over music.

import { t } from "../page.js";

let context = null;
let enabled = localStorage.getItem("sound") !== "off";
const button = document.getElementById("sound");

function show() {
  const blocked = enabled && context?.state !== "running";
  button.setAttribute("aria-pressed", String(enabled && !blocked));
  button.textContent = blocked ? t("sound_blocked") : t(enabled ? "sound_on" : "sound_off");
}

async function allow() {
  // A browser plays nothing before the user has touched the page.
  context ??= new AudioContext();
  await context.resume();
  show();
}

/** Switch the sound on or off, and remember it. */
export function toggleSound() {
  enabled = context?.state === "running" ? !enabled : true;
  localStorage.setItem("sound", enabled ? "on" : "off");
  allow();
  show();
}

/** Play the sound, if it is on; tests listen to the event. */
export function soundAlarm() {
  document.dispatchEvent(new CustomEvent("alarm"));
  if (!enabled || context?.state !== "running") return;
  for (let repetition = 0; repetition < 3; repetition += 1) {
    for (const [after, pitch] of [[0, 740], [0.16, 988]]) {
      const begin = context.currentTime + repetition * 0.5 + after;
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
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => enabled && !context && allow(), { once: true });
show();
