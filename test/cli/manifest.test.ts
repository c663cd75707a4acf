import { expect, it } from 'vitest';
import { lossText, previewText, type ShownManifest } from '../../lib/cli/key/manifest.ts';

const manifest: ShownManifest = {
  keyId: '9d3f5f4e-98a4-4d1c-8f0e-5b7a2c4e1a6f',
  name: 'Payroll\u001b[2J',
  type: 'root key',
  aliases: ['payroll'],
  versions: [{ id: 'v1', creationDate: '2026-01-01T00:00:00Z' }],
  registrations: {
    total: 102,
    retained: 1,
    listed: [
      { resourceCrn: 'crn:v1:a', preventKeyDeletion: false },
      { resourceCrn: 'crn:v1:b', preventKeyDeletion: true },
    ],
    others: { count: 100 },
  },
};

it('what would be lost is told with the resources, and without control characters', () => {
  const told = lossText(manifest);
  expect(told).toContain('  used by crn:v1:a\n  used by crn:v1:b, which has a retention policy\n');
  expect(told).toContain('  used by 100 more resources\n');
  expect(told).not.toContain('\u001b');
  expect(lossText({ ...manifest, registrations: undefined })).not.toContain('used by');
});

it('a dry run tells who could approve and what stands against it', () => {
  const preview = {
    manifest,
    manifestDigest: 'a'.repeat(64),
    lossDigest: 'b'.repeat(64),
    twoPeople: true,
    approvers: [{ email: 'mia@example.com' }, { email: 'noa@example.com' }],
    blocks: [{ code: 'PREV_KEY_DEL_ERR', message: 'a retention policy' }],
  };
  const told = previewText(preview);
  expect(told).toMatch(/^could approve +mia@example\.com, noa@example\.com$/m);
  expect(told).toMatch(/^manifest digest +a{64}$/m);
  expect(told).toContain('What stands against it:\n  a retention policy (PREV_KEY_DEL_ERR)\n');
  expect(told.endsWith('Nothing was changed.')).toBe(true);
  expect(previewText({ ...preview, approvers: [], blocks: [] })).toMatch(/could approve +nobody\n/);
  expect(() => previewText({})).toThrow('no manifest');
});
