import { AccessDenied, CoordinatorUnreachable } from '../../state/coordination/errors.js';
import type { BlockerKind } from '../../state/model/blocker.js';
import {
  BucketElsewhere,
  BucketNotFound,
  ObjectDamaged,
  ObjectNotAFile,
  ObjectNotFound,
  StorageAccessDenied,
  StorageCredentialsMissing,
  StorageFull,
  StorageMissing,
  StorageRequestRefused,
  StorageUnreachable,
} from '../../state/storage/errors.js';

const ofCoordinator = [CoordinatorUnreachable, AccessDenied] as const;

const ofStorage = [
  BucketElsewhere,
  BucketNotFound,
  ObjectDamaged,
  ObjectNotAFile,
  ObjectNotFound,
  StorageAccessDenied,
  StorageCredentialsMissing,
  StorageFull,
  StorageMissing,
  StorageRequestRefused,
  StorageUnreachable,
] as const;

/** Whom an operation waits for that failed so and is tried again; undefined where it is neither of the two. */
export function troubleKind(error: unknown): BlockerKind | undefined {
  if (ofCoordinator.some((kind) => error instanceof kind)) return 'coordinator';
  if (ofStorage.some((kind) => error instanceof kind)) return 'storage';
  return undefined;
}
