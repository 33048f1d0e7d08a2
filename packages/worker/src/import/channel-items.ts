/** Chat channels: their bots, and who may write to them. Only immutable ids are taken: a name can be anybody's tomorrow. */

import { dmPolicies, groupPolicies } from "@moltworker/protocol/channels";
import type { ImportItem } from "./item.ts";
import type { Layout } from "./layout.ts";
import { type SettingsTarget, secretItem, settingItem } from "./settings-items.ts";
import { asList, asObject, asText, objectsIn, readObject, type SourceTree } from "./source-tree.ts";
import { openSqlite } from "./sqlite-file.ts";
import { resolved, type Variables } from "./variables.ts";

interface Source {
  tree: SourceTree;
  layout: Layout;
  variables: Variables;
}

export function channelItems(source: Source, target: SettingsTarget): ImportItem[] {
  const channels = asObject(source.layout.config.channels) ?? {};
  return Object.entries(channels).flatMap(([name, value]): ImportItem[] => {
    if (name === "telegram") return telegramItems(asObject(value) ?? {}, source, target);
    if (name === "defaults") return [];
    return [{ kind: "setting", name: `channels.${name}`, verdict: "dropped", why: "there is no such channel here yet" }];
  });
}

/** One bot at the top of the section, or several under `accounts`. */
function telegramItems(telegram: Record<string, unknown>, source: Source, target: SettingsTarget): ImportItem[] {
  const accounts = Object.entries(asObject(telegram.accounts) ?? {}).map(
    ([id, value]) => [id, { ...telegram, ...asObject(value) }] as const,
  );
  const all = accounts.length > 0 ? accounts : ([["default", telegram]] as const);
  return all.flatMap(([id, account]) => accountItems(id.toLowerCase(), account, source, target));
}

function accountItems(id: string, account: Record<string, unknown>, source: Source, target: SettingsTarget): ImportItem[] {
  const name = `channels.telegram.${id}`;
  const items: ImportItem[] = [];
  const token =
    resolved(account.botToken, source.variables) ?? (id === "default" ? source.variables.get("TELEGRAM_BOT_TOKEN") : undefined);
  if (token !== undefined) items.push(secretItem(`${name}.botToken`, `channel.telegram.${id}.token`, token, target));
  const asked = [...asList(account.allowFrom), ...pairedSenders(source, id)].map((entry) =>
    String(entry).replace(/^(telegram|tg):/i, ""),
  );
  const unique = [...new Set(asked)];
  const ids = unique.filter((entry) => entry === "*" || /^-?\d+$/.test(entry));
  for (const entry of unique.filter((one) => !ids.includes(one)))
    items.push({
      kind: "sender",
      name: `${name} ${entry}`,
      verdict: "dropped",
      why: "a name can change hands; let this person pair instead",
    });
  for (const key of ["dm", "dms"].filter((one) => one in account))
    items.push({
      kind: "setting",
      name: `${name}.${key}`,
      verdict: "dropped",
      why: "a key that no version of the product knows",
    });
  const settings = {
    ...(typeof account.enabled === "boolean" ? { enabled: account.enabled } : {}),
    ...(dmPolicies.some((policy) => policy === account.dmPolicy) ? { dmPolicy: account.dmPolicy } : {}),
    ...(groupPolicies.some((policy) => policy === account.groupPolicy) ? { groupPolicy: account.groupPolicy } : {}),
    ...(ids.length > 0 ? { allowFrom: ids } : {}),
    ...groupsOf(account.groups),
  };
  if (Object.keys(settings).length === 0) return items;
  const item = settingItem(name, { channels: { accounts: { telegram: { [id]: settings } } } }, target);
  const why = "who may write is taken as guests; make yourself the owner under Admin, Channels";
  return [...items, item.verdict === "taken" && ids.length > 0 ? { ...item, verdict: "changed", why } : item];
}

function groupsOf(value: unknown): { groups?: Record<string, { requireMention?: boolean }> } {
  const groups = Object.entries(asObject(value) ?? {}).filter(([id]) => /^-?\d+$/.test(id));
  if (groups.length === 0) return {};
  return {
    groups: Object.fromEntries(
      groups.map(([id, group]) => {
        const mention = asObject(group)?.requireMention;
        return [id, typeof mention === "boolean" ? { requireMention: mention } : {}];
      }),
    ),
  };
}

/** People who were let in by a pairing code, from either form that OpenClaw kept them in. */
function pairedSenders({ tree, layout }: Source, account: string): string[] {
  const names = account === "default" ? ["telegram-allowFrom.json"] : [`telegram-${account}-allowFrom.json`];
  const fromFiles = names.flatMap((file) => asList(readObject(tree, `${layout.configFolder}credentials/${file}`)?.allowFrom));
  return [...fromFiles.flatMap((entry) => asText(entry) ?? String(entry)), ...fromDatabase(tree, layout, account)];
}

function fromDatabase(tree: SourceTree, layout: Layout, account: string): string[] {
  const path = `${layout.configFolder}state/openclaw.sqlite`;
  const file = tree.read(path);
  if (!file || file.length === 0) return [];
  try {
    const rows = objectsIn([...openSqlite(file, tree.read(`${path}-wal`)).rows("channel_pairing_allow_entries")]);
    return rows.filter((row) => row.channel_key === "telegram" && row.account_id === account).map((row) => String(row.entry));
  } catch {
    // The conversations say that this database is damaged.
    return [];
  }
}
