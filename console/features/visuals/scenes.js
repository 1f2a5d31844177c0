// The scenes as fragment shaders (WebGL 1). Each defines `vec3 scene(vec2 p)`: the colour at a place, whose y goes from -1 to 1
// and whose x as far as the screen is wide.

const HEAD = `
precision mediump float;
uniform vec2 size;
uniform float flow, pulse, kick, level, brightness, calm, edge, fade;
uniform float bands[6];
uniform vec3 dark, middle, bright;

float hash(vec2 p) {
  p = fract(p * vec2(123.34, 345.45));
  p += dot(p, p + 34.345);
  return fract(p.x * p.y);
}
float noise(vec2 p) {
  vec2 cell = floor(p), f = fract(p);
  f = f * f * (3. - 2. * f);
  return mix(mix(hash(cell), hash(cell + vec2(1, 0)), f.x), mix(hash(cell + vec2(0, 1)), hash(cell + vec2(1, 1)), f.x), f.y);
}
float band(float number) {
  if (number < .5) return bands[0];
  if (number < 1.5) return bands[1];
  if (number < 2.5) return bands[2];
  if (number < 3.5) return bands[3];
  if (number < 4.5) return bands[4];
  return bands[5];
}
`;

const FOOT = `
void main() {
  vec2 p = (2. * gl_FragCoord.xy - size) / size.y;
  vec3 colour = scene(p * (1. - .05 * kick));
  float corner = smoothstep(2.4, .5, length(p));
  colour *= mix(.55, 1., corner) * (1. + .22 * pulse) * mix(.85, .55, calm);
  colour = 1. - exp(-1.5 * colour);
  colour += (hash(gl_FragCoord.xy + fract(flow)) - .5) / 255.;
  gl_FragColor = vec4(colour * fade, 1);
}
`;

const RIBBONS = `
vec3 scene(vec2 p) {
  vec3 colour = dark * (.7 + .6 * noise(p * 1.4 + vec2(flow * .4, 0)));
  for (int i = 0; i < 6; i++) {
    float number = float(i), loud = bands[i];
    vec3 tint = mix(middle, bright, number / 5.);
    float wave = sin(p.x * (1.1 + .3 * number) + flow * (1.1 + .23 * number) + number * 1.7);
    wave += .45 * sin(p.x * (2.9 - .2 * number) - flow * (1.7 - .1 * number) + number);
    wave += edge * .3 * (abs(fract(p.x * (.8 + .2 * number) + flow * .5) - .5) * 4. - 1.);
    float middleLine = (number - 2.5) * .27 + (.07 + .26 * loud) * wave;
    for (int j = 0; j < 4; j++) {
      float echo = float(j);
      float away = abs(p.y - middleLine - echo * (.012 + .05 * loud) * sin(p.x * 1.7 + number + echo * .6 + flow));
      float width = (.005 + .035 * loud) / (1. + echo);
      colour += tint * width / (away + width) * exp(-away * mix(1.8, 3.2, edge)) * (.2 + 1.1 * loud) / (1. + .7 * echo);
    }
  }
  return colour;
}
`;

const TUNNEL = `
vec3 scene(vec2 p) {
  p += .12 * vec2(sin(flow * .7), cos(flow * .53));
  float radius = length(p) + .02;
  float angle = atan(p.y, p.x) / 6.28318 + .5;
  float depth = .55 / radius + flow * 1.1;
  float sector = angle * 12. + sin(depth * .6) * .6 + flow * .15;
  float number = floor(mod(sector, 6.));
  float loud = mix(band(number), band(mod(number + 1., 6.)), smoothstep(.7, 1., fract(sector)));
  float ring = .5 + .5 * sin(depth * 5.);
  ring = pow(ring, mix(1.5, 7., edge));
  float seam = smoothstep(0., .08 + .1 * (1. - edge), abs(fract(sector) - .5));
  float light = ring * seam * (.12 + 1.5 * loud) + .1 * noise(vec2(sector * 2., depth * 2.));
  vec3 colour = mix(dark, mix(middle, bright, brightness), light);
  colour += bright * .55 * level * exp(-radius * 5.) + middle * bands[0] * .35 * exp(-radius * 2.);
  // In its middle rings are finer than picture elements.
  return mix(mix(dark, bright, .35 + .4 * level), colour, smoothstep(.05, .3, radius));
}
`;

const EMBERS = `
vec3 scene(vec2 p) {
  float smoke = noise(p * vec2(1.2, .9) - vec2(flow * .15, flow * .5)) * .6 + noise(p * 2.7 - vec2(0, flow * .9)) * .4;
  float fire = exp(-(p.y + 1.05) * mix(2.2, 1.1, bands[1]));
  vec3 colour = dark * (.35 + .9 * smoke) + middle * fire * (.25 + .9 * bands[0]) * (.5 + smoke);
  for (int i = 0; i < 5; i++) {
    float layer = float(i);
    vec2 q = p * (2.2 + 1.5 * layer);
    q.y -= flow * (1.1 + .35 * layer);
    q.x += .3 * sin(flow * .6 + q.y * .5 + layer);
    vec2 cell = floor(q);
    float one = hash(cell + layer * 17.), two = hash(cell + layer * 31. + 5.);
    vec2 place = fract(q) - .5 - .6 * (vec2(one, two) - .5);
    float loud = band(floor(fract(one * 7.3) * 6.));
    float reach = mix(.03, .15, loud);
    float away = mix(length(place), abs(place.x) + abs(place.y), edge);
    float spark = exp(-away * away / (reach * reach)) + .25 * loud * exp(-away * 5.);
    colour += mix(middle, bright, two) * spark * (.25 + 1.4 * loud) * smoothstep(1.5, -.9, p.y - level);
  }
  return colour;
}
`;

/** Fragment shaders by scene. */
export const SCENES = Object.fromEntries(
  Object.entries({ ribbons: RIBBONS, tunnel: TUNNEL, embers: EMBERS }).map(([name, body]) => [name, HEAD + body + FOOT]),
);

const CORNERS = "attribute vec2 corner; void main() { gl_Position = vec4(corner, 0, 1); }";
const NUMBERS = ["flow", "pulse", "kick", "level", "brightness", "calm", "edge"];

/** Draws scenes on a canvas. */
export class Painter {
  /** @throws Error where the browser has no WebGL */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl", { alpha: false, antialias: false, depth: false, preserveDrawingBuffer: true, powerPreference: "high-performance" });
    if (!this.gl) throw new Error("no WebGL");
    this.prepare();
  }

  /** Make what a graphics card forgets when it is reset. */
  prepare() {
    const { gl } = this;
    this.programs = new Map();
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
  }

  /** Draw a scene as `Motion.at` says; `fade` from 0 (black) to 1. */
  draw(scene, shown, fade) {
    const { gl, canvas } = this;
    const { program, places } = this.programOf(scene);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.useProgram(program);
    gl.enableVertexAttribArray(places.corner);
    gl.vertexAttribPointer(places.corner, 2, gl.FLOAT, false, 0, 0);
    gl.uniform2f(places.size, canvas.width, canvas.height);
    for (const name of NUMBERS) gl.uniform1f(places[name], shown[name]);
    gl.uniform1f(places.fade, fade);
    gl.uniform1fv(places.bands, shown.bands);
    ["dark", "middle", "bright"].forEach((name, at) => gl.uniform3fv(places[name], shown.colours[at]));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  programOf(scene) {
    if (!this.programs.has(scene)) {
      const { gl } = this;
      const program = gl.createProgram();
      for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, SCENES[scene]]]) {
        const shader = gl.createShader(kind);
        gl.shaderSource(shader, source);
        gl.compileShader(shader);
        gl.attachShader(program, shader);
      }
      gl.linkProgram(program);
      if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
        const reasons = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
        throw new Error(`scene ${scene}: ${reasons.join(" ")} ${gl.getProgramInfoLog(program)}`);
      }
      const places = Object.fromEntries([...NUMBERS, "size", "fade", "bands", "dark", "middle", "bright"].map((name) => [name, gl.getUniformLocation(program, name)]));
      places.corner = gl.getAttribLocation(program, "corner");
      this.programs.set(scene, { program, places });
    }
    return this.programs.get(scene);
  }
}
