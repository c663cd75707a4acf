import { openServed } from '../http/served.ts';
import { describeJourneys } from './journeys.ts';

describeJourneys('in one process', () => openServed());
