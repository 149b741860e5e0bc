import type { SinkRules } from '../../state/environments/watcher-section.js';
import type { Clock } from '../../state/platform/clock.js';
import { runCommand } from './command.js';
import { appendTo } from './file.js';
import type { Sink } from './sink.js';
import { postTo } from './webhook.js';

/** The receivers that `environments.yaml` names. */
export function openSinks(rules: readonly SinkRules[], clock: Clock): readonly Sink[] {
  return rules.map((sink) => ({
    name: sink.name,
    tries: sink.tries,
    giveUp: sink.giveUp,
    takes: (environment) => sink.environments?.includes(environment) ?? true,
    deliver: (announcement, signal) => {
      switch (sink.kind) {
        case 'webhook':
          return postTo(sink, announcement, clock, signal);
        case 'command':
          return runCommand(sink, announcement, clock, signal);
        case 'file':
          return appendTo(sink, announcement);
      }
    },
  }));
}
