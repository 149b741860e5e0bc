import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../platform/clock.js';
import { findPerl } from '../platform/find-perl.js';
import { encodeRequest, type HelperFrame, type HelperRequest, parseFrame } from './helper-protocol.js';
import { perlHelper } from './perl-helper.js';

/** The helper said nothing for so long that it is taken to hang; it was ended. */
export class HelperSilent extends Error {
  /** @param path what it was at, where it says so */
  constructor(
    readonly seconds: number,
    readonly path?: string,
  ) {
    super(`it has not answered for ${seconds} seconds`);
  }
}

/** The file system's error, as the helper told it. */
export class HelperFailure extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** In the place of a file stands something that cannot be read as one, or would never end. */
export class NotAFile extends Error {
  /** @param kind with its article, such as "a named pipe" */
  constructor(readonly kind: string) {
    super(`${kind} stands there`);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** A process of its own for work in a directory that may hang. It does one thing at a time. */
export class Helper {
  readonly #child: Child;
  readonly #chunks: AsyncIterator<Buffer>;
  #at: string | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #over = false;

  /**
   * @param stays however long it is asked nothing; otherwise it ends itself after two minutes
   * @throws PerlMissing
   */
  constructor(readonly stays = false) {
    this.#child = spawn(findPerl(), ['-e', perlHelper(), ...(stays ? ['--', 'stays'] : [])], {
      cwd: '/',
      // Neither this process's options for Node nor its secrets.
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]();
    for (const part of [this.#child, this.#child.stdin, this.#child.stdout])
      part.on('error', () => this.end());
    this.#child.once('exit', () => {
      this.#over = true;
    });
  }

  /** True if it can be asked no more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Ends it, whatever it does. */
  end(): void {
    this.#over = true;
    this.#child.kill('SIGKILL');
    // A process that hangs beyond a signal is left to the system: nothing here waits for it.
    for (const part of [this.#child.stdin, this.#child.stdout]) part.destroy();
    this.#child.unref();
  }

  /** Says if it keeps this process from ending. */
  hold(held: boolean): void {
    for (const part of [this.#child, this.#child.stdin, this.#child.stdout]) {
      if (part instanceof Socket || part === this.#child) (part as Socket)[held ? 'ref' : 'unref']();
    }
  }

  /**
   * Has it do something, and gives the bytes that come of it; returns its answer. A helper that is not heard to the end
   * is of no more use: the caller ends it.
   * @param silence milliseconds after which it is taken to hang
   * @param written told of the bytes that it has written by then
   * @throws HelperFailure; NotAFile; HelperSilent; Error where it ended
   */
  async *ask(
    request: HelperRequest,
    clock: Clock,
    silence: number,
    written = (_bytes: number): void => undefined,
  ): AsyncGenerator<Buffer, number | null> {
    this.#at = undefined;
    this.#child.stdin.write(encodeRequest(request));
    for (;;) {
      const frame = await this.#frame(clock, silence);
      if (frame === 'alive') continue;
      if ('turnsTo' in frame) {
        this.#at = frame.turnsTo;
        continue;
      }
      if ('failed' in frame) throw new HelperFailure(frame.failed, frame.code);
      if ('strange' in frame) throw new NotAFile(frame.strange);
      if ('done' in frame) return frame.done;
      if ('at' in frame) written(frame.at);
      else yield* this.#bytes(frame.bytes, clock, silence);
    }
  }

  async #frame(clock: Clock, silence: number): Promise<HelperFrame> {
    let end = this.#rest.indexOf(10);
    for (; end < 0; end = this.#rest.indexOf(10))
      this.#rest = Buffer.concat([this.#rest, await this.#chunk(clock, silence)]);
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return parseFrame(line);
  }

  async *#bytes(count: number, clock: Clock, silence: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      const chunk = this.#rest.length > 0 ? this.#rest : await this.#chunk(clock, silence);
      const taken = chunk.subarray(0, left);
      this.#rest = chunk.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  /** The next chunk, of any kind. The time in which nobody asked for one does not count. */
  #chunk(clock: Clock, silence: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = clock.after(silence, () => {
        reject(new HelperSilent(silence / 1_000, this.#at));
        this.end();
      });
      this.#chunks
        .next()
        .finally(() => timer.cancel())
        .then(
          ({ done, value }) =>
            done === true ? reject(new Error('the process that works in it was ended')) : resolve(value),
          reject,
        );
    });
  }
}
