/** The tag with which whoever owns a key of AWS KMS lets this stack adopt and delete it; its value is the stack's name. */
export const ADOPTED_TAG = 'countersign';
