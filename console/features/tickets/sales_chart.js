// Chart of one type: sold, expected with its 90 % band, capacity and marks, by days before the event.
// A slider below it reads the values by keyboard; the pointer moves the slider.

import { h, number, state, svg, t, text } from "../page.js";

const LEAST_WIDTH = 300, USUAL_WIDTH = 640, HEIGHT = 300, LEFT = 64, RIGHT = 16, TOP = 14, BOTTOM = 46;
const TICKS = 5;

/** Return an empty chart. */
export function makeChart() {
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${USUAL_WIDTH} ${HEIGHT}`, role: "img" });
  const slider = h("input", { type: "range", step: 1, "aria-label": t("tickets_read") });
  const chart = h("div", {}, picture, h("div", { class: "reading" }, slider, h("output", {})));
  slider.addEventListener("input", () => read(chart));
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const { width } = chart.sales;
    const place = ((event.clientX - box.left) / box.width) * width;
    slider.value = Math.round((place - LEFT) / (width - LEFT - RIGHT) * (slider.max - slider.min) + Number(slider.min));
    read(chart);
  });
  return chart;
}

/** A round number at or above a value: 1, 2, 2.5 or 5 times a power of ten. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) * power;
}

/** Draw the sales of a type. */
export function drawChart(chart, title, sales, marks) {
  const picture = chart.querySelector("svg");
  const slider = chart.querySelector("input");
  const width = Math.max(LEAST_WIDTH, chart.clientWidth || USUAL_WIDTH); // so that letters keep their size on a phone
  picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const first = Math.max(1, sales.curve[0]?.[0] ?? sales.course[0]?.[0] ?? 1);
  const highest = Math.max(sales.capacity ?? 0, sales.sold, ...sales.curve.map((one) => one[1]), ...sales.course.map((one) => one[3]), 1);
  const step = round(highest / TICKS), top = step * Math.ceil(highest / step);
  const x = (days) => LEFT + (1 - days / first) * (width - LEFT - RIGHT);
  const y = (tickets) => HEIGHT - BOTTOM - (Math.max(tickets, 0) / top) * (HEIGHT - TOP - BOTTOM);
  const line = (points) => points.map(([days, tickets]) => `${x(days).toFixed(1)},${y(tickets).toFixed(1)}`).join(" ");
  picture.replaceChildren();
  picture.setAttribute("aria-label", t("tickets_chart_of", { title }));
  for (let tickets = 0; tickets <= top + step / 2; tickets += step) {
    picture.append(svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(tickets), y2: y(tickets) }), svg("text", { x: LEFT - 8, y: y(tickets) + 4, "text-anchor": "end" }, number(tickets)));
  }
  const dayStep = Math.max(1, round(first / TICKS));
  for (let days = 0; days <= first; days += dayStep) {
    picture.append(svg("line", { class: "axis", x1: x(days), x2: x(days), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 5 }), svg("text", { x: x(days), y: HEIGHT - BOTTOM + 19, "text-anchor": "middle" }, number(days)));
  }
  picture.append(
    svg("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }),
    svg("text", { x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, t("tickets_axis_days")),
    svg("text", { x: -(TOP + HEIGHT - BOTTOM) / 2, y: 14, "text-anchor": "middle", transform: "rotate(-90)" }, t("tickets_axis_tickets")),
    svg("polygon", { class: "band", points: line([...sales.course.map((one) => [one[0], one[2]]), ...sales.course.map((one) => [one[0], one[3]]).reverse()]) }),
    svg("polyline", { class: "expected", points: line(sales.course) }),
    svg("polyline", { class: "sold", points: line(sales.curve) }),
  );
  if (sales.capacity) picture.append(svg("line", { class: "capacity", x1: LEFT, x2: width - RIGHT, y1: y(sales.capacity), y2: y(sales.capacity) }));
  for (const mark of marks) {
    const days = daysBefore(sales.date, mark.day);
    if (days >= 0 && days <= first) picture.append(svg("line", { class: "mark", x1: x(days), x2: x(days), y1: TOP, y2: HEIGHT - BOTTOM }, svg("title", {}, t(`tickets_mark_${mark.kind}`))));
  }
  picture.append(svg("line", { class: "cursor", x1: 0, x2: 0, y1: TOP, y2: HEIGHT - BOTTOM }), svg("circle", { class: "dot", r: 4 }));
  const fresh = slider.max !== String(0) || slider.min !== String(-first);
  slider.min = -first;
  slider.max = 0;
  if (fresh) slider.value = -(sales.course[0]?.[0] ?? sales.curve.at(-1)?.[0] ?? 0);
  chart.sales = { sales, marks, x, y, width };
  read(chart);
}

/** Days from a day to the event. */
export const daysBefore = (date, day) => Math.round((Date.parse(date) - Date.parse(day)) / 86_400_000);

/** The day of a number of days before the event, in words. */
function dayName(date, days) {
  const day = new Date(Date.parse(date) - days * 86_400_000);
  return new Intl.DateTimeFormat(state.words.locale, { timeZone: "UTC", day: "numeric", month: "short" }).format(day);
}

/** Show the values of the day that the slider stands at. */
function read(chart) {
  const { sales, marks, x, y } = chart.sales;
  const slider = chart.querySelector("input");
  const days = -Number(slider.value);
  const day = dayName(sales.date, days);
  const ahead = sales.course.find((one) => one[0] === days);
  const known = [...sales.curve].reverse().find((one) => one[0] >= days);
  const isPast = sales.curve.length > 0 && days >= sales.curve.at(-1)[0];
  let value = null, words = t("tickets_read_nothing", { day, days: number(days) });
  if (isPast && known) {
    value = known[1];
    words = t("tickets_read_sold", { day, days: number(days), n: number(value) });
  } else if (ahead) {
    value = ahead[1];
    words = t("tickets_read_expected", { day, days: number(days), n: number(value), low: number(ahead[2]), high: number(ahead[3]) });
  }
  const marked = marks.filter((mark) => daysBefore(sales.date, mark.day) === days).map((mark) => t(`tickets_mark_${mark.kind}`));
  words = [words, ...marked].join(" · ");
  text(chart.querySelector("output"), words);
  slider.setAttribute("aria-valuetext", words);
  const cursor = chart.querySelector(".cursor"), dot = chart.querySelector(".dot");
  for (const name of ["x1", "x2"]) cursor.setAttribute(name, x(days));
  dot.toggleAttribute("hidden", value === null);
  dot.setAttribute("cx", x(days));
  dot.setAttribute("cy", y(value ?? 0));
}
