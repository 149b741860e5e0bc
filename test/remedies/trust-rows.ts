import assert from 'node:assert/strict';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import type { Row, Stage } from './stage.js';

const DEPLOY = 'ensemble deploy -n 0 --repository world f';
const SIGN = /ensemble sign --key KEY FOLDER/;
const mine = { KEY: 'key', FOLDER: 'world/f-1' };

/** An environment that takes only what the key `key` signed, and a formula that nobody has signed yet. */
async function trusting(stage: Stage, more = ''): Promise<void> {
  await stage.world.writeFormula(1);
  await stage.ok("ssh-keygen -q -t ed25519 -N '' -f key");
  await stage.ok('echo "author $(cut -d" " -f1,2 key.pub)" >signers');
  await stage.edit(/(?<= {4}address: .*\n)/, `    trust:\n      signers: signers\n${more}`);
}

const sign = (stage: Stage, key = 'key'): Promise<string> => stage.ok(`ensemble sign --key ${key} world/f-1`);

/** The repository on a web server, and the command that deploys from there. */
async function served(stage: Stage, work: (deploy: string) => Promise<void>): Promise<void> {
  const server = await WebServer.start(filesOf(stage.world.root));
  try {
    await work(`ensemble deploy -n 0 --repository ${server.url}world/ f`);
  } finally {
    await server.stop();
  }
}

/** What is not signed, or not by whom it should be. */
export const trustRows: readonly Row[] = [
  {
    code: 'signature-missing',
    by: 'signing it',
    run: async (stage) => {
      await trusting(stage);
      const said = await stage.fails(DEPLOY, /f-1 is not signed, and this environment requires it/);
      await stage.follow(said, SIGN, mine);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signature-missing',
    by: 'writing the revision instead of raising it',
    run: async (stage) => {
      await trusting(stage);
      await sign(stage);
      await stage.ok(DEPLOY);
      const said = await stage.fails(
        'ensemble upgrade-formula --bump f',
        /the next revision of f is not signed/,
      );
      await stage.ok("sed -i 's/revision: 1/revision: 2/' world/f-1/metadata.yaml");
      await stage.follow(said, SIGN, mine);
      await stage.ok('ensemble upgrade-formula f');
    },
  },
  {
    code: 'signature-invalid',
    by: 'another key',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok("ssh-keygen -q -t rsa -b 1024 -N '' -f short");
      const said = await stage.fails(
        'ensemble sign --key short world/f-1',
        /its RSA key has 1024 bits, and must have 2048/,
      );
      await writeFile(stage.world.path('world', 'f-1', 'formula.sig'), 'x');
      await stage.fails(DEPLOY, /it is no signature of ssh-keygen/);
      await stage.follow(said, /ensemble sign --key KEY/, { KEY: 'key world/f-1' });
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signature-namespace',
    by: 'signing it as a formula',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok(
        'ensemble sign --print world/f-1 | ssh-keygen -Y sign -q -n git -f key >world/f-1/formula.sig',
      );
      const said = await stage.fails(DEPLOY, /is for "git", and not for "ensemble-formula"/);
      await stage.follow(said, /ensemble sign --key KEY/, { KEY: 'key world/f-1' });
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signer-unknown',
    by: 'trusting the key',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok("ssh-keygen -q -t ecdsa -N '' -f other");
      await sign(stage, 'other');
      const said = await stage.fails(DEPLOY, /f-1 is signed with the key SHA256:\S+, which is none of/);
      const file = stage.named(said, /(?<=add it to )\S+/);
      await appendFile(file, `other ${await readFile(stage.world.path('other.pub'), 'utf8')}`);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signer-revoked',
    by: 'another key',
    run: async (stage) => {
      await trusting(stage, '      revoked: revoked\n');
      await stage.ok('cp key.pub revoked');
      await sign(stage);
      const said = await stage.fails(DEPLOY, /which is revoked in /);
      await stage.ok("ssh-keygen -q -t ed25519 -N '' -f other");
      await stage.ok('echo "author $(cat other.pub)" >>signers');
      await stage.follow(said, /ensemble sign --key KEY/, { KEY: 'other world/f-1' });
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signature-mismatch',
    by: 'signing what it is now',
    run: async (stage) => {
      await trusting(stage);
      await sign(stage);
      await writeFile(stage.world.path('world', 'f-1', 'more'), 'x');
      const said = await stage.fails(
        DEPLOY,
        /f-1 is not what its signature, with a key of author, was made for/,
      );
      await stage.follow(said, /ensemble sign --key KEY/, { KEY: 'key world/f-1' });
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signature-mismatch',
    by: 'the bundle that was signed',
    run: async (stage) => {
      await trusting(stage);
      await stage.world.writeFormula(2);
      await stage.ok('ensemble index --sign key world && mv world/bundles good && rm -r world/f-*');
      // The bundle of another revision in the place of the one that was signed, with that one's signature.
      await stage.ok('mkdir signed && cp good/f-1.tar.gz signed/');
      await stage.ok('ensemble sign --key key signed/f-1.tar.gz && cp good/f-2.tar.gz signed/f-1.tar.gz');
      const deploy = DEPLOY.replace('world', 'signed');
      await stage.fails(deploy, /f-2 is not what its signature/);
      await cp(stage.world.path('good', 'f-1.tar.gz'), stage.world.path('signed', 'f-1.tar.gz'));
      await stage.ok(deploy);
    },
  },
  {
    code: 'signers-invalid',
    by: 'mending the file',
    run: async (stage) => {
      await trusting(stage);
      await sign(stage);
      await stage.ok('cut -d" " -f1,2 key.pub >signers');
      const said = await stage.fails(DEPLOY, /signers:1: it begins with no name of a signer/);
      const file = stage.named(said, /(?<=mend )[^\s,]+/);
      await writeFile(file, `author ${await readFile(file, 'utf8')}`);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signing-failed',
    by: 'the file of a key',
    run: async (stage) => {
      await trusting(stage);
      const said = await stage.fails(
        'ensemble sign --key none world/f-1',
        /the key none does not sign: .*none/,
      );
      await stage.ok(`ensemble sign ${stage.named(said, /--key(?=;)/)} key world/f-1`);
      await stage.ok(DEPLOY);
    },
  },
  {
    code: 'signature-missing',
    by: 'signing the index',
    run: async (stage) => {
      await trusting(stage);
      await sign(stage);
      await stage.ok('ensemble index world');
      await served(stage, async (deploy) => {
        const said = await stage.fails(deploy, /the index of \S+ is not signed/);
        await stage.follow(said, /ensemble index --sign KEY DIRECTORY/, { KEY: 'key', DIRECTORY: 'world' });
        await stage.ok(deploy);
      });
    },
  },
  {
    code: 'index-expired',
    by: 'making it again',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok('ensemble index --sign key --expires 1s world');
      await served(stage, async (deploy) => {
        let said = '';
        await eventually(async () => {
          said = await stage.fails(`${deploy} --dry-run`, /was to be believed until/);
        });
        await stage.follow(said, /ensemble index --sign KEY --expires 30d DIRECTORY/, {
          KEY: 'key',
          DIRECTORY: 'world',
        });
        await stage.ok(deploy);
      });
    },
  },
  {
    code: 'index-rolled-back',
    by: 'one with a higher serial',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok('ensemble index --sign key world && cp world/index.json world/index.json.sig .');
      await stage.world.writeFormula(2);
      await stage.ok('ensemble index --sign key world');
      await served(stage, async (deploy) => {
        await stage.ok(`${deploy} --revision 1`);
        // Somebody puts the index of before in its place, with its good signature.
        await stage.ok('cp index.json index.json.sig world/');
        await stage.fails(
          deploy.replace(/ f$/, ' f other'),
          /has the serial 1, and had 2 at .*: an old one is in its place/,
        );
        assert.match(await stage.ok('ensemble newer f'), /unknown.*has the serial 1, and had 2/s);
        const said = await stage.fails('ensemble upgrade-formula f', /has the serial 1, and had 2/);
        await stage.follow(said, /ensemble index --sign KEY --serial 3 DIRECTORY/, {
          KEY: 'key',
          DIRECTORY: 'world',
        });
        await stage.ok('ensemble upgrade-formula f');
        assert.match(await stage.ok('ensemble status f'), /:f-2/);
      });
    },
  },
  {
    code: 'bundle-repacked',
    by: 'signing the folder',
    run: async (stage) => {
      await trusting(stage);
      await stage.ok('tar -czf f.tar.gz -C world/f-1 .');
      const said = await stage.fails('ensemble sign --key key f.tar.gz', /was not packed by ensemble/);
      await stage.follow(said, SIGN, mine);
      await stage.ok(DEPLOY);
    },
  },
];
