import { writeFileSync } from 'node:fs';
import { iamDocument } from './iam-document.ts';
import { synthesized } from './synthesized.ts';

writeFileSync(new URL('../../docs/iam.md', import.meta.url), iamDocument(synthesized()));
