/** What a method may reach: the assistant's parts, by name. */

import type { Gateway } from "../ai-gateway/gateway.ts";
import type { Books } from "../ai-gateway/governor/books.ts";
import type { CallerDirectory, Governor } from "../ai-gateway/governor/governor.ts";
import type { AiGatewayControls } from "../ai-gateway/proxy/controls.ts";
import type { Audit } from "../auth/audit.ts";
import type { Auth } from "../auth/auth.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { ConfigHistory } from "../config/history.ts";
import type { AnySection } from "../config/section.ts";
import type { Containers } from "../containers/containers.ts";
import type { Channels } from "../delivery/channels.ts";
import type { Doctor } from "../doctor/doctor.ts";
import type { Hooks } from "../edge/hooks/hooks.ts";
import type { BuildWatch } from "../platform/build.ts";
import type { Clock } from "../platform/clock.ts";
import type { Approvals } from "../runs/approvals.ts";
import type { Runner } from "../runs/runner.ts";
import type { Inbox } from "../sessions/inbox.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { SessionView } from "../sessions/session-view.ts";
import type { Transcript } from "../sessions/transcript.ts";
import type { SnapshotAdmin } from "../snapshots/snapshot-admin.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { LogRing } from "../storage/log-ring.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Hub } from "./hub.ts";

export interface ServerFacts {
  version: string;
  bootId: string;
  startedAt: number;
}

/** Where this runs, as far as it matters to a person. */
export interface Runtime {
  host: "workerd" | "cloudflare";
  compatibilityDate: string;
  /** Who carries out a restart. */
  restart: "supervisor" | "object";
}

export interface MethodContext {
  clock: Clock;
  hub: Hub;
  auth: Auth;
  audit: Audit;
  config: Config<Settings>;
  configHistory: ConfigHistory;
  sections: readonly AnySection[];
  models: Gateway;
  governor: Governor & Books;
  /** Who holds a gateway token. */
  callers: CallerDirectory;
  /** Keys, breakers and cache of the AI gateway. */
  aiGateway: AiGatewayControls;
  sessions: SessionStore;
  view: SessionView;
  transcript: Transcript;
  inbox: Inbox;
  runner: Runner;
  approvals: Approvals;
  workspace: Workspace;
  blobs: Blobs;
  containers: Containers;
  doctor: Doctor;
  hooks: Hooks;
  channels: Channels;
  snapshots: Snapshots & SnapshotAdmin;
  server: ServerFacts;
  logs: LogRing;
  builds: BuildWatch;
  runtime: Runtime;
  /** Ends this life soon, after the answer has gone out. */
  restart(): void;
  /** Closes the live sockets of every grant that has ended, once the answer has gone out. */
  closeEnded(): void;
  /** Ends every web session and closes their sockets; returns how many sessions ended. */
  signOutEverywhere(): number;
}
