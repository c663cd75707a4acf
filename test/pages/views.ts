import type { Status } from '../../lib/domain/authorization.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import type { LinkView } from '../../lib/operations/links.ts';
import { authorizationIn, EMAILS, INSTANCE, keyNamed, MANAGER, type Typed, WRITER } from '../mails/story.ts';

export const TOKEN = 'dGhlIHRva2VuIG9mIGEgbWFpbGVkIGxpbmsgZm9yIHRlc3Q';

/** What the link shows that was mailed to Mara, or to Wendy where a request lapsed or drifted. */
export function viewOf(status: Status, typed: Typed = {}): LinkView {
  const asksAgain = status === 'lapsed' || status === 'drifted';
  const key = keyNamed(typed);
  const authorization = authorizationIn(status, typed);
  return {
    key: status === 'consumed' ? { ...key, state: DESTROYED, authorizationId: authorization.id } : key,
    instance: INSTANCE,
    authorization,
    emails: EMAILS,
    person: asksAgain ? WRITER : MANAGER,
    round: 1,
    requestsFrozen: false,
    offers: status === 'pending' ? 'decide' : asksAgain ? 'reauthorize' : 'nothing',
  };
}
