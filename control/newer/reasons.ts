import type { Urgency } from '../../state/formula/release.js';

/** Why a revision is of its class. */
export type Reason =
  /** It is of the deployed line, and nothing that the service has is gone or changed. */
  | { readonly kind: 'compatible'; readonly line: number }
  | { readonly kind: 'unstable' }
  | { readonly kind: 'other-line'; readonly from: number; readonly to: number }
  /** `use` says how the service uses what changes. */
  | { readonly kind: 'break'; readonly change: string; readonly use?: string }
  | { readonly kind: 'prerelease' }
  | {
      readonly kind: 'agent-too-old';
      readonly needs: string;
      readonly machine: string;
      readonly version: string;
    }
  | { readonly kind: 'agent-unknown'; readonly needs: string; readonly machine: string }
  | { readonly kind: 'reverted' }
  /** Another content was published under its id, which stands for that for ever. */
  | { readonly kind: 'changed-since'; readonly published: string }
  | { readonly kind: 'withdrawn'; readonly why?: string }
  | { readonly kind: 'untrusted'; readonly why: string }
  | { readonly kind: 'subordinate'; readonly subordinate: boolean };

/** The reason in words that follow the revision: `14: a prerelease`. */
export function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'compatible':
      return `of line ${reason.line}, as deployed; nothing that the service has is gone or changed`;
    case 'unstable':
      return 'of line 0, which promises nothing';
    case 'other-line':
      return `of line ${reason.to}, and line ${reason.from} is deployed`;
    case 'break':
      return reason.use === undefined ? reason.change : `${reason.change}, ${reason.use}`;
    case 'prerelease':
      return 'a prerelease';
    case 'agent-too-old':
      return `needs Ensemble ${reason.needs}, and the agent of ${reason.machine} is ${reason.version}`;
    case 'agent-unknown':
      return `needs Ensemble ${reason.needs}, and the version of the agent of ${reason.machine} is unknown while it is away`;
    case 'reverted':
      return 'the service went back from it';
    case 'changed-since':
      return `no longer what was published as ${reason.published}: its author has to give it a new revision`;
    case 'withdrawn':
      return reason.why === undefined ? 'withdrawn' : `withdrawn: ${reason.why}`;
    case 'untrusted':
      return `not trusted: ${reason.why}`;
    case 'subordinate':
      return reason.subordinate
        ? 'a subordinate, and the service is none'
        : 'no subordinate, and the service is one';
  }
}

/** The same of an urgent revision, as a word of its own. */
export function urgencyText(urgent: Urgency): string {
  return urgent === 'security' ? 'mends a security fault' : 'mends a loss of data';
}
