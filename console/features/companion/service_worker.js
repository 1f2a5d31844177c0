// Opens the companion without a network: the page and its files are kept, shown at once, and renewed behind. Data are
// kept by the page itself, with their age.

const KEPT = "pulso-companion";
const FILES = [
  "/static/base.css", "/static/page.js", "/static/live.js", "/static/offline.js", "/static/storage.js", "/static/companion/companion.css",
  ...["changes", "chat", "companion", "faq", "friends", "keep", "map", "offer", "places", "plan", "programme", "promotion", "queues", "store", "taste", "wishes"].map((name) => `/static/companion/${name}.js`),
  "/static/companion/icon.svg", "/static/companion/icon-192.png",
];

self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode !== "navigate" && !address.pathname.startsWith("/static/")) return;
  event.respondWith(keptFirst(event, request));
});

async function keptFirst(event, request) {
  const cache = await caches.open(KEPT);
  const renewed = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  });
  const kept = await cache.match(request);
  if (kept) {
    event.waitUntil(renewed.catch(() => {}));
    return kept;
  }
  try {
    return await renewed;
  } catch (error) {
    // A page in another language than that which was opened before.
    const other = request.mode === "navigate" ? await cache.match("/companion", { ignoreSearch: true }) : undefined;
    if (other) return other;
    throw error;
  }
}
