// The assistant alone. On a kiosk, `?kiosk=1`, the next person finds no question of the one before.

import { chat } from "./chat.js";

const IDLE_SECONDS = 90;
const kiosk = new URLSearchParams(location.search).has("kiosk");
chat(document.getElementById("chat"), { keep: !kiosk, idleSeconds: kiosk ? IDLE_SECONDS : 0 });
for (const link of document.querySelectorAll("a.language")) if (kiosk) link.search += "&kiosk=1";
