import { randomBytes } from 'node:crypto';
import type { Operation } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { paths } from './paths.js';

/**
 * One life of a unit, service or relation: 12 hexadecimal digits, chosen when it is made. A name may be used again, also
 * in another environment on the same machine; an incarnation never is. Absent in what release 0.1.0 made.
 */
export const incarnationField = { incarnation: z.optional(z.string()) };

/**
 * `adopted`: it was made without an incarnation, and got this one when the environment was upgraded. Who knows it without
 * one knows the same life.
 */
export const adoptedField = { adopted: z.optional(z.boolean()) };

/** True if what is found in the tree is of the life that is known; what lacks an incarnation is known without one. */
export function isOfLife(
  known: string | undefined,
  found: { readonly incarnation?: string | undefined; readonly adopted?: boolean | undefined },
): boolean {
  return found.incarnation === known || (known === undefined && found.adopted === true);
}

/** The incarnation of something that is about to be made. */
export function newIncarnation(): string {
  return randomBytes(6).toString('hex');
}

/**
 * The operation that makes a write apply to this life of a unit alone. The incarnation is in the name of a node, as
 * versions do not tell a node from the one that is made in its place. Nothing can be checked where it is not known.
 */
export function checkLife(unit: string, incarnation: string | undefined): readonly Operation[] {
  return incarnation === undefined ? [] : [{ kind: 'check', path: paths.life(unit, incarnation) }];
}
