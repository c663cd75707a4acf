import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * Stays when the stack goes, and when something else takes its place; it is removed when the deployment that has just made
 * it fails. What is protected from deletion by itself could not be: that is retained always, lest the way back fails too.
 */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
