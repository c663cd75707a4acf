import { canonicalJson } from '../canonical.ts';
import {
  END,
  type HeaderLine,
  type Jwk,
  nextDigest,
  SEAL_TYPE,
  type SealLine,
  type SealPayload,
} from './lines.ts';
import { misshapen } from './read-line.ts';
import type { Report } from './report.ts';
import { type EvidenceCrypto, openSigned } from './signed.ts';

export interface SealChecks {
  /** Any other line, as it stands in the file. */
  line(text: string): void;
  seal(line: SealLine, at: number): void;
  /** Whether a seal has ended the file. */
  ended(): boolean;
  end(at: number): void;
}

const PAYLOAD = {
  instanceId: 'string',
  exportId: 'string',
  part: 'number',
  from: 'string',
  to: 'string',
  filter: 'object',
  at: 'number',
  lines: 'number',
  digest: 'string',
} as const;

export interface SealSetting {
  readonly report: Report;
  readonly crypto: EvidenceCrypto;
  readonly keys: ReadonlyMap<string, Jwk>;
  readonly header: () => HeaderLine | undefined;
}

/** Checks that the file is what the server has answered, part by part: every line, in order, to the end. */
export function checkSeals({ report, crypto, keys, header }: SealSetting): SealChecks {
  let lines = 0;
  let digest = '';
  let part = 0;
  let position: string | undefined = '';
  return {
    line(text) {
      lines += 1;
      digest = nextDigest(digest, text, crypto.digest);
    },
    seal(line, at) {
      const read = { lines, digest };
      lines = 0;
      digest = '';
      part += 1;
      const opened = openSigned(line.jws, { typ: SEAL_TYPE, keys }, crypto);
      if (!opened.ok) {
        position = undefined;
        return report(at, `the seal ${opened.what}`);
      }
      const wrong = misshapen(opened.payload, PAYLOAD);
      if (wrong !== undefined) return report(at, `the seal has no usable "${wrong}"`);
      const payload = opened.payload as unknown as SealPayload;
      for (const what of whyNotOf(payload, header())) report(at, what);
      if (payload.part !== part || (position !== undefined && payload.from !== position)) {
        report(
          at,
          `a part of the file is missing or out of order: this seal ends part ${payload.part}, not ${part}`,
        );
      }
      part = payload.part;
      position = payload.to;
      if (payload.lines !== read.lines || payload.digest !== read.digest) {
        const count =
          payload.lines === read.lines ? '' : `: it had ${payload.lines} lines, and has ${read.lines}`;
        report(at, `the lines before this seal are not those that the server has sent${count}`);
      }
    },
    ended: () => position === END,
    end(at) {
      if ((position !== undefined && position !== END) || lines > 0) {
        report(at, 'the end of the file is cut off: the last line is no seal that ends it');
      }
    },
  };
}

function whyNotOf({ instanceId, exportId, filter }: SealPayload, header: HeaderLine | undefined): string[] {
  if (header === undefined) return [];
  return [
    ...(instanceId === header.instanceId ? [] : ['the seal is of another instance than the first line']),
    ...(exportId === header.exportId ? [] : ['the seal is of another export than the first line']),
    ...(canonicalJson(filter) === canonicalJson(header.filter)
      ? []
      : ['the seal is of another selection than the first line']),
  ];
}
