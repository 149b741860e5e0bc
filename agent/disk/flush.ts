import { statSync } from 'node:fs';
import { mapBounded } from '../../state/formula/concurrency.js';
import { sync } from '../../state/storage/durable.js';
import { FileSystemSync } from './sync-file-system.js';

/** Files whose fsync is under way. */
const WIDTH = 16;

/** From so many files on, one `syncfs` of the file system they are on takes less than an fsync of each. */
const MANY = 32;

interface Gathering {
  count: number;
  readonly synced: Promise<boolean>;
}

/** Makes what one agent wrote survive a power cut. */
export class Flushing {
  readonly #fileSystems = new FileSystemSync();
  /** The requests of this turn of the event loop, by the number of the file system. */
  readonly #gathered = new Map<number, Gathering>();

  /** Files and directories of one file system: their content, and what is in them. */
  async flush(paths: readonly string[]): Promise<void> {
    const [first] = paths;
    if (first !== undefined && paths.length >= MANY && (await this.#fileSystems.sync(first))) return;
    await mapBounded(paths, WIDTH, sync);
  }

  /**
   * The same for one of them, on any file system. Those of one that are asked for in the same turn of the event loop are
   * many together: the units whose records one commit of the journal made durable go on at the same moment.
   */
  async together(path: string): Promise<void> {
    const { dev } = statSync(path);
    const gathering = this.#gathered.get(dev) ?? this.#gather(dev, path);
    gathering.count += 1;
    if (!(await gathering.synced)) await sync(path);
  }

  close(): void {
    this.#fileSystems.close();
  }

  #gather(dev: number, first: string): Gathering {
    const gathering: Gathering = {
      count: 0,
      synced: new Promise((resolve) => {
        setImmediate(() => {
          this.#gathered.delete(dev);
          resolve(gathering.count >= MANY && this.#fileSystems.sync(first));
        });
      }),
    };
    this.#gathered.set(dev, gathering);
    return gathering;
  }
}
