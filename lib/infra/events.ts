import { Duration } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  type EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TABLE_KEY } from '../adapters/dynamodb/schema.ts';
import { BackendFunction } from './backend-function.ts';
import { denyAllBut, Named } from './denials.ts';
import type { Tables } from './tables.ts';

export interface EventsProps {
  readonly tables: Tables;
  /** Name or ARN of a bus that is there already, of another account too; undefined: the stack has one of its own. */
  readonly eventBus: string | undefined;
  /** The role that the denial leaves out. */
  readonly breakGlassRole: string | undefined;
  /** What every CRN of this installation begins with. */
  readonly crnScope: string;
  /** Where it is told which events could not be published. */
  readonly deadLetters: Queue;
}

/** As the function publishes them; nothing else may be published by its role. */
export const EVENT_SOURCE = 'countersign';

const MEMORY = 512;
/** A batch is ten calls of some 30 ms, each of which the SDK repeats within ten seconds. */
const TIMEOUT = 120;
const MOST_TOGETHER = 100;
/** Half of what the stream keeps: the other half is for whoever looks after what was put aside. */
const MOST_AGE = Duration.hours(12);
/** Ends the waiting for one that can never be published; an outage of EventBridge ends by the age. */
const MOST_ATTEMPTS = 1_000;
/** The sort keys of events, and the partitions of the chains that they are in. */
const SORT = 'event#';
const CHAINS = ['key#', 'instance#'];

/**
 * Every event of the audit trail on an event bus, read from the table's stream: what changes a key or an authorization
 * writes its event in the same transaction, so that none is missing and nothing is written twice.
 */
export class Events extends Construct {
  readonly bus: IEventBus;
  /** What hands the stream to the function. */
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: EventsProps) {
    super(scope, id);
    const { tables, eventBus, breakGlassRole, crnScope, deadLetters } = props;
    const publisher = new BackendFunction(this, 'Publish', {
      entry: 'publish-events',
      description: 'Countersign: publishes audit events from the stream of the main table',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: { CRN_SCOPE: crnScope },
    });
    this.bus = eventBus === undefined ? this.ownBus(publisher, breakGlassRole) : this.busNamed(eventBus);
    publisher.addEnvironment('EVENT_BUS', this.bus.eventBusArn);
    publisher.allow({
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { StringEquals: { 'events:source': EVENT_SOURCE } },
    });
    tables.grantStream(publisher);
    publisher.allow({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] });
    this.mapping = publisher.alias.addEventSourceMapping('Stream', {
      eventSourceArn: tables.main.tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: MOST_TOGETHER,
      filters: [newEvents()],
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: MOST_ATTEMPTS,
      maxRecordAge: MOST_AGE,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
      // More would mix up the events of a key: Lambda keeps the order of an item alone, and each event is one.
      parallelizationFactor: 1,
    });
  }

  /** Encrypted by AWS: events name people by ids, and hold nothing of key material, API keys or links. */
  private ownBus(publisher: BackendFunction, breakGlassRole: string | undefined): EventBus {
    const bus = new EventBus(this, 'Bus', {
      description: 'Countersign: every event of the audit trail, as CADF',
    });
    const named = new Named(breakGlassRole);
    named.add(publisher.role);
    // Whoever reads from this bus need not ask who has published.
    const sid = 'OnlyTheProgramPublishes';
    const denial = denyAllBut(named, { sid, actions: ['events:PutEvents'] });
    bus.addToResourcePolicy(new PolicyStatement({ ...denial, resources: [bus.eventBusArn] }));
    return bus;
  }

  private busNamed(eventBus: string): IEventBus {
    return eventBus.startsWith('arn:')
      ? EventBus.fromEventBusArn(this, 'Bus', eventBus)
      : EventBus.fromEventBusName(this, 'Bus', eventBus);
  }
}

/** Lambda itself passes over everything else, at no cost. */
const newEvents = () =>
  FilterCriteria.filter({
    eventName: FilterRule.isEqual('INSERT'),
    dynamodb: {
      Keys: {
        [TABLE_KEY.partitionKey]: { S: CHAINS.map((prefix) => ({ prefix })) },
        [TABLE_KEY.sortKey]: { S: FilterRule.beginsWith(SORT) },
      },
    },
  });
