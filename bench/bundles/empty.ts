/** What every function costs: nothing is less. */
export const handler = async (): Promise<string> => 'nothing';
