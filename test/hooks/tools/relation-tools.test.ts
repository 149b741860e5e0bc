import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { HookContext } from '../../../hooks/context/hook-context.js';
import type { HookRelation } from '../../../hooks/context/relation.js';
import { hookTools } from '../../../hooks/tools/all-tools.js';
import { runTool } from '../../../hooks/tools/run-tool.js';
import { InputWanted, type ToolResult } from '../../../hooks/tools/tool.js';
import type { RecordingSource } from '../context/recording-source.js';
import { broken, changed, relatedSource } from '../context/related-source.js';

type Row = readonly [call: string, stdout: string];

const mysql0 = `private-address: 10.0.1.1\nport: "3306"\nmotto: it's "all" \\ $HOME\n`;
const table = `\
ID       NAME   ROLE      INTERFACE  SERVICE  MEMBERS
db:4     db     requires  mysql      mysql    mysql/0 mysql/1
cache:5  cache  requires  memcached  fast     fast/0
cache:6  cache  requires  memcached  slow
loop:7   loop   peer      blog-loop  blog     blog/1
`;

const inChanged: Row[] = [
  ['relation-get port', '3306\n'],
  ['relation-get', mysql0],
  ['relation-get -', mysql0],
  ['relation-get - mysql/1', 'private-address: 10.0.1.2\n'],
  ['relation-get private-address mysql/1', '10.0.1.2\n'],
  ['relation-get -r db:4 port', '3306\n'],
  ['relation-get -r db port', '3306\n'],
  ['relation-get name blog/0', 'blog\n'],
  ['relation-get port -r cache:5 fast/0', '11211\n'],
  ['relation-get -r loop turn blog/1', 'yes\n'],
  ['relation-get no-such-key', ''],
  ['relation-get constructor', ''],
  ['relation-get --format json no-such-key', 'null\n'],
  ['relation-get --format json port', '"3306"\n'],
  ['relation-get --format json - mysql/1', '{"private-address":"10.0.1.2"}\n'],
  ['relation-get --format yaml port', '"3306"\n'],
  ['relation-get --format shell port', "VAR_PORT='3306'\n"],
  ['relation-get --format shell no-such-key', ''],
  ['relation-get --format shell - mysql/1', "VAR_PRIVATE_ADDRESS='10.0.1.2'\n"],
  ['relation-list', 'mysql/0\nmysql/1\n'],
  ['relation-list -r db', 'mysql/0\nmysql/1\n'],
  ['relation-list -r cache:6', ''],
  ['relation-list --format json', '["mysql/0","mysql/1"]\n'],
  ['relation-list --format json -r cache:6', '[]\n'],
  ['relation-list --format yaml', '- mysql/0\n- mysql/1\n'],
  ['relation-list --format shell', "VAR_MEMBERS='mysql/0 mysql/1'\n"],
  ['relation-list --format shell -r cache:6', "VAR_MEMBERS=''\n"],
  ['relation-ids', 'db:4\n'],
  ['relation-ids cache', 'cache:5\ncache:6\n'],
  ['relation-ids no-such-name', ''],
  ['relation-ids --format json no-such-name', '[]\n'],
  ['relation-ids --format json cache', '["cache:5","cache:6"]\n'],
  ['relation-ids --format shell cache', "VAR_RELATION_IDS='cache:5 cache:6'\n"],
  ['unit-relations', table],
  ['unit-relations --format table', table],
  ['unit-relations --format smart', table],
];

const elsewhere: Row[] = [
  ['relation-ids', 'db:4\ncache:5\ncache:6\nloop:7\n'],
  ['relation-ids db', 'db:4\n'],
  ['relation-list -r db', 'mysql/0\nmysql/1\n'],
  ['relation-get -r db port mysql/0', '3306\n'],
  ['unit-relations', table],
];

const inBroken: Row[] = [
  ['relation-list', ''],
  ['relation-list --format json', '[]\n'],
  ['relation-get name blog/0', 'blog\n'],
  ['relation-get -r cache:5 port fast/0', '11211\n'],
  ['relation-ids', ''],
  ['relation-ids db', ''],
  ['relation-ids cache', 'cache:5\ncache:6\n'],
  ['relation-get -r db name blog/0', 'blog\n'],
  ['unit-relations', table.replace(/^db:4.*\n/m, '')],
];

type Refusal = readonly [call: string, exit: 1 | 2, stderr: RegExp];

const ids = 'db:4, cache:5, cache:6, loop:7';
const refusedInChanged: Refusal[] = [
  ['relation-get a b c', 2, /^relation-get: too many arguments/],
  ['relation-get --format xml', 2, /^relation-get: option '--format <format>' argument 'xml' is invalid/],
  ['relation-get -r', 2, /^relation-get: option '-r, --relation <id>' argument missing/],
  ['relation-get port mysql', 2, /^relation-get: "mysql" is no unit; write one as blog\/0/],
  ['relation-get port ../../x/0', 2, /is no unit/],
  [
    'relation-get - mysql/9',
    1,
    /^relation-get: there is no unit mysql\/9 in relation db:4; there are mysql\/0, mysql\/1\n/,
  ],
  [
    'relation-get --format json port -r cache:6 slow/0',
    1,
    /no unit slow\/0 in relation cache:6; nobody is there/,
  ],
  [
    'relation-get -r cache:5 port',
    2,
    /^relation-get: name a unit after the key \(or -\), as cache:5 is not this hook's own; there are fast\/0, blog\/0\n/,
  ],
  [
    'relation-get -r db:9 port',
    1,
    new RegExp(`^relation-get: there is no relation "db:9"; this unit is in ${ids}\n`),
  ],
  [
    'relation-get -r cache port fast/0',
    1,
    /^relation-get: "cache" may be any of the relations cache:5, cache:6\n/,
  ],
  ['relation-list -r x', 1, /^relation-list: there is no relation "x"/],
  ['relation-list mysql', 2, /^relation-list: too many arguments/],
  ['relation-ids a b', 2, /^relation-ids: too many arguments/],
  ['relation-ids --format table', 2, /^relation-ids: .*smart, json, yaml, shell/],
  ['unit-relations db', 2, /^unit-relations: too many arguments/],
  ['unit-relations --format xml', 2, /^unit-relations: .*table, smart, json, yaml, shell/],
];

const refusedElsewhere: Refusal[] = [
  'relation-get port',
  'relation-get',
  'relation-list',
  'relation-set a=1',
].map((call) => [
  call,
  2,
  new RegExp(`^[a-z-]+: name a relation with -r, as this is no relation hook; this unit is in ${ids}\n`),
]);

const refusedInBroken: Refusal[] = [
  [
    'relation-get',
    2,
    /^relation-get: name a unit .*, as this hook is about no single unit; there are blog\/0\n/,
  ],
  [
    'relation-get port mysql/0',
    1,
    /^relation-get: relation db:4 is broken: .*only the settings of blog\/0 can be read\n/,
  ],
  ['relation-set a=1', 1, /^relation-set: relation db:4 is broken: nothing can be set in it any more\n/],
];

describe('the relation tools', () => {
  let source: RecordingSource;
  beforeEach(() => {
    source = relatedSource();
  });

  async function call(line: string, relation?: HookRelation): Promise<ToolResult> {
    const context = new HookContext('id', source, undefined, relation);
    const [name, ...words] = line.split(' ');
    const tool = hookTools.find((each) => each.name === name);
    assert.ok(tool);
    const result = await runTool(tool, { context, arguments: words, directory: '/' });
    assert.ok(!(result instanceof InputWanted));
    return result;
  }

  const hooks: [string, HookRelation | undefined, Row[], Refusal[]][] = [
    ['in db-relation-changed', changed, inChanged, refusedInChanged],
    ['in a hook that is about no relation', undefined, elsewhere, refusedElsewhere],
    ['in db-relation-broken', broken, inBroken, refusedInBroken],
  ];
  for (const [where, relation, rows, refusals] of hooks) {
    describe(where, () => {
      for (const [line, stdout] of rows) {
        it(`${line} prints ${JSON.stringify(stdout.slice(0, 60))}`, async () => {
          assert.deepEqual(await call(line, relation), { exit: 0, stdout, stderr: '' });
        });
      }
      for (const [line, exit, sentence] of refusals) {
        it(`${line} says what is wrong and exits ${exit}`, async () => {
          const { stdout, stderr, ...result } = await call(line, relation);
          assert.deepEqual([result.exit, stdout], [exit, '']);
          assert.match(stderr, sentence);
          if (exit === 2) assert.match(stderr, /--help/);
        });
      }
    });
  }

  it('relation-get in departed reads what the unit that left had set', async () => {
    const departed = { ...changed, members: ['mysql/1'] };
    assert.equal((await call('relation-get port', departed)).stdout, '3306\n');
    assert.equal((await call('relation-list', departed)).stdout, 'mysql/1\n');
  });

  it('relation-get tells an empty value from a missing one, but not in the smart format', async () => {
    const [db] = source.inRelations;
    assert.ok(db);
    db.settings['mysql/0'] = { empty: '' };
    assert.equal((await call('relation-get empty', changed)).stdout, '');
    assert.equal((await call('relation-get --format json empty', changed)).stdout, '""\n');
    assert.equal((await call('relation-get --format shell empty', changed)).stdout, "VAR_EMPTY=''\n");
  });

  it('unit-relations gives json all there is to know, members with it', async () => {
    const rows = JSON.parse((await call('unit-relations --format json', changed)).stdout);
    assert.deepEqual(rows[0], {
      id: 'db:4',
      name: 'db',
      role: 'requires',
      interface: 'mysql',
      service: 'mysql',
      members: ['mysql/0', 'mysql/1'],
    });
    assert.deepEqual(
      rows.map(({ id, members }: { id: string; members: string[] }) => [id, members]),
      [
        ['db:4', ['mysql/0', 'mysql/1']],
        ['cache:5', ['fast/0']],
        ['cache:6', []],
        ['loop:7', ['blog/1']],
      ],
    );
    assert.match((await call('unit-relations --format yaml')).stdout, /^- id: db:4\n {2}name: db\n/);
  });

  it('unit-relations of a unit in no relation prints nothing a loop would take for one', async () => {
    source.inRelations = [];
    for (const [format, stdout] of [
      ['table', ''],
      ['json', '[]\n'],
      ['shell', "VAR_RELATION_IDS=''\n"],
    ])
      assert.equal((await call(`unit-relations --format ${format}`)).stdout, stdout);
  });

  it('print for the shell what the shell reads back as it was', async () => {
    const sharp = `'"$HOME\`\\\n é; rm -rf / #`;
    const [db] = source.inRelations;
    assert.ok(db);
    db.settings['mysql/0'] = { 'a.b-C': sharp, x: '' };
    const shell = (script: string): string => execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
    const settings = (await call('relation-get --format shell', changed)).stdout;
    assert.equal(shell(`x=1; ${settings}printf '%s' "$VAR_A_B_C|$VAR_X"`), `${sharp}|`);
    const relations = (await call('unit-relations --format shell', changed)).stdout;
    assert.equal(
      shell(
        `${relations}printf '%s|' "$VAR_RELATION_IDS" "$VAR_DB_4_ROLE" "$VAR_CACHE_5_SERVICE"; for u in $VAR_DB_4_MEMBERS; do printf '%s;' $u; done`,
      ),
      'db:4 cache:5 cache:6 loop:7|requires|fast|mysql/0;mysql/1;',
    );
    const loop =
      'tail -n +2 | while read -r id name role interface service members; do printf "%s=%s;" $id "$members"; done';
    const printed = (await call('unit-relations', changed)).stdout;
    assert.equal(
      shell(`printf '%s' '${printed}' | ${loop}`),
      'db:4=mysql/0 mysql/1;cache:5=fast/0;cache:6=;loop:7=blog/1;',
    );
  });
});
