import { defineError } from '../state/platform/errors.js';

/** Another watcher leads in the environment, and this one was to look once only. */
export class WatcherElsewhere extends defineError<{ environment: string }>(
  'watcher-elsewhere',
  ({ environment }) => `another watcher looks after ${environment}, so this one does not`,
  'ensemble watcher status',
) {}
