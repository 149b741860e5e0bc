import { nodeValue } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import { readableSettings } from '../tree/relations.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import { ADDRESS_SETTING, firstSettings, NO_ADDRESS, withAddress } from './address-setting.js';
import type { Participant } from './participation.js';
import type { RelationRecords } from './relation-records.js';

type AddressHost = HookHost & { addressesBefore(): readonly string[] | undefined };

/** Keeps the machine's address in the unit's settings in its relations. */
export class OwnAddress {
  readonly #host: AddressHost;
  readonly #records: RelationRecords;
  /** Relations in which it is being told. */
  readonly #telling = new Set<string>();

  constructor(host: AddressHost, records: RelationRecords) {
    this.#host = host;
    this.#records = records;
  }

  /** Sets it where one that the agent set before stands. Which those are is journalled first, to be known again. */
  tell(record: RelationRecord): void {
    const host = this.#host;
    const address = host.parts.addresses.current()?.private;
    const { relation, addresses = host.addressesBefore(), queue } = record;
    if (address === undefined || addresses === undefined || queue.leaving || this.#telling.has(relation))
      return;
    if (record.addresses?.length === 1 && record.addresses[0] === address) return;
    this.#telling.add(relation);
    this.#tell({ ...record, addresses: withAddress(addresses, address) }, address)
      .catch((error: unknown) => this.#records.failed(record, error))
      .finally(() => {
        this.#telling.delete(relation);
        const now = this.#staying(record);
        if (now !== undefined && host.parts.addresses.current()?.private !== address) this.tell(now);
      });
  }

  async #tell(ahead: RelationRecord, address: string): Promise<void> {
    const host = this.#host;
    const { clock, random } = host.parts;
    await this.#records.save(ahead);
    await untilItWorks(() => tellAddress(host.parts, this.#records.current(ahead), host.record()), {
      clock,
      random,
      mayHeal: () => !host.isStopped() && this.#staying(ahead) !== undefined,
      failed: (error) => this.#records.failed(ahead, error),
    });
    const now = this.#staying(ahead);
    if (now !== undefined) await this.#records.save({ ...now, addresses: [address] });
  }

  /** The record as it is now, unless the unit leaves: then nobody is to be told any more. */
  #staying(record: RelationRecord): RelationRecord | undefined {
    const now = this.#records.get(record.relation);
    return now?.queue.leaving === false ? now : undefined;
  }
}

/**
 * Sets the last address of the record's list in the unit's settings, so that the others run `changed`; but only in the
 * place of one of that list: what a hook has set there, or deleted, stays.
 */
async function tellAddress(
  { coordinator, writer }: Pick<AgentParts, 'coordinator' | 'writer'>,
  { meeting, unit, addresses = [] }: RelationRecord,
  { incarnation, evicted }: Participant,
): Promise<void> {
  const path = paths.settings(meeting, unit);
  await betweenFaults('relation.address', () =>
    writer.write(async () => {
      const current = evicted === undefined ? await coordinator.get(path) : undefined;
      if (current === undefined) return [];
      const settings = readableSettings(current);
      if (!addresses.includes(settings[ADDRESS_SETTING] ?? NO_ADDRESS)) return [];
      const value = nodeValue({ ...settings, ...firstSettings(addresses) });
      if (value === nodeValue(settings)) return [];
      return [...checkLife(unit, incarnation), { kind: 'set', path, value, version: current.version }];
    }),
  );
}
