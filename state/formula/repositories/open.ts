import { systemClock } from '../../platform/clock.js';
import { openDirectory } from './directory.js';
import type { IndexJudge } from './index-judge.js';
import { parseLocation } from './location.js';
import type { Repository } from './repository.js';

/** Milliseconds for the whole of it, and without a byte; and what ends it at once. */
interface AskLimits {
  readonly wall: number;
  readonly silence: number;
  readonly signal?: AbortSignal;
}

/** How a repository is asked. */
interface AskOptions {
  /** Milliseconds after which a directory that does not answer is given up. */
  readonly silence?: number;
  /** The beginning of its formulas' ids. Default: its name at its place. */
  readonly name?: string;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: number;
  /** Looks at an index before it is believed. Default: any is. */
  readonly judge?: IndexJudge | undefined;
  /** What it was when it was asked last: given back as it is where nothing changed since. */
  readonly known?: Repository | undefined;
  /** How patient git and web servers are asked; default: as they are by commands. */
  readonly limits?: AskLimits | undefined;
}

/**
 * Asks the repository at a path or URL for all that it offers.
 * @throws RepositoryUrlInvalid, RepositoryNotFound, RepositoryUnavailable
 */
export async function openRepository(text: string, options: AskOptions = {}): Promise<Repository> {
  const location = parseLocation(text);
  const { name, known, limits } = options;
  switch (location.kind) {
    case 'directory':
      return openDirectory(location.path, options.silence, name);
    case 'index': {
      // Most commands work with directories.
      const { indexPatience, openIndex } = await import('./http-index.js');
      return openIndex(
        { ...location, ...(name !== undefined && { name }) },
        options.now ?? systemClock.now(),
        options.judge,
        { ...indexPatience, ...limits },
        known,
      );
    }
    case 'bucket': {
      const { openBucketIndex } = await import('./s3-index.js');
      return openBucketIndex(
        { ...location, ...(name !== undefined && { name }) },
        options.now ?? systemClock.now(),
        options.judge,
      );
    }
    case 'git': {
      const { openGit } = await import('./git.js');
      const { gitLimits } = await import('./git-process.js');
      const place = { ...location, ...(name !== undefined && { name }) };
      return openGit(place, { ...gitLimits, ...limits }, known);
    }
  }
}
