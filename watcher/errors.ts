import { defineError } from '../state/platform/errors.js';

/** Another watcher leads in the environment, and this one was to look once only. */
export class WatcherElsewhere extends defineError<{ environment: string }>(
  'watcher-elsewhere',
  ({ environment }) => `another watcher looks after ${environment}, so this one does not`,
  'ensemble watcher status',
) {}

/** Another watcher leads by now: what this one was about to write was not applied. */
export class WatcherDeposed extends defineError(
  'watcher-deposed',
  'another watcher leads by now, and what this one was about to write was not applied',
  'ensemble watcher status',
) {}
