import assert from 'node:assert/strict';

import { refuseAskedTogether, refuseContradictions } from '../../../control/rollout/contradictions.js';
import { type Asking, RolloutContradiction } from '../../../control/rollout/errors.js';
import type { RolloutParameters } from '../../../state/formula/rollout-parameters.js';

type Command = 'upgrade-formula' | 'set-rollout' | 'revert-formula';

function asking(command: Command): Asking {
  return command === 'upgrade-formula' ? { command, to: 'p:web-2' } : { command };
}

describe('parameters of a rollout', () => {
  const agree: readonly (readonly [command: Command, parameters: RolloutParameters])[] = [
    ['upgrade-formula', {}],
    ['upgrade-formula', { 'max-parallel': '2', canary: '1', 'pause-after': 'each' }],
    ['upgrade-formula', { strategy: 'lockstep' }],
    [
      'upgrade-formula',
      { strategy: 'lockstep', canary: '0', 'max-parallel': '100%', 'on-failure': 'revert' },
    ],
    ['upgrade-formula', { strategy: 'lockstep', 'allow-missing': 'yes' }],
    ['upgrade-formula', { strategy: 'clone', 'max-failed': '1' }],
    ['upgrade-formula', { strategy: 'all', canary: '1' }],
    ['set-rollout', { 'allow-missing': 'yes' }],
  ];
  for (const [command, parameters] of agree)
    it(`agree for ${command}: ${JSON.stringify(parameters)}`, () =>
      assert.doesNotThrow(() => refuseContradictions('web', parameters, asking(command))));

  const contradict: readonly (readonly [
    command: Command,
    parameters: RolloutParameters,
    contrary: string,
    instead: string,
  ])[] = [
    [
      'upgrade-formula',
      { strategy: 'lockstep', canary: '1' },
      'canary 1',
      'ensemble upgrade-formula --revision 2 --strategy lockstep --canary 0 web',
    ],
    [
      'upgrade-formula',
      { strategy: 'lockstep', canary: '1', 'on-failure': 'pause' },
      'canary 1',
      'ensemble upgrade-formula --revision 2 --strategy lockstep --canary 0 --on-failure revert web',
    ],
    [
      'set-rollout',
      { strategy: 'lockstep', 'max-parallel': '2', canary: '0' },
      'max-parallel 2',
      'ensemble set-rollout web strategy=lockstep max-parallel=',
    ],
    [
      'revert-formula',
      { strategy: 'lockstep', 'max-failed': '1' },
      'max-failed 1',
      'ensemble revert-formula --strategy lockstep --max-failed 0 web',
    ],
    [
      'upgrade-formula',
      { strategy: 'clone', 'pause-after': 'each' },
      'pause-after each',
      'ensemble upgrade-formula --revision 2 --strategy clone --pause-after none web',
    ],
    [
      'upgrade-formula',
      { 'allow-missing': 'yes' },
      'allow-missing yes',
      'ensemble upgrade-formula --revision 2 --strategy lockstep --allow-missing web',
    ],
  ];
  for (const [command, parameters, contrary, instead] of contradict)
    it(`contradict each other for ${command}: ${JSON.stringify(parameters)}`, () =>
      assert.throws(
        () => refuseContradictions('web', parameters, asking(command)),
        (error) =>
          error instanceof RolloutContradiction &&
          error.message.includes(contrary) &&
          error.next?.includes(instead) === true,
      ));
});

describe('words of one command', () => {
  const refused: readonly (readonly [command: Command, asked: RolloutParameters, instead: string])[] = [
    [
      'upgrade-formula',
      { strategy: 'all', 'max-parallel': '2' },
      'ensemble upgrade-formula --revision 2 --strategy rolling --max-parallel 2 web',
    ],
    [
      'set-rollout',
      { strategy: 'all', 'max-parallel': '10%' },
      'ensemble set-rollout web strategy=rolling max-parallel=10%',
    ],
    [
      'revert-formula',
      { strategy: 'all', 'max-parallel': '1' },
      'ensemble revert-formula --strategy rolling --max-parallel 1 web',
    ],
  ];
  for (const [command, asked, instead] of refused)
    it(`contradict each other for ${command}: ${JSON.stringify(asked)}`, () =>
      assert.throws(
        () => refuseAskedTogether('web', asked, asking(command)),
        (error) =>
          error instanceof RolloutContradiction &&
          error.exitCode === 2 &&
          error.next?.includes(instead) === true,
      ));

  for (const asked of [
    { strategy: 'all' },
    { 'max-parallel': '2' },
    { strategy: 'all', 'max-parallel': '100%' },
    { strategy: 'rolling', 'max-parallel': '2' },
  ])
    it(`agree: ${JSON.stringify(asked)}`, () =>
      assert.doesNotThrow(() => refuseAskedTogether('web', asked, asking('upgrade-formula'))));
});
