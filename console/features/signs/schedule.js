// What a sign shows, from its commands, the one that wins first; the server sorts them so.

/** Degrees by which an arrow that points up is turned. */
export const TURNS = { up: 0, "up-right": 45, right: 90, "down-right": 135, down: 180, "down-left": 225, left: 270, "up-left": 315 };

/** The command in force at a time in Unix milliseconds; null for the default text. */
export const shownAt = (commands, at) => commands.find((command) => command.begin <= at && at < command.until) ?? null;
