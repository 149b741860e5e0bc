import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';

/**
 * What an agent asked of its coordinator. An observation counts when it is made and whenever it shows something, since
 * on ZooKeeper each time is a read.
 */
export interface Counted {
  reads: number;
  /** Operations, also those that go together in one transaction. */
  writes: number;
  /** Observations that stand at the moment. */
  observing: number;
}

/** Opens coordinators, as an agent does, that count into `counted`. */
export function countingOpen(counted: Counted): typeof openCoordinator {
  return async (url, options) => count(await openCoordinator(url, options), counted);
}

function count(coordinator: Coordinator, counted: Counted): Coordinator {
  function observing<Value>(observe: (look: (value: Value) => void) => Observation) {
    return (look: (value: Value) => void): Observation => {
      counted.observing += 1;
      const observation = observe((value) => {
        counted.reads += 1;
        look(value);
      });
      return {
        close() {
          counted.observing -= 1;
          observation.close();
        },
      };
    };
  }
  return {
    get(path) {
      counted.reads += 1;
      return coordinator.get(path);
    },
    getMany(paths) {
      counted.reads += paths.length;
      return coordinator.getMany(paths);
    },
    children(path) {
      counted.reads += 1;
      return coordinator.children(path);
    },
    create(path, value, options) {
      counted.writes += 1;
      return coordinator.create(path, value, options);
    },
    set(path, value, version) {
      counted.writes += 1;
      return coordinator.set(path, value, version);
    },
    remove(path, version) {
      counted.writes += 1;
      return coordinator.remove(path, version);
    },
    transaction(operations) {
      counted.writes += operations.length;
      return coordinator.transaction(operations);
    },
    observe: (path, look) => observing(coordinator.observe.bind(coordinator, path))(look),
    observeChildren: (path, look) => observing(coordinator.observeChildren.bind(coordinator, path))(look),
    onSession: (listener) => coordinator.onSession(listener),
    savedSession: () => coordinator.savedSession(),
    close: (options) => coordinator.close(options),
  };
}
