// The sounds of new alerts, one for each severity, so that people hear without looking how bad it is. A critical one is
// two rising square tones, three times, loud enough to hear over music; less severe ones are softer, lower and shorter.

import { t } from "../page.js";

const SOUNDS = {
  critical: { type: "square", loudness: 0.25, repetitions: 3, tones: [[0, 740], [0.16, 988]] },
  high: { type: "triangle", loudness: 0.25, repetitions: 1, tones: [[0, 659], [0.2, 659]] },
  medium: { type: "sine", loudness: 0.12, repetitions: 1, tones: [[0, 440]] },
};
const LEVELS = ["critical", "high", "medium"];
let context = null;
let enabled = localStorage.getItem("sound") !== "off";
const button = document.getElementById("sound");
const from = document.getElementById("sound-from");
from.value = localStorage.getItem("sound-from") ?? "high";
from.addEventListener("change", () => {
  localStorage.setItem("sound-from", from.value);
  play(from.value); // so that one hears what one has chosen
});

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

/** Play the sound of a severity, if it is one that this person wants to hear; tests listen to the event. */
export function soundAlarm(severity) {
  if (!LEVELS.slice(0, LEVELS.indexOf(from.value) + 1).includes(severity)) return;
  document.dispatchEvent(new CustomEvent("alarm", { detail: severity }));
  play(severity);
}

function play(severity) {
  if (!enabled || context?.state !== "running") return;
  const sound = SOUNDS[severity];
  for (let repetition = 0; repetition < sound.repetitions; repetition += 1) {
    for (const [after, pitch] of sound.tones) {
      const begin = context.currentTime + repetition * 0.5 + after;
      const tone = new OscillatorNode(context, { type: sound.type, frequency: pitch });
      const loudness = new GainNode(context, { gain: 0 });
      loudness.gain.setTargetAtTime(sound.loudness, begin, 0.01);
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
