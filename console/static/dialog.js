// A dialog with a form that is sent to the server: buttons `send` and `cancel`, and `refused` for what the server says.

import { send } from "./live.js";
import { text } from "./page.js";

/**
 * Send the form of a dialog when it is submitted: the dialog closes when the server took it.
 * @param body returns what is sent
 */
export function sendFromDialog(dialog, path, body) {
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = document.getElementById("send");
    button.disabled = true;
    try {
      await send(path, body());
      dialog.close();
    } catch (error) {
      text(document.getElementById("refused"), error.message);
    } finally {
      button.disabled = false;
    }
  });
  document.getElementById("cancel").addEventListener("click", () => dialog.close());
}
