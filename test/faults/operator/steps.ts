import type { ServiceName } from './formulas.js';
import type { Trouble } from './scene.js';

/**
 * One thing that is done. Units are named by a number that is counted round among those there are when it is done, so
 * that a step means something whatever was left out before it.
 */
export type Step = {
  /** Milliseconds before it. */
  readonly pause: number;
  /** What happens to its command meanwhile; it is typed again where it was killed. */
  readonly trouble?: Trouble;
} & (
  | {
      readonly kind: 'deploy';
      readonly service: ServiceName;
      readonly units: number;
      readonly machine?: string;
    }
  | { readonly kind: 'destroy'; readonly service: ServiceName; readonly keepData: boolean }
  /** Destroyed, waited for, and deployed once more under the same name. */
  | {
      readonly kind: 'redeploy';
      readonly service: ServiceName;
      readonly units: number;
      readonly machine?: string;
    }
  | { readonly kind: 'add'; readonly service: ServiceName; readonly units: number }
  | {
      readonly kind: 'remove';
      readonly service: ServiceName;
      readonly unit: number;
      readonly keepData: boolean;
    }
  | { readonly kind: 'relate' | 'part'; readonly pair: number }
  | { readonly kind: 'set'; readonly service: ServiceName; readonly title: string }
  | {
      readonly kind: 'upgrade';
      readonly service: ServiceName;
      readonly by: number;
      readonly force: boolean;
      readonly revertOnError: boolean;
      readonly unit?: number;
    }
  | {
      readonly kind: 'revert';
      readonly service: ServiceName;
      readonly force: boolean;
      readonly unit?: number;
    }
  | {
      readonly kind: 'resolved';
      readonly retry: boolean;
      readonly service?: ServiceName;
      readonly unit: number;
    }
  | {
      readonly kind: 'spoil';
      readonly service: ServiceName;
      readonly hook: string;
      readonly often: 'once' | 'always';
    }
  | { readonly kind: 'run'; readonly service: ServiceName; readonly unit: number }
  /** `back`: milliseconds until it is started again, or goes on. */
  | { readonly kind: 'kill' | 'stop' | 'freeze'; readonly machine: string; readonly back: number }
  /** The machine is away for longer than its session, and it or its units are taken out by force. */
  | { readonly kind: 'lose'; readonly machine: string; readonly whole: boolean }
  /** The agents of lost machines run again, on what is on their disks. */
  | { readonly kind: 'return' }
  /** The environment is destroyed, and another one made in its place. */
  | { readonly kind: 'raze' }
  /** Two at the same time. */
  | { readonly kind: 'both'; readonly one: Step; readonly other: Step }
  /** Waits until nothing is under way, as operators mostly do. */
  | { readonly kind: 'rest' }
);

export type StepKind = Step['kind'];
