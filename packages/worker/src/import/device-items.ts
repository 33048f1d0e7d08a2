/** Devices that were paired with the old installation: their keys prove who they are here too. Their old tokens end. */

import { scopes as allScopes, type Scope } from "@moltworker/protocol/scopes";
import type { Devices } from "../auth/devices.ts";
import { sha256Hex } from "../platform/sha256.ts";
import type { ImportItem } from "./item.ts";
import type { Layout } from "./layout.ts";
import { databaseIn } from "./source-database.ts";
import { asList, asText, objectsIn, readObject, type SourceTree } from "./source-tree.ts";

export async function deviceItems(tree: SourceTree, layout: Layout, devices: Devices): Promise<ImportItem[]> {
  const listed = [...fromFile(tree, layout), ...fromDatabase(tree, layout)];
  const unique = new Map(listed.map((device) => [asText(device.deviceId)?.toLowerCase() ?? "", device]));
  return Promise.all([...unique].map(([id, device]) => itemOf(id, device, devices)));
}

async function itemOf(id: string, device: Record<string, unknown>, devices: Devices): Promise<ImportItem> {
  const item = { kind: "device", name: asText(device.displayName) ?? id.slice(0, 12) } as const;
  const publicKey = asText(device.publicKey);
  if (publicKey === undefined || (await idOf(publicKey)) !== id)
    return { ...item, verdict: "dropped", why: "its key and its id do not belong together" };
  const roles = [...asList(device.roles), device.role].filter((role) => typeof role === "string");
  if (!roles.includes("operator"))
    return {
      ...item,
      verdict: "dropped",
      why: `it was paired as ${roles.join(", ") || "nothing"}, and only operators exist here`,
    };
  if (devices.find(id)) return { ...item, verdict: "same" };
  const wanted = new Set([...asList(device.approvedScopes), ...asList(device.scopes)]);
  const scopes = allScopes.filter((scope): scope is Scope => wanted.has(scope));
  if (scopes.length === 0) return { ...item, verdict: "dropped", why: "it was allowed nothing that exists here" };
  return {
    ...item,
    verdict: "changed",
    why: "it keeps its grant, and fetches a new token when it connects within a day; after that it asks once more",
    work: () => {
      const facts = {
        id,
        publicKey,
        name: asText(device.displayName)?.slice(0, 120) ?? null,
        platform: asText(device.platform)?.slice(0, 60) ?? null,
        deviceFamily: asText(device.deviceFamily)?.slice(0, 60) ?? null,
        clientId: asText(device.clientId)?.slice(0, 60) ?? "gateway-client",
        clientMode: asText(device.clientMode)?.slice(0, 60) ?? null,
        address: null,
      };
      devices.approve(facts, { scopes, withheld: [], keepTokens: false });
    },
  };
}

/** A device's id is the SHA-256 of its raw public key. */
async function idOf(publicKey: string): Promise<string | undefined> {
  try {
    const text = atob(publicKey.replaceAll("-", "+").replaceAll("_", "/"));
    return text.length === 32 ? await sha256Hex(Uint8Array.from(text, (character) => character.charCodeAt(0))) : undefined;
  } catch {
    return undefined;
  }
}

function fromFile(tree: SourceTree, layout: Layout): Record<string, unknown>[] {
  const paired = readObject(tree, `${layout.configFolder}devices/paired.json`) ?? {};
  return objectsIn(Object.values(paired));
}

function fromDatabase(tree: SourceTree, layout: Layout): Record<string, unknown>[] {
  const path = `${layout.configFolder}state/openclaw.sqlite`;
  try {
    return [...(databaseIn(tree, path)?.rows("device_pairing_paired") ?? [])].map((row) => ({
      deviceId: row.device_id,
      publicKey: row.public_key,
      displayName: row.operator_label ?? row.display_name,
      platform: row.platform,
      deviceFamily: row.device_family,
      clientId: row.client_id,
      clientMode: row.client_mode,
      role: row.role,
      roles: listFrom(row.roles_json),
      scopes: listFrom(row.scopes_json),
      approvedScopes: listFrom(row.approved_scopes_json),
    }));
  } catch {
    // The conversations say that this database is damaged.
    return [];
  }
}

function listFrom(value: unknown): unknown[] {
  try {
    return typeof value === "string" ? asList(JSON.parse(value)) : [];
  } catch {
    return [];
  }
}
