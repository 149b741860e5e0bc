import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeOfUnit } from '../../state/model/paths.js';
import { World } from '../agent/world.js';
import type { Engines } from '../e2e/engines.js';
import { Operator } from '../e2e/operator.js';
import { eventually } from '../eventually.js';

interface StatusUnit {
  readonly machine: string | null;
  readonly agent: string;
  readonly state: string;
  readonly formula: string | null;
  readonly ports: readonly string[];
  readonly publicAddress?: string;
  readonly principal?: string;
  readonly subordinates?: readonly string[];
  readonly relations: Readonly<Record<string, string>>;
  readonly relationErrors?: Readonly<Record<string, { readonly services: readonly string[] }>>;
}

/** As much of `status --format json` as rows look at. */
export interface StatusDocument {
  readonly environment: string;
  readonly machines: Readonly<Record<string, { readonly agent: string }>>;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly formula: string;
        readonly exposed: boolean;
        readonly relations: Readonly<Record<string, readonly string[]>>;
        readonly units: Readonly<Record<string, StatusUnit>>;
      }
    >
  >;
}

export interface StageFormula {
  readonly metadata?: string;
  readonly config?: string;
  /** Lines of shell by hook. `$T` is where hooks write for the test, `$me` a file there that has the unit's name. */
  readonly hooks?: Readonly<Record<string, string>>;
}

/** A bootstrapped environment that many rows share, with what an operator types and formulas that tell what they saw. */
export class Stage {
  private constructor(
    readonly world: World,
    readonly operator: Operator,
  ) {}

  static async open(engines: Engines): Promise<Stage> {
    const world = await World.open({ ...engines.environment(), bootstrapped: false });
    const operator = new Operator(world.root);
    await operator.does('bootstrap');
    return new Stage(world, operator);
  }

  /** Where formulas are written to. */
  get repository(): string {
    return this.world.path('formulas');
  }

  async formula(
    name: string,
    { metadata = '', config, hooks = {} }: StageFormula = {},
    revision = 1,
  ): Promise<string> {
    const directory = join(this.repository, name);
    const files = {
      'metadata.yaml': `name: ${name}\nrevision: ${revision}\nsummary: for rows\n${metadata}`,
      ...(config !== undefined && { 'config.yaml': config }),
      ...Object.fromEntries(
        Object.entries(hooks).map(([hook, body]) => [`hooks/${hook}`, this.#hook(body)] as const),
      ),
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
      if (file.startsWith('hooks/')) await chmod(join(directory, file), 0o755);
    }
    return directory;
  }

  #hook(body: string): string {
    return `#!/bin/sh
T=${this.world.path('trace')}
me="$T/\${ENSEMBLE_UNIT_NAME%/*}-\${ENSEMBLE_UNIT_NAME#*/}"
echo "$ENSEMBLE_HOOK" >>"$me"
${body}
`;
  }

  /** Adds an environment to the file, with the same engines. */
  async addEnvironment(name: string, engines: Engines): Promise<void> {
    const { state, storage, secret } = engines.environment();
    const lines = [
      `  ${name}:`,
      `    state: ${state ?? `embedded:${this.world.path(name, 'state')}`}`,
      `    storage: ${storage ?? `file:${this.world.path(name, 'storage')}`}`,
      ...(secret === undefined ? [] : [`    secret: ${secret}`]),
    ];
    await appendFile(this.world.path('environments.yaml'), `${lines.join('\n')}\n`);
  }

  does(...args: readonly string[]): Promise<string> {
    return this.operator.does(...args);
  }

  /** `deploy …`, of a formula of the stage. */
  deploy(...args: readonly string[]): Promise<string> {
    return this.does('deploy', '--repository', this.repository, ...args);
  }

  async status(...scopes: readonly string[]): Promise<StatusDocument> {
    return JSON.parse(await this.operator.status(...scopes));
  }

  /** One unit as `status` shows it. */
  async unit(name: string): Promise<StatusUnit> {
    const units = Object.values((await this.status()).services).flatMap(({ units }) => Object.entries(units));
    const found = units.find(([unit]) => unit === name)?.[1];
    assert.ok(found !== undefined, `${name} is there`);
    return found;
  }

  /** The lines that hooks wrote to `$T/NAME`; of a unit, to `$me`. */
  async told(name: string): Promise<readonly string[]> {
    const text = await readFile(this.world.path('trace', nodeOfUnit(name)), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Waits until hooks wrote these lines, and no others. */
  toldInTheEnd(name: string, lines: readonly string[]): Promise<void> {
    return eventually(async () => assert.deepEqual(await this.told(name), lines), 60_000);
  }

  /** Makes `$T/NAME`, for which hooks may wait. */
  async touch(name: string): Promise<void> {
    await writeFile(this.world.path('trace', name), '');
  }

  async close(): Promise<void> {
    this.operator.close();
    await this.world.close();
  }
}
