// Lets a service worker keep the companion, so that it opens without a network; browsers allow it over HTTPS and on this
// machine only.

import { registerWorker } from "../offline.js";

const KEPT = "pulso-companion"; // the name of service_worker.js

export async function keepCompanion() {
  if (!("serviceWorker" in navigator)) return;
  try {
    registerWorker("/companion/service_worker.js", { scope: "/companion" });
    await navigator.serviceWorker.ready;
    // The worker gets only requests made after it runs: this page is requested once more.
    const pages = await caches.open(KEPT);
    const address = location.href.split("#")[0];
    if (!await pages.match(address)) await pages.add(address);
    document.documentElement.dataset.kept = "yes";
  } catch {
    // not over HTTPS, or no space left: the page works with a network
  }
}
