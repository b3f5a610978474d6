/** Short names for the API's types. */
import type { components } from '../../types/schema';

type Schemas = components['schemas'];

export type Status = Schemas['Status'];
export type Progress = Schemas['Progress'];
export type Mode = Schemas['Mode'];
export type Outcome = Schemas['Outcome'];
export type Event = Schemas['Event'];
export type RunRecord = Schemas['RunRecord'];
export type SchedulerStatus = Schemas['SchedulerStatus'];
export type Fire = Schemas['Fire'];
export type NewEntry = Schemas['NewEntry'];
export type TriggerEntry = Schemas['TriggerEntry'];
export type Received = Schemas['ReceivedWebhook'];
export type SystemInfo = Schemas['SystemInfo'];
export type VersionAnswer = Schemas['VersionAnswer'];
export type Health = Schemas['Health'];
export type LogFile = Schemas['LogFile'];
export type KeyInfo = Schemas['KeyInfo'];
export type Scope = Schemas['Scope'];
export type ShownRelease = Schemas['ShownRelease'];
