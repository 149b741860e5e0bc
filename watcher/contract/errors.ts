import { defineError } from '../../state/platform/errors.js';

/** Another watcher leads by now: what this one was about to write was not applied. */
export class WatcherDeposed extends defineError(
  'watcher-deposed',
  'another watcher leads by now, and what this one was about to write was not applied',
  'ensemble watcher status',
) {}
