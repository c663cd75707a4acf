/** Where the deployment stands in: what the engine's Step Functions API answers for (lib/engine/execution.ts). */
export const REGION = 'local';
export const ACCOUNT = '000000000000';
