// A process with an embedded store, for tests that kill and stop it: `node actor.js <role> <url> [<number>]`. It prints
// a line for each thing that happened.
import { open } from 'lmdb';
import { openCoordinator } from '../../../../state/coordination/open.js';

const [role, url = '', count = '0'] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

switch (role) {
  // Creates pairs of nodes, /left-<n> and /right-<n> in one transaction, all at once; says which were acknowledged.
  case 'pairs': {
    const coordinator = await openCoordinator(url);
    say('ready');
    for (let n = 0; n < Number(count); n++) {
      const pair = ['left', 'right'].map((side) => ({
        kind: 'create' as const,
        path: `/${side}-${n}`,
        value: '',
      }));
      void coordinator.transaction(pair).then(() => say(String(n)));
      // Several commits, so that a kill meets some of them.
      if (n % 20 === 0) await coordinator.get('/');
    }
    break;
  }
  // Says each value of /watched.
  case 'watch': {
    const coordinator = await openCoordinator(url);
    coordinator.observe('/watched', (node) => say(node?.value ?? '-'));
    coordinator.observeChildren('/', (names) => say(`[${names?.length}]`));
    break;
  }
  // Holds the ephemeral /owned by a session of <count> milliseconds; says what happens to the session.
  case 'own': {
    const coordinator = await openCoordinator(url, { sessionTimeout: Number(count) });
    await coordinator.create('/owned', String(process.pid), { ephemeral: true });
    coordinator.onSession(say);
    say('ready');
    break;
  }
  // Stops itself while it holds the store's write lock.
  case 'lock': {
    const store = open({ path: url.replace('embedded:', ''), noSubdir: false, overlappingSync: false });
    store.transactionSync(() => {
      say('locked');
      process.kill(process.pid, 'SIGSTOP');
    });
    await store.close();
    break;
  }
  // Opens the store, writes a node of its own, and closes it, again and again.
  case 'open': {
    const node = `/of-${process.pid}`;
    for (let round = 0; ; round++) {
      const coordinator = await openCoordinator(url);
      if (round === 0) await coordinator.create(node, '');
      else if ((await coordinator.set(node, 'x'.repeat((round * 53) % 5_000))) !== round) process.exit(1);
      await coordinator.close();
      if (round === 0) say('ready');
    }
  }
  default:
    throw new Error(`no such role: ${role}`);
}
