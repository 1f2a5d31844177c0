// Opens the page of a sign without a network, as after a power cut: the network first, what was kept if it does not
// answer. The text itself is kept by the page, with its end.

const KEPT = "pulso-sign";
const FILES = ["/static/signs/sign.css", "/static/signs/sign.js", "/static/signs/schedule.js", "/static/offline.js", "/static/storage.js", "/static/pulso.svg"];
const WAIT_MS = 3_000;

self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode !== "navigate" && !address.pathname.startsWith("/static/")) return;
  event.respondWith(networkFirst(request));
});

async function networkFirst(request) {
  const cache = await caches.open(KEPT);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT_MS) });
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    if (answer.status < 500) return answer;
  } catch {
    // no network
  }
  return await cache.match(request) ?? Response.error();
}
