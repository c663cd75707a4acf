import type { Registration } from '../../lib/domain/registration.ts';
import { GRANTED, key } from './samples.ts';

export const crnOf = (name: string): string =>
  `crn:v1:bluemix:public:cloud-object-storage:global:a/3f2:0a1b:bucket:${name}`;

/** A resource that uses the samples' key. */
export const registration = (name: string, other: Partial<Registration> = {}): Registration => ({
  instanceId: 'instance',
  keyId: key().id,
  keyName: key().name,
  resourceCrn: crnOf(name),
  preventKeyDeletion: false,
  keyVersion: { id: 'v1', createdAt: GRANTED },
  createdAt: GRANTED,
  createdBy: 'countersign|storage',
  updatedAt: GRANTED,
  updatedBy: 'countersign|storage',
  ...other,
});

/** `r000`, `r001`, …: in the order of their names. */
export const manyRegistrations = (count: number): readonly Registration[] =>
  Array.from({ length: count }, (_, i) => registration(`r${String(i).padStart(4, '0')}`));
