import assert from 'node:assert/strict';
import { commandLine } from '../../../state/model/command-line.js';

const rows: readonly (readonly [readonly string[], string])[] = [
  [['/bin/sh', '-c', 'config-get | sort'], 'config-get | sort'],
  [['relation-ids'], 'relation-ids'],
  [['grep', 'a b', "it's", ''], `grep 'a b' 'it'\\''s' ''`],
  [['/bin/sh', '-c', 'PGPASSWORD=hunter2 psql -c "select 1"'], 'PGPASSWORD=*** psql -c "select 1"'],
  [['mysql', '--password=hunter2', '-u', 'root'], 'mysql --password=*** -u root'],
  [['mysql', '--password', 'hunter2'], 'mysql --password ***'],
  [['/bin/sh', '-c', 'x --api-key "a b" y'], 'x --api-key *** y'],
  [['/bin/sh', '-c', `curl -d '{"token": "abc", "n": 1}' u`], `curl -d '{"token": ***, "n": 1}' u`],
  [['curl', 'https://ann:hunter2@host/path'], 'curl https://ann:***@host/path'],
  [
    ['/bin/sh', '-c', "curl -H 'Authorization: Bearer abcdefgh123' u"],
    "curl -H 'Authorization: Bearer ***' u",
  ],
  [['mysql', '--password=my secret phrase'], 'mysql --password=***'],
  [['env', 'PGPASSWORD=two words', 'psql'], 'env PGPASSWORD=*** psql'],
  [['curl', '-H', 'X-Api-Key: abc def', 'u'], "curl -H 'X-Api-Key: ***' u"],
  [['mysql', '--password', 'two words'], 'mysql --password ***'],
  [['/bin/sh', '-c', 'PASSWORD="a\\"b c" run it'], 'PASSWORD=*** run it'],
  [['/bin/sh', '-c', "PASSWORD='a b'c\\ d run it"], 'PASSWORD=*** run it'],
  [['/bin/sh', '-c', "curl -H 'X-Api-Key: abc def' u"], "curl -H 'X-Api-Key: ***' u"],
  [['/bin/sh', '-c', `mysql --password="${'two words '.repeat(200)}" u`], 'mysql --password=***'],
  [['/bin/sh', '-c', `PGPASSWORD='${'two words '.repeat(200)}' psql`], 'PGPASSWORD=***'],
  [['curl', '-d', `{"token": "${'two words '.repeat(200)}"}`], `curl -d '{"token": ***'`],
  [['/bin/sh', '-c', 'mysql --password "not closed'], 'mysql --password ***'],
  [['/bin/sh', '-c', 'psql postgres://ann:p@ss@host/db'], 'psql postgres://ann:***@host/db'],
  [['/bin/sh', '-c', 'cat /etc/passwd'], 'cat /etc/passwd'],
  [['/bin/sh', '-c', 'ls secrets tokens'], 'ls secrets tokens'],
];

describe('a command line on record', () => {
  for (const [words, line] of rows) it(`is ${line}`, () => assert.equal(commandLine(words), line));

  it('is the beginning of a very long one, soon', () => {
    const line = 'password'.repeat(20_000);
    assert.equal(commandLine(['/bin/sh', '-c', line]), line.slice(0, 1_000));
  });
});
