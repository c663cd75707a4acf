/** A value of an event, as a pattern of EventBridge matches it: the whole, or how it begins or ends. */
export type Match = string | { readonly prefix: string } | { readonly suffix: string };

const beginning = (...names: readonly string[]): readonly Match[] => names.map((prefix) => ({ prefix }));

/**
 * The calls of AWS's APIs that take a guard of this stack away or go round it, by what they are about, under the names that
 * CloudTrail gives them; read off the service authorization reference, and off CloudTrail's lists where the names differ.
 */
export const GUARDED_CALLS = {
  /** What takes a denial away or makes a key useless; and the tag, with which a key counts as adopted. */
  keys: [
    'PutKeyPolicy',
    'DisableKey',
    'ScheduleKeyDeletion',
    'DisableKeyRotation',
    'CreateGrant',
    'RevokeGrant',
    'RetireGrant',
    'TagResource',
  ],
  /** What takes a denial away, makes a copy, has one sent elsewhere, or destroys one. */
  tables: [
    'PutResourcePolicy',
    'DeleteResourcePolicy',
    'DeleteTable',
    'UpdateTable',
    'UpdateContinuousBackups',
    'UpdateTimeToLive',
    'CreateBackup',
    'ExportTableToPointInTime',
    'RestoreTableToPointInTime',
    'RestoreTableFromBackup',
    'CreateGlobalTable',
    'UpdateGlobalTable',
    'EnableKinesisStreamingDestination',
    'DisableKinesisStreamingDestination',
    'UpdateKinesisStreamingDestination',
  ],
  /** Another program in the place of ours, with its rights. Lambda's names end in a version: `UpdateFunctionCode20150331v2`. */
  functions: beginning(
    'UpdateFunctionCode',
    'UpdateFunctionConfiguration',
    'UpdateAlias',
    'DeleteFunction',
    'PutFunctionConcurrency',
    'PutRuntimeManagementConfig',
  ),
  /** Who else may call a function. */
  callers: beginning('AddPermission', 'CreateFunctionUrlConfig', 'UpdateFunctionUrlConfig'),
  /** What ends the publishing of events. */
  stream: beginning('UpdateEventSourceMapping', 'DeleteEventSourceMapping'),
  stateMachine: [
    'UpdateStateMachine',
    'UpdateStateMachineAlias',
    'DeleteStateMachine',
    'DeleteStateMachineAlias',
    'DeleteStateMachineVersion',
  ],
  /** Every setting of the bucket; and, where a trail has data events, what hides an object or touches its lock. */
  bucket: [
    ...beginning('PutBucket', 'DeleteBucket', 'PutObjectLock', 'PutPublicAccess', 'DeletePublicAccess'),
    'DeleteObject',
    'DeleteObjects',
    'PutObjectRetention',
  ],
  /** Every setting of how mails go out: who else may send as us, where copies go, whether links stay as they are. */
  mail: beginning('Put', 'Create', 'Update', 'Delete', 'Set'),
  /** What a function's role may, and who may take it on. */
  roles: [
    'UpdateAssumeRolePolicy',
    'PutRolePolicy',
    'DeleteRolePolicy',
    'AttachRolePolicy',
    'DetachRolePolicy',
    'PutRolePermissionsBoundary',
    'DeleteRolePermissionsBoundary',
  ],
  /** Taking on a function's role. */
  assumed: beginning('AssumeRole'),
  /** Giving a function's role to another function. */
  lent: beginning('CreateFunction', 'UpdateFunctionConfiguration'),
  /** What all of these are told by. */
  trails: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'],
  /** What keeps somebody from hearing of it. */
  watching: [
    'DisableRule',
    'DeleteRule',
    'PutRule',
    'RemoveTargets',
    'PutTargets',
    'DeleteAlarms',
    'DisableAlarmActions',
    'PutMetricAlarm',
    'DeleteTopic',
    'SetTopicAttributes',
    'Unsubscribe',
    'SetSubscriptionAttributes',
  ],
} as const satisfies Readonly<Record<string, readonly Match[]>>;
