import { type RolloutWord, rolloutStrategies } from '../../state/formula/rollout-parameters.js';
import { readerOf } from '../arguments/rollout-words.js';
import type { OptionDefinition } from './definition.js';

const option = (word: RolloutWord, value: string, description: string): OptionDefinition => ({
  flags: `--${word} <${value}>`,
  description,
  parse: readerOf(word),
});

const WAYS =
  'rolling: some units after the others (default for more than one); all: every unit at once; lockstep: all together, each waiting for the others';

const maxParallel = option(
  'max-parallel',
  'share',
  'rolling: units that may be away from healthy at once (default: 25%)',
);

/** What says how a way back goes: no clone is made on it. */
export const paceOptions: readonly OptionDefinition[] = [
  {
    flags: '--strategy <strategy>',
    description: WAYS,
    choices: rolloutStrategies.filter((strategy) => strategy !== 'clone'),
  },
  maxParallel,
];

/** What says how a rollout goes. */
export const rolloutOptions: readonly OptionDefinition[] = [
  {
    flags: '--strategy <strategy>',
    description: `${WAYS}; clone: another service beside it, which takes its place`,
    choices: rolloutStrategies,
  },
  maxParallel,
  option('canary', 'units', 'first only so many units, or these; then it waits for `rollout promote`'),
  {
    flags: '--pause-after <which>',
    description: 'pause after the first wave, or each',
    choices: ['none', 'first', 'all'],
  },
  option('min-healthy', 'time', 'a unit counts once it is healthy for so long (default: 0s)'),
  option(
    'health-deadline',
    'time',
    'a unit that is not healthy so long after it was asked failed (default: 5m)',
  ),
  option(
    'progress-deadline',
    'time',
    'the rollout fails when nothing gets further for so long (default: 10m)',
  ),
  option('max-failed', 'share', 'more failed units than these end it (default: 0)'),
  {
    flags: '--on-failure <what>',
    description: 'then stay as it is, or go back',
    choices: ['pause', 'revert'],
  },
  { flags: '--allow-missing', description: 'lockstep: go on without units whose agent is away' },
];
