// What this browser keeps of a page. Nothing that a page needs may depend on it: storage may be full, or switched off.

/** What was kept under a name; `otherwise` if nothing was, or it can't be read. */
export function readKept(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep something; where that is not possible, the page has it until it is closed. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // no space left, or storage is switched off
  }
}
