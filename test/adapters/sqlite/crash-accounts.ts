import type { ItemKey } from '../../../lib/ports/store.ts';

export const ACCOUNTS = 100;

export const accountKey = (number: number): ItemKey => ({
  table: 'main',
  partition: 'accounts',
  sort: String(number).padStart(2, '0'),
});

export const journalKey = (id: string): ItemKey => ({ table: 'main', partition: 'journal', sort: id });
