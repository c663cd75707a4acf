/** The line that the sweeper writes of what waits: the dashboard's query looks for it. */
export const SEEN_WAITING = 'an authorization is waiting';
