import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const claimer = fileURLToPath(new URL('../agent/disk/claimer.js', import.meta.url));
const PROCESSES = 6;
const ROUNDS = 30;

describe('of many agents that start at once over the claim of one that was killed', () => {
  let root: string;
  let claimers: { readonly child: ChildProcessWithoutNullStreams; readonly next: () => Promise<string> }[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-claims-'));
    claimers = Array.from({ length: PROCESSES }, () => {
      const child = spawn(process.execPath, [claimer]);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, next: async () => (await lines.next()).value ?? 'ended' };
    });
  });
  afterEach(async () => {
    for (const { child } of claimers) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true, maxRetries: 10 });
  });

  it(`one gets it, and the others are refused: ${PROCESSES * ROUNDS} starts`, async function () {
    this.timeout(240_000);
    for (let round = 0; round < ROUNDS; round += 1) {
      const directory = join(root, String(round));
      await mkdir(directory);
      await writeFile(join(directory, 'agent.pid'), '999999999 12345 another-boot\n');
      // A moment later, when all of them have read it.
      for (const { child } of claimers) child.stdin.write(`${Date.now() + 5} ${directory}\n`);
      const answers = await Promise.all(claimers.map(({ next }) => next()));
      const refused = Array.from({ length: PROCESSES - 1 }, () => 'data-directory-in-use');
      assert.deepEqual(answers.sort(), ['claimed', ...refused], `round ${round}`);
    }
  });
});
