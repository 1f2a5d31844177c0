// Pictures that show why an alert was raised. Clips move unless the user, or a setting of the computer, wants them still.

import { h, state } from "../page.js";

const box = document.getElementById("still") ?? document.createElement("input"); // a page without pictures has none
const setting = localStorage.getItem("still");
box.checked = setting ? setting === "on" : matchMedia("(prefers-reduced-motion: reduce)").matches;
if (box.closest("label")) box.closest("label").hidden = !state.evidence;

const address = (name) => `/evidence/${encodeURI(name)}${box.checked ? "?still=1" : ""}`;

/** One picture. */
export const picture = (name, alt) => h("img", { src: address(name), alt, loading: "lazy", "data-evidence": name });

box.addEventListener("change", () => {
  localStorage.setItem("still", box.checked ? "on" : "off");
  for (const image of document.querySelectorAll("img[data-evidence]")) image.src = address(image.dataset.evidence);
});
