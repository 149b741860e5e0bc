import { rolloutVerbs } from '../../control/rollout/verbs.js';
import { rolloutWords } from '../../state/formula/rollout-parameters.js';
import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list, service, text } from './definition.js';
import { following } from './following.js';

/** The commands about rollouts. */
export const rolloutCommands: readonly CommandDefinition[] = [
  {
    name: 'rollout',
    summary: 'show a service’s rollout, follow it, or say how it goes on',
    details:
      'status shows the plan, each unit, and what it waits for; watch follows it; history shows those before.\n' +
      'pause takes on no further unit until resume; promote takes the others on once the canary is healthy, or\n' +
      'puts a clone in its service’s place; retry asks failed units again; revert has all go back; abort ends it, leaves\n' +
      'every unit where it is, and has a clone go that was not promoted.',
    arguments: [
      {
        name: '<verb>',
        description: 'what to do',
        choices: ['status', 'watch', 'history', ...rolloutVerbs],
      },
      service,
    ],
    options: [
      {
        flags: '--reason <text>',
        description: 'why, for those who see it in `rollout status` and `history`',
      },
      { flags: '--keep', description: 'promote: the service that was cloned stays, unrelated and unexposed' },
      {
        flags: '--force',
        description: 'promote: also a clone that has fewer units than the service that it replaces',
      },
      ...following,
      format,
    ],
    examples: [
      'ensemble rollout status guestbook',
      'ensemble rollout promote guestbook',
      "ensemble rollout pause --reason 'the disks are full' guestbook",
    ],
    run: async ([verb, name], options, invocation) =>
      (await import('../commands/rollout.js')).rollout(text(verb), text(name), options, invocation),
  },
  {
    name: 'set-rollout',
    summary: 'set how rollouts of a service go by default',
    details:
      `The words are ${rolloutWords.slice(0, 5).join(', ')},\n` +
      `${rolloutWords.slice(5).join(', ')}: the options of upgrade-formula, which win over these.\n` +
      'What a word has is taken away by word= with nothing behind it; then the formula says it, or the default holds.',
    arguments: [service, { name: '<word=value...>', description: 'what to set', parse: values.collected }],
    options: [],
    examples: [
      'ensemble set-rollout guestbook max-parallel=2 canary=1',
      'ensemble set-rollout guestbook canary=',
    ],
    run: async ([name, pairs], _options, invocation) =>
      (await import('../commands/set-rollout.js')).setRolloutOf(text(name), list(pairs), invocation),
  },
];
