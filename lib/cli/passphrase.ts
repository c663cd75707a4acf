/** The master key's passphrase, from the environment alone: an option would stand in the list of processes. */
export function passphrase(): { readonly passphrase?: string } {
  const { COUNTERSIGN_PASSPHRASE } = process.env;
  return COUNTERSIGN_PASSPHRASE === undefined ? {} : { passphrase: COUNTERSIGN_PASSPHRASE };
}
