/** Milliseconds from SIGTERM to SIGKILL for a hook that is to end, unless an agent is told otherwise. */
export const KILL_DELAY = 10_000;
