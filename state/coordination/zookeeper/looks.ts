import type { Node } from '../coordinator.js';
import {
  type Asked,
  leaveWatchesCall,
  MOST_TOGETHER,
  type Read,
  readManyCall,
  removeWatchesCall,
  WORTH_TOGETHER,
} from './multi.js';
import type { Call, Stat } from './protocol.js';
import { NO_NODE } from './refusals.js';
import type { Answer, Requests } from './requests.js';
import { stated } from './tree.js';
import type { Look, Seen } from './watches.js';
import { childrenCall, getCall, watchForCreationCall } from './wire.js';

interface Waiting extends Asked {
  /** A node that is not expected to be there: its creation is watched for. */
  readonly absent: boolean;
  /** @param epoch the connection on which the node is watched */
  take(read: Read, epoch: number): void;
  /** Looks at it by itself. */
  alone(): void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks at nodes for their observers, and sees to it that the server tells of the next change. A node is watched until
 * then, as most that are observed are soon gone. The names under a node are watched for good, whether there is a node
 * or not, so that to look again leaves nothing to do but to read.
 *
 * Looks that are asked for in one turn go together where there are enough of them: all watches in one request, then
 * all readings in another. In this order, what changes between the two is told of and read; the other way round it could
 * be neither.
 */
export class Looks {
  #waiting: Waiting[] = [];
  /** The connection, counted from 1, on which the names under a full path are watched. */
  readonly #standing = new Map<string, number>();
  /**
   * The connection on which the creation of a node is watched for, by the node's full path. Such a watch would stay for
   * as long as the session where nobody makes the node any more, as of units and relations that are gone.
   */
  readonly #awaited = new Map<string, number>();
  readonly #requests: Requests;
  readonly #visible: (full: string, names: readonly string[]) => readonly string[];

  /** @param visible which of a node's children callers may see, in their order */
  constructor(requests: Requests, visible: (full: string, names: readonly string[]) => readonly string[]) {
    this.#requests = requests;
    this.#visible = visible;
  }

  /**
   * A node by its full path, whether it exists or not.
   * @param absent whether it is expected not to
   */
  readonly atNode = (full: string, absent: boolean): Promise<Look<Node | undefined> | undefined> =>
    new Promise((resolve, reject) => {
      this.#wait({
        kind: 'get',
        path: full,
        absent,
        alone: () => void (absent ? this.#absentNode(full) : this.#nodeAlone(full)).then(resolve, reject),
        reject,
        take: (read, epoch) => {
          // If it is otherwise than expected, no watch was left, but the answer says so: it is looked at once more.
          if ('value' in read) resolve({ ...seenNode(read.value, read), epoch });
          else resolve(read.err === NO_NODE ? { ...seenNode(undefined), epoch } : undefined);
        },
      });
    });

  /** The names of a node's children, by the node's full path. */
  readonly atNames = (full: string): Promise<Look<readonly string[] | undefined> | undefined> =>
    new Promise((resolve, reject) => {
      this.#wait({
        kind: 'names',
        path: full,
        absent: false,
        alone: () => void this.#namesAlone(full).then(resolve, reject),
        reject,
        take: (read, epoch) => {
          if ('names' in read) resolve({ ...seenNames(this.#visible(full, read.names)), epoch });
          else resolve(read.err === NO_NODE ? { ...seenNames(undefined), epoch } : undefined);
        },
      });
    });

  /** Names that are looked at from now on are watched anew, also where they should be watched still. */
  watchAnew(): void {
    this.#standing.clear();
  }

  /** Nobody observes anything at this full path: a watch that stands there is taken off. */
  release(full: string): void {
    const stood = this.#stands(full) || this.#awaited.get(full) === this.#requests.epoch;
    this.#standing.delete(full);
    this.#awaited.delete(full);
    if (!stood) return;
    this.#requests
      .call(removeWatchesCall(full), { path: full, repeatable: false, patient: true })
      .catch(() => {
        // It went with its connection.
      });
  }

  #wait(waiting: Waiting): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#lookAtWaiting());
    this.#waiting.push(waiting);
  }

  #lookAtWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length < WORTH_TOGETHER) for (const { alone } of waiting) alone();
    else
      for (let start = 0; start < waiting.length; start += MOST_TOGETHER) {
        const part = waiting.slice(start, start + MOST_TOGETHER);
        this.#together(part).catch((error: unknown) => {
          for (const { reject } of part) reject(error);
        });
      }
  }

  async #together(waiting: readonly Waiting[]): Promise<void> {
    const pathsOf = (chosen: (each: Waiting) => boolean): readonly string[] =>
      waiting.filter(chosen).map(({ path }) => path);
    const nodes = pathsOf(({ kind, absent }) => kind === 'get' && !absent);
    const absent = pathsOf((each) => each.absent);
    const standing = pathsOf(({ kind, path }) => kind === 'names' && !this.#stands(path));
    const [left, read] = await Promise.all([
      nodes.length + absent.length + standing.length > 0
        ? this.#call(leaveWatchesCall({ nodes, absent, standing }), '/')
        : undefined,
      this.#call(readManyCall(waiting), '/'),
    ]);
    if (left?.reply.ok === false || !read.reply.ok) {
      // Each for itself: then each learns its own reason.
      for (const { alone } of waiting) alone();
      return;
    }
    if (left !== undefined) for (const path of standing) this.#standing.set(path, left.epoch);
    if (left !== undefined) for (const path of absent) this.#awaited.set(path, left.epoch);
    for (const [index, { kind, path, take }] of waiting.entries()) {
      const epoch = kind === 'get' ? left?.epoch : this.#standing.get(path);
      take(read.reply.value[index] ?? { err: NO_NODE }, epoch ?? 0);
    }
  }

  async #nodeAlone(full: string): Promise<Look<Node | undefined> | undefined> {
    const { reply, epoch } = await this.#call(getCall(full, true), full);
    if (reply.ok) {
      this.#awaited.delete(full);
      return { ...seenNode(reply.value.value, reply.value.stat), epoch };
    }
    return reply.err === NO_NODE ? this.#absentNode(full) : undefined;
  }

  /** Looks first whether the node is still absent, which leaves a watch for its creation. */
  async #absentNode(full: string): Promise<Look<Node | undefined> | undefined> {
    const { reply, epoch } = await this.#call(watchForCreationCall(full), full);
    if (reply.err === NO_NODE) {
      this.#awaited.set(full, epoch);
      return { ...seenNode(undefined), epoch };
    }
    return reply.ok ? this.#nodeAlone(full) : undefined;
  }

  async #namesAlone(full: string): Promise<Look<readonly string[] | undefined> | undefined> {
    const [left, { reply }] = await Promise.all([
      this.#stands(full) ? undefined : this.#call(leaveWatchesCall({ standing: [full] }), full),
      this.#call(childrenCall(full), full),
    ]);
    if (left?.reply.ok === false) return undefined;
    if (left !== undefined) this.#standing.set(full, left.epoch);
    const epoch = this.#standing.get(full) ?? 0;
    if (reply.ok) return { ...seenNames(this.#visible(full, reply.value)), epoch };
    return reply.err === NO_NODE ? { ...seenNames(undefined), epoch } : undefined;
  }

  #stands(full: string): boolean {
    return this.#standing.get(full) === this.#requests.epoch;
  }

  /** For as long as it takes: an observer is told late rather than never. */
  #call<T>(call: Call<T>, path: string): Promise<Answer<T>> {
    return this.#requests.call(call, { path, repeatable: true, patient: true });
  }
}

function seenNode(value: undefined): Seen<undefined>;
function seenNode(value: string, stat: Stat): Seen<Node>;
function seenNode(value: string | undefined, stat?: Stat): Seen<Node | undefined> {
  if (value === undefined || stat === undefined) return { value: undefined, mark: 'absent' };
  return { value: stated(value, stat).node, mark: `${stat.changed}` };
}

/** The names, which are sorted, as observers are told of them; undefined if there is no node. */
export function seenNames(names: readonly string[] | undefined): Seen<readonly string[] | undefined> {
  return { value: names, mark: names === undefined ? 'absent' : `/${names.join('/')}` };
}
