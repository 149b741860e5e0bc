import type { Coordinator } from '../state/coordination/coordinator.js';
import type { Environment } from '../state/environments/environment.js';
import type { Storage } from '../state/storage/storage.js';

/** An environment as whoever asks something of it works with it. */
export interface Session {
  readonly environment: Environment;
  readonly coordinator: Coordinator;
  /** The options, with a space in front, by which other commands go there, as whoever asks chose it; none by default. */
  readonly choice?: string;
  /** Opened when first asked for: most requests need none, and the S3 SDK is slow to load. */
  storage(): Promise<Storage>;
}
