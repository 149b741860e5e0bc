import type { Clock } from '../../../state/platform/clock.js';

/** Where pull or merge requests are asked for. */
export interface Forge {
  readonly kind: 'github' | 'gitlab';
  /** As git's URLs have it, which may have a port: `github.com`. */
  readonly host: string;
  /** Without a slash at its end: `https://api.github.com`. */
  readonly api: string;
  /** Never printed, and sent to the API alone. */
  readonly token?: string | undefined;
}

/** An open pull or merge request. */
export interface OpenChange {
  readonly number: number;
  readonly commit: string;
  /** Where git has it. */
  readonly ref: string;
  readonly url: string;
  readonly title: string;
  /** ISO 8601. */
  readonly updatedAt: string;
  /** As people wrote it, shortened. */
  readonly description: string;
}

/** One page of an answer, by which the next one can be asked whether it still stands. */
export interface KnownPage {
  readonly etag: string | undefined;
  readonly next: string | undefined;
  readonly changes: readonly OpenChange[];
}

/** What is known of a listing, by the URLs of its pages; it may be lost at any time. */
export type KnownPages = Readonly<Record<string, KnownPage>>;

/** What a forge said of a repository. */
export type ForgeAnswer =
  | {
      readonly kind: 'found';
      readonly changes: readonly OpenChange[];
      /** False where it changed all the time while its pages were read, or there are too many. */
      readonly whole: boolean;
      readonly pages: KnownPages;
    }
  /** Whoever has this credential is to ask nothing before then, in milliseconds since the epoch. */
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ForgeResponse {
  readonly status: number;
  /** By its name in small letters. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** Asks by GET, and follows nowhere. Throws where there is no answer. */
export type ForgeRequest = (url: string, headers: Readonly<Record<string, string>>) => Promise<ForgeResponse>;

/** The parts that a forge is asked with. */
export interface ForgeParts {
  readonly request: ForgeRequest;
  readonly clock: Clock;
}
