/** Things derived from the state that more than one component shows. */

import type { ModelRow, ProviderStatus, SessionRow, ThinkingLevel } from "@moltworker/protocol/rows";
import type { AppState } from "./state.ts";

let listed: { sessions: AppState["sessions"]; rows: SessionRow[] } | undefined;

/** Sessions as listed: pinned first, then newest. */
export function sessionRows(state: AppState): SessionRow[] {
  if (listed?.sessions !== state.sessions) {
    const rows = Object.values(state.sessions).filter((row) => !row.archived);
    rows.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt);
    listed = { sessions: state.sessions, rows };
  }
  return listed.rows;
}

export function modelRefOf(state: AppState, key: string): string {
  const row = state.sessions[key];
  if (!row?.model) return state.defaultModel;
  return row.modelProvider && !row.model.startsWith(`${row.modelProvider}/`) ? `${row.modelProvider}/${row.model}` : row.model;
}

export function modelOf(state: AppState, key: string): ModelRow | undefined {
  const ref = modelRefOf(state, key);
  return state.models.find((model) => model.ref === ref) ?? state.models.find((model) => model.id === ref);
}

export function thinkingOf(state: AppState, key: string): ThinkingLevel {
  return state.sessions[key]?.thinkingLevel ?? state.thinkingLevel ?? "off";
}

/** The scripted model that answers while no key is there. */
export function isDemo(model: ModelRow | undefined): boolean {
  return model?.provider === "demo";
}

/** Providers found running on this machine, no key needed. */
export function localProviders(providers: ProviderStatus[]): ProviderStatus[] {
  return providers.filter((provider) => !provider.needsKey && provider.id !== "demo" && provider.state === "ready");
}

export function displayName(state: AppState, key: string): string {
  const row = state.sessions[key];
  if (row) return row.displayName;
  return key === state.mainKey ? "Main" : "New conversation";
}
