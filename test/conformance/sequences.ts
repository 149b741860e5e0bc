import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Bench } from './coordinator.js';
import { Model, type Refusal } from './model.js';

/** One call of a client. Single operations go through their own methods, several through `transaction`. */
type Call =
  | { readonly kind: 'get'; readonly path: string }
  | { readonly kind: 'children'; readonly path: string }
  | { readonly kind: 'single'; readonly operation: Exclude<Operation, { kind: 'check' }> }
  | { readonly kind: 'transaction'; readonly operations: readonly Operation[] };

// Few paths, so that operations meet. Only the last may be ephemeral: it is the one without children here.
const durable = ['/a', '/a/b', '/a/b/c', '/a/d', '/e'];
const path = fc.constantFrom(...durable, '/z');
const value = fc.string({ maxLength: 8, unit: 'grapheme' });
const version = fc.constantFrom({}, {}, { version: 0 }, { version: 1 }, { version: 2 });
const create = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), path: fc.constantFrom(...durable), value }),
  fc.record({
    kind: fc.constant('create' as const),
    path: fc.constant('/z'),
    value,
    ephemeral: fc.boolean(),
  }),
);
const set = fc
  .tuple(path, value, version)
  .map(([path, value, version]) => ({ kind: 'set' as const, path, value, ...version }));
const remove = fc
  .tuple(path, version)
  .map(([path, version]) => ({ kind: 'remove' as const, path, ...version }));
const check = fc
  .tuple(path, version)
  .map(([path, version]) => ({ kind: 'check' as const, path, ...version }));
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), path }),
  fc.record({ kind: fc.constant('children' as const), path }),
  fc.record({ kind: fc.constant('single' as const), operation: fc.oneof(create, create, set, remove) }),
  fc.record({
    kind: fc.constant('transaction' as const),
    operations: fc.array(fc.oneof(create, create, set, remove, check), { minLength: 1, maxLength: 5 }),
  }),
);

/** Random sequences of calls give what a simple model in memory gives. */
export function sequences(bench: Bench): void {
  it('any sequence of calls gives the same results as the model', async function () {
    this.timeout(120_000);
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const client = await bench.open();
    let runs = 0;
    const property = fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
      // A subtree for each run: a fresh tree would cost a fresh session.
      const base = `/run-${runs++}`;
      const model = new Model();
      await client.create(base, '');
      for (const step of calls) {
        assert.deepEqual(await onEngine(client, base, step), onModel(model, step), JSON.stringify(step));
      }
      for (const path of [...durable, '/z']) assert.deepEqual(await client.get(base + path), model.get(path));
    });
    try {
      await fc.assert(property, { seed, numRuns: 60 });
    } catch (error) {
      throw new Error(`with seed ${seed}`, { cause: error });
    } finally {
      process.stdout.write(`      seed ${seed}\n`);
    }
  });
}

async function onEngine(client: Coordinator, base: string, call: Call): Promise<unknown> {
  try {
    if (call.kind === 'get') return await client.get(base + call.path);
    if (call.kind === 'children') return await client.children(base + call.path);
    if (call.kind === 'transaction') {
      return await client.transaction(call.operations.map((one) => ({ ...one, path: base + one.path })));
    }
    const { operation } = call;
    if (operation.kind === 'set') {
      return await client.set(base + operation.path, operation.value, operation.version);
    }
    if (operation.kind === 'remove') return await client.remove(base + operation.path, operation.version);
    const { ephemeral } = operation;
    return await client.create(base + operation.path, operation.value, ephemeral ? { ephemeral: true } : {});
  } catch (error) {
    if (!(error instanceof EnsembleError && 'path' in error)) throw error;
    return { code: error.code, path: String(error.path).slice(base.length) || '/' } satisfies Refusal;
  }
}

function onModel(model: Model, call: Call): unknown {
  if (call.kind === 'get') return model.get(call.path);
  if (call.kind === 'children') return model.children(call.path);
  const refusal = model.apply(call.kind === 'single' ? [call.operation] : call.operations);
  if (refusal !== undefined) return refusal;
  return call.kind === 'single' && call.operation.kind === 'set'
    ? model.get(call.operation.path)?.version
    : undefined;
}
