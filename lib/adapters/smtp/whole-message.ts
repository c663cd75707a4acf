import { Readable } from 'node:stream';
import MimeNode from 'nodemailer/lib/mime-node';
import type { Mail } from '../../ports/mailer.ts';
import type { Mailbox } from '../mailer/message.ts';

/**
 * A composed message as a pool of connections asks for it, in one piece. The library's `sendMail` would make another
 * message around it and pass that through four streams, which costs twice as much as handing it over.
 */
export class WholeMessage extends MimeNode {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, { from, mail }: { readonly from: Mailbox; readonly mail: Mail }) {
    // Nothing here has a boundary; without this one the library would make one up.
    super(false, { baseBoundary: 'none' });
    this.#bytes = bytes;
    this.setHeader('Message-ID', mail.messageId);
    this.setEnvelope({ from: { ...from }, to: { name: '', address: mail.to } });
  }

  /** From the beginning each time: a mail whose connection was lost goes over another. */
  override createReadStream(): Readable {
    const chunks = [this.#bytes, null];
    return new Readable({
      read() {
        this.push(chunks.shift());
      },
    });
  }
}
