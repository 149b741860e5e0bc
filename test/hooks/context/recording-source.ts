import type { PendingUpgradeFacts, UpgradeWord } from '../../../hooks/context/pending-upgrade.js';
import type { Port } from '../../../hooks/context/port.js';
import type { RelationInfo } from '../../../hooks/context/relation.js';
import type { SavedHookContext } from '../../../hooks/context/saved.js';
import type { ConfigValue } from '../../../state/formula/config-types.js';
import type { HookContextSource } from '../../../hooks/context/source.js';

/** A unit as the agent shows it to a hook, which tests change at will and which notes what was done to it. */
export class RecordingSource implements HookContextSource {
  unit = 'blog/0';
  /** Every relation with what each unit has set; the others of them are its members. */
  inRelations: (RelationInfo & { settings: Record<string, Record<string, string>> })[] = [];
  values: Record<string, ConfigValue> = {};
  open: Port[] = [];
  privateAddress = '10.0.0.1';
  /** Thrown by the next read. */
  failure: Error | undefined;
  reads = 0;
  readonly effects: string[] = [];
  readonly kept: SavedHookContext[] = [];
  /** What is wanted of the unit, for its word on it. */
  wanted: PendingUpgradeFacts | undefined;
  readonly word: UpgradeWord = this.upgrade();

  upgrade(of?: string): UpgradeWord {
    const about = of === undefined ? '' : ` of ${of}`;
    return {
      facts: () => (of === undefined || of === this.wanted?.unit ? this.wanted : undefined),
      hold: async (ms, reason) => {
        this.effects.push(`hold ${ms ?? '-'} ${reason ?? '-'}${about}`);
        return '2026-02-01T00:00:00.000Z';
      },
      proceed: async () => {
        this.effects.push(`proceed${about}`);
      },
    };
  }

  async config(): Promise<Record<string, ConfigValue>> {
    this.reads++;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    return { ...this.values };
  }

  address(kind: 'private' | 'public'): string {
    return kind === 'private' ? this.privateAddress : 'mysql.example.com';
  }

  ports(): Port[] {
    return this.open;
  }

  relations(): RelationInfo[] {
    return this.inRelations.map(({ settings: _, ...info }) => info);
  }

  members(relation: string): string[] {
    return Object.keys(this.#settingsOf(relation)).filter((unit) => unit !== this.unit);
  }

  async settings(relation: string, unit: string): Promise<Record<string, string> | undefined> {
    return this.#settingsOf(relation)[unit];
  }

  async written(relation: string): Promise<Record<string, string>> {
    return this.#settingsOf(relation)[this.unit] ?? {};
  }

  #settingsOf(relation: string): Record<string, Record<string, string>> {
    return this.inRelations.find(({ id }) => id === relation)?.settings ?? {};
  }

  log(level: string, message: string): void {
    this.effects.push(`${level} ${message}`);
  }

  status(message: string, state?: string): void {
    this.effects.push(`status ${state ?? '-'} ${message}`);
  }

  async keep(saved: SavedHookContext): Promise<void> {
    // Through JSON, as the journal does it.
    this.kept.push(JSON.parse(JSON.stringify(saved)));
  }
}
