import assert from 'node:assert/strict';
import { type Identity, whoIs } from '../../../cli/invocation/requester.js';

interface Row {
  readonly title: string;
  readonly variables?: Identity['variables'];
  readonly account?: string;
  readonly host?: string;
  readonly by: string;
  readonly as?: string;
}

const rows: readonly Row[] = [
  { title: 'the account, where nothing says otherwise', by: 'ann@m0', account: 'ann' },
  { title: 'root, where it was root', by: 'root@m0' },
  { title: 'who came by sudo', variables: { SUDO_USER: 'ann' }, by: 'ann@m0', as: 'root' },
  { title: 'who came by doas', variables: { DOAS_USER: 'ann' }, by: 'ann@m0', as: 'root' },
  {
    title: 'whom the operator names, before who came by sudo',
    variables: { ENSEMBLE_OPERATOR: 'bea', SUDO_USER: 'ann' },
    by: 'bea@m0',
    as: 'root',
  },
  {
    title: 'who came by sudo, where the operator names nobody',
    variables: { ENSEMBLE_OPERATOR: ' \n', SUDO_USER: 'ann' },
    by: 'ann@m0',
    as: 'root',
  },
  {
    title: 'the account, where variables are empty',
    variables: { SUDO_USER: '', DOAS_USER: '' },
    by: 'root@m0',
  },
  { title: 'one who is the account as that alone', variables: { SUDO_USER: 'root' }, by: 'root@m0' },
  {
    title: 'names in one line, without control and direction characters',
    variables: { ENSEMBLE_OPERATOR: 'an\u001b[31mn\u0000\n\u202e of  ops\t' },
    by: 'an[31mn of ops@m0',
    as: 'root',
  },
  {
    title: 'names of any language',
    variables: { ENSEMBLE_OPERATOR: 'Zoë 王 👩‍🚒' },
    by: 'Zoë 王 👩‍🚒@m0',
    as: 'root',
  },
  {
    title: 'names no longer than 64 characters, none of them cut in two',
    variables: { ENSEMBLE_OPERATOR: '🦊'.repeat(10_000) },
    by: `${'🦊'.repeat(64)}…@m0`,
    as: 'root',
  },
  { title: 'an account without a name', account: '1000', by: '1000@m0' },
  {
    title: 'unknown, where account and host say nothing',
    account: '\u0000',
    host: '',
    by: 'unknown@unknown',
  },
  { title: 'hosts no longer than 64 characters', host: 'h'.repeat(300), by: `root@${'h'.repeat(64)}…` },
];

describe('who it is that asks', () => {
  for (const { title, variables = {}, account = 'root', host = 'm0', by, as } of rows) {
    it(`is ${title}`, () => {
      assert.deepEqual(whoIs({ variables, account, host }), as === undefined ? { by } : { by, as });
    });
  }
});
