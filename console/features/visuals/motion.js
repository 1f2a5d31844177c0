// What the picture shows at a moment, from the frames of the sound. Times are arguments, in seconds of any one clock.
//
// Flashes: more than three a second can cause seizures (WCAG 2.3.1). Light changes fast on beats only, and beats that come
// sooner than MIN_FLASH_GAP_S after the last flash move the picture without lighting it up. All else changes slowly.

export const BANDS = ["sub", "bass", "low_mid", "mid", "high_mid", "high"];

export const MIN_FLASH_GAP_S = 0.36;
const PULSE_FALL_S = 0.16; // in which a beat's light falls to a third
const KICK_FALL_S = 0.2; // the same of its movement
const RISE_S = 0.16; // in which a band follows the sound upwards,
const FALL_S = 0.5; // and downwards
const FAST_RISE_S = 0.03; // where fast flashes are allowed
const FAST_FALL_S = 0.2;
const CALM_AFTER_S = 2; // without a frame, or with silence, the picture calms down,
const CALM_S = 1.5; // so slowly
const QUIET = 0.12; // level at or below which there is no music: -53 dBFS
const COLOUR_S = 4; // in which colours change
const LOCK = 0.35; // share of the distance to the expected beat that a frame corrects
const MAX_CORRECTION = 0.25; // of a period; a beat that is further away replaces the old ones

// Three colours by mood, dark to bright, as red, green, blue from 0 to 1.
const PALETTES = {
  happy: [[0.32, 0.08, 0.22], [1, 0.42, 0.36], [1, 0.86, 0.42]],
  angry: [[0.2, 0.03, 0.1], [0.78, 0.24, 0.14], [1, 0.62, 0.2]],
  sad: [[0.04, 0.06, 0.24], [0.2, 0.34, 0.78], [0.6, 0.76, 1]],
  relax: [[0.02, 0.16, 0.2], [0.1, 0.55, 0.55], [0.66, 0.93, 0.76]],
};
const NO_MOOD = [[0.08, 0.05, 0.22], [0.4, 0.28, 0.86], [0.4, 0.86, 1]];
const EDGES = { electronic: 1, rock: 0.7, pop: 0.4, classical: 0 }; // how hard the picture's edges are
const KEYS = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"]; // round the circle of fifths
const MAX_TURN = 0.06; // of the colour circle, by key

/** The sound of a stage as a picture sees it. */
export class Motion {
  /** @param fastFlashes whether light may change as fast as the sound */
  constructor({ fastFlashes = false, reduced = false } = {}) {
    this.fast = fastFlashes;
    this.reduced = reduced; // the viewer asked the browser for less motion
    this.target = BANDS.map(() => 0);
    this.bands = BANDS.map(() => 0);
    this.level = this.targetLevel = 0;
    this.brightness = this.targetBrightness = 0.3;
    this.period = 0;
    this.nextBeat = Infinity;
    this.beats = 0;
    this.lastFlash = -Infinity;
    this.lastBeat = -Infinity;
    this.lastSound = -Infinity;
    this.silent = false;
    this.calm = 1;
    this.flow = 0;
    this.edge = this.targetEdge = 0.4;
    this.colours = NO_MOOD.map((colour) => [...colour]);
    this.targetColours = NO_MOOD;
    this.time = undefined;
  }

  /** Take a frame that was heard just now. */
  frame(frame, at) {
    this.target = BANDS.map((name) => frame.bands[name] ?? 0);
    this.targetLevel = frame.level;
    this.targetBrightness = Math.min(1, Math.max(0, Math.log2(Math.max(100, frame.brightness) / 100) / Math.log2(80)));
    if (frame.level > QUIET) this.lastSound = at;
    if (!frame.tempo || frame.until_beat === null || frame.until_beat === undefined) {
      this.period = 0;
      this.nextBeat = Infinity;
      return;
    }
    const expected = at + frame.until_beat;
    this.period = 60 / frame.tempo;
    // The nearest beat that was expected so far; a small difference is the network's.
    const off = expected - this.nextBeat;
    const rest = off - Math.round(off / this.period) * this.period;
    if (Math.abs(rest) < MAX_CORRECTION * this.period) this.nextBeat += LOCK * rest;
    else this.nextBeat = expected;
  }

  /** Take the tags of a fragment: they set the colours, and how hard edges are. */
  tags(tags) {
    this.silent = tags.silent;
    const turn = (Math.max(0, KEYS.indexOf(tags.key.split(" ")[0])) / 11 - 0.5) * 2 * MAX_TURN * (tags.key ? 1 : 0);
    this.targetColours = (PALETTES[tags.mood] ?? NO_MOOD).map((colour) => turned(colour, turn));
    this.targetEdge = EDGES[tags.genre] ?? 0.4;
  }

  /** Go on to a time, and return what the picture shows then. */
  at(time) {
    const step = Math.min(0.1, Math.max(0, time - (this.time ?? time)));
    this.time = time;
    while (time >= this.nextBeat) {
      this.beats += 1;
      this.lastBeat = this.nextBeat;
      if (this.fast || this.nextBeat - this.lastFlash >= MIN_FLASH_GAP_S) this.lastFlash = this.nextBeat;
      this.nextBeat += this.period;
      if (time - this.lastBeat > 10) this.nextBeat = Infinity; // the page was asleep
    }
    const quiet = time - this.lastSound > CALM_AFTER_S || this.silent;
    this.calm = towards(this.calm, quiet ? 1 : 0, step, CALM_S);
    const [rise, fall] = this.fast ? [FAST_RISE_S, FAST_FALL_S] : [RISE_S, FALL_S];
    const awake = 1 - this.calm;
    this.bands = this.bands.map((band, at) => towards(band, this.target[at] * awake, step, this.target[at] > band ? rise : fall));
    this.level = towards(this.level, this.targetLevel * awake, step, this.targetLevel > this.level ? rise : fall);
    this.brightness = towards(this.brightness, this.targetBrightness, step, 1);
    this.edge = towards(this.edge, this.targetEdge, step, COLOUR_S);
    this.colours = this.colours.map((colour, row) => colour.map((part, at) => towards(part, this.targetColours[row][at], step, COLOUR_S)));
    const lively = this.reduced ? 0 : awake;
    this.flow += step * (0.12 + 0.55 * lively * this.level);
    return {
      flow: this.flow,
      pulse: lively * Math.exp(-(time - this.lastFlash) / PULSE_FALL_S),
      kick: lively * Math.exp(-(time - this.lastBeat) / KICK_FALL_S),
      bands: this.bands,
      level: this.level,
      brightness: this.brightness,
      calm: this.calm,
      edge: this.edge,
      colours: this.colours,
    };
  }
}

function towards(value, target, step, seconds) {
  return target + (value - target) * Math.exp(-step / seconds);
}

/** A colour whose hue is turned by a share of the circle. */
function turned([red, green, blue], share) {
  const angle = share * 2 * Math.PI;
  const cos = Math.cos(angle);
  const third = (1 - cos) / 3;
  const root = Math.sin(angle) / Math.sqrt(3);
  const mix = (a, b, c) => Math.min(1, Math.max(0, a * (cos + third) + b * (third - root) + c * (third + root)));
  return [mix(red, green, blue), mix(green, blue, red), mix(blue, red, green)];
}
