import type { Coordinator, CoordinatorOptions } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { closing } from './closing.js';
import { election } from './election.js';
import { ephemerals } from './ephemerals.js';
import { nodes } from './nodes.js';
import { observing } from './observing.js';
import { processes } from './processes.js';
import { recognising } from './recognising.js';
import { sequences } from './sequences.js';
import { sessions } from './sessions.js';
import { transactions } from './transactions.js';

/** What an engine's test gives the suite: one empty tree that is its own, and what only this engine knows to do. */
export interface Tree {
  /** Opened by this process with `openCoordinator`, and by other processes. */
  readonly url: string;
  /** Goes into every client of this tree, e.g. its secret. JSON only: other processes get it as text. */
  readonly options?: Pick<CoordinatorOptions, 'secret'>;
  /** The shortest session the engine grants, in milliseconds; every client of the suite asks for it. */
  readonly sessionTimeout: number;
  /** Makes the coordinator take this client's session away while the client goes on running. It holds an ephemeral. */
  expire(coordinator: Coordinator): Promise<void>;
  /** Removes the tree; the suite has closed its clients before. */
  dispose(): Promise<void>;
}

/** The tree of the running test and the clients it opened. */
export interface Bench {
  readonly tree: Tree;
  open(options?: CoordinatorOptions): Promise<Coordinator>;
}

/**
 * Registers the tests that hold an engine to every sentence of `Coordinator`. `plant` gives each test a tree of its
 * own.
 */
export function conformance(name: string, plant: () => Promise<Tree>): void {
  describe(`the coordinator contract, on ${name}`, () => {
    let tree: Tree;
    let opened: Coordinator[];
    const bench: Bench = {
      get tree() {
        return tree;
      },
      async open(options = {}) {
        const coordinator = await openCoordinator(tree.url, {
          sessionTimeout: tree.sessionTimeout,
          ...tree.options,
          ...options,
        });
        opened.push(coordinator);
        return coordinator;
      },
    };
    beforeEach(async () => {
      opened = [];
      tree = await plant();
    });
    afterEach(async () => {
      await Promise.all(opened.map((coordinator) => coordinator.close()));
      await tree.dispose();
    });

    nodes(bench);
    transactions(bench);
    ephemerals(bench);
    sessions(bench);
    observing(bench);
    processes(bench);
    recognising(bench);
    closing(bench);
    sequences(bench);
    election(bench);
  });
}
