import type { Key } from '../../lib/domain/key.ts';
import { adoptKey } from '../../lib/operations/adopt-key.ts';
import { ARN, openPlace, PENDING_DAYS, type Place } from './key-provider.ts';
import { expectOk, openStory, type Story, type StoryOptions } from './story.ts';

export interface AdoptedStory {
  readonly story: Story;
  readonly place: Place;
  readonly key: Key;
}

/** A story in which a key stands for one that lives elsewhere. */
export async function openAdopted(options: StoryOptions = {}): Promise<AdoptedStory> {
  let now = () => 0;
  const place = openPlace(() => now());
  const story = await openStory({ ...options, providers: { 'aws-kms': place.provider } });
  now = () => story.clock.now();
  const { key } = expectOk(
    await adoptKey(story.context, await story.as('alice'), {
      name: 'payroll',
      providerName: 'aws-kms',
      reference: ARN,
      pendingWindowDays: PENDING_DAYS,
    }),
  );
  return { story, place, key };
}
