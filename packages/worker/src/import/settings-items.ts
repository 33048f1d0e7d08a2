/** Settings and secrets: what has a meaning here is taken, keys go to the secret store alone, and all else is named with its reason. */

import type { Provider } from "../ai-gateway/provider.ts";
import type { Principal } from "../auth/principal.ts";
import { providerKeyName, type Secrets } from "../secrets/secrets.ts";
import type { ImportItem } from "./item.ts";
import type { Layout } from "./layout.ts";
import { asObject, asText, readObject, type SourceTree } from "./source-tree.ts";
import { resolved, type Variables } from "./variables.ts";

/** The provider that takes any address of a compatible server. */
const ownAddress = "openai-compatible";

export interface SettingsTarget {
  providers: readonly Provider[];
  secrets: Secrets;
  /** What stands now, whole. */
  settings(): Record<string, unknown>;
  /** A merge patch. Throws CONFIG_INVALID. */
  patch(merge: Record<string, unknown>): void;
  /** Whether this would be taken. */
  accepts(merge: Record<string, unknown>): string | undefined;
  /** Sets the owner's token; open sessions of the one who imports stay. */
  setGatewayToken(token: string, by: Principal): void;
  hasGatewayToken(token: string): boolean;
}

interface Source {
  tree: SourceTree;
  layout: Layout;
  variables: Variables;
}

export function settingsItems(source: Source, target: SettingsTarget): ImportItem[] {
  const { config } = source.layout;
  return [
    ...unusableItems(source),
    ...agentItems(config, target),
    ...providerItems(source, target),
    ...keyItems(source, target),
    ...gatewayItems(source, target),
    ...leftItems(config),
  ];
}

function unusableItems({ layout }: Source): ImportItem[] {
  const broken = layout.unusable.map(
    ({ path, why }): ImportItem => ({ kind: "setting", name: path, verdict: "aside", why: `${why}; kept as a file` }),
  );
  const sealed = layout.sealed.map(
    (path): ImportItem => ({
      kind: "other",
      name: path,
      verdict: "dropped",
      why: "a squashfs image, which is not opened here: unpack it (`unsquashfs -d home data.sqsh`), then import the folder `home`",
    }),
  );
  return [...broken, ...sealed];
}

function agentItems(config: Record<string, unknown>, target: SettingsTarget): ImportItem[] {
  const agents = asObject(config.agents);
  const defaults = asObject(agents?.defaults) ?? asObject(config.agent);
  const first = asObject((agents?.list as unknown[] | undefined)?.[0]);
  const model = asText(defaults?.model) ?? asText(asObject(defaults?.model)?.primary);
  const name = asText(asObject(first?.identity)?.name) ?? asText(asObject(config.identity)?.name);
  const items: ImportItem[] = [];
  if (name !== undefined) items.push(settingItem("agent.name", { agent: { name } }, target));
  if (model !== undefined) items.push(modelItem(model, config, target));
  const thinking = asText(defaults?.thinkingDefault);
  if (thinking !== undefined) items.push(settingItem("agent.thinking", { agent: { thinking } }, target));
  return items;
}

function modelItem(model: string, config: Record<string, unknown>, target: SettingsTarget): ImportItem {
  const provider = model.slice(0, model.indexOf("/"));
  if (target.providers.some(({ id }) => id === provider)) return settingItem("agent.model", { agent: { model } }, target);
  const listed = asObject(asObject(asObject(config.models)?.providers)?.[provider]);
  // A provider of the old installation's own naming: it became the one for any compatible address.
  if (listed && (listed.api === undefined || listed.api === "openai-completions") && !provider.startsWith("cf-ai-gw")) {
    const moved = `${ownAddress}/${model.slice(provider.length + 1)}`;
    const item = settingItem("agent.model", { agent: { model: moved } }, target);
    return item.verdict === "taken" ? { ...item, verdict: "changed", why: `it became "${moved}"` } : item;
  }
  const why = provider.startsWith("cf-ai-gw")
    ? "it went through a gateway address of the old installation; choose a model under Settings, Models"
    : `no provider here is called "${provider || model}"; choose a model under Settings, Models`;
  return { kind: "setting", name: `agent.model ${model}`, verdict: "dropped", why };
}

export function settingItem(name: string, merge: Record<string, unknown>, target: SettingsTarget): ImportItem {
  const refused = target.accepts(merge);
  if (refused !== undefined) return { kind: "setting", name, verdict: "dropped", why: refused };
  if (contains(target.settings(), merge)) return { kind: "setting", name, verdict: "same" };
  return { kind: "setting", name, verdict: "taken", work: () => target.patch(merge) };
}

/** Every leaf of the patch stands already. */
function contains(whole: unknown, part: unknown): boolean {
  const wanted = asObject(part);
  if (!wanted) return JSON.stringify(whole) === JSON.stringify(part);
  return Object.entries(wanted).every(([name, value]) => contains(asObject(whole)?.[name], value));
}

function providerItems({ layout, variables }: Source, target: SettingsTarget): ImportItem[] {
  const listed = asObject(asObject(layout.config.models)?.providers) ?? {};
  return Object.entries(listed).flatMap(([id, value]) => {
    const entry = asObject(value) ?? {};
    const name = `models.providers.${id}`;
    if (id.startsWith("cf-ai-gw"))
      return [
        {
          kind: "setting",
          name,
          verdict: "dropped",
          why: "an address of the old installation's gateway; calls leave through this one",
        } as ImportItem,
      ];
    const known = target.providers.find((provider) => provider.id === id);
    const home = known?.id ?? ownAddress;
    const address = resolved(entry.baseUrl, variables);
    const items: ImportItem[] = [];
    if (!known && entry.api !== undefined && entry.api !== "openai-completions")
      return [
        {
          kind: "setting",
          name,
          verdict: "dropped",
          why: `its dialect "${String(entry.api)}" has no provider of that name here`,
        } as ImportItem,
      ];
    if (address !== undefined) {
      const models = (Array.isArray(entry.models) ? entry.models : []).flatMap((model) => asText(asObject(model)?.id) ?? []);
      const item = settingItem(
        name,
        { providers: { [home]: { baseUrl: address, ...(known ? {} : { models: models.slice(0, 200) }) } } },
        target,
      );
      items.push(
        !known && item.verdict === "taken" ? { ...item, verdict: "changed", why: `it became the provider "${home}"` } : item,
      );
    }
    const key = resolved(entry.apiKey, variables);
    if (key !== undefined) items.push(secretItem(`${name}.apiKey`, providerKeyName(home), key, target));
    else if (entry.apiKey !== undefined)
      items.push({
        kind: "secret",
        name: `${name}.apiKey`,
        verdict: "dropped",
        why: "it names a variable or a store that the source does not bring; type the key under Settings, Models",
      });
    return items;
  });
}

/** Keys by the names that providers know them by, from variables and from OpenClaw's own store of them. */
function keyItems({ tree, layout, variables }: Source, target: SettingsTarget): ImportItem[] {
  const items: ImportItem[] = [];
  for (const provider of target.providers) {
    const name = provider.keyVariables.find((variable) => variables.has(variable));
    if (name !== undefined) items.push(secretItem(name, providerKeyName(provider.id), variables.get(name) as string, target));
  }
  for (const { path } of tree
    .list()
    .filter((file) => file.path.startsWith(layout.configFolder) && file.path.endsWith("/auth-profiles.json"))) {
    for (const [id, value] of Object.entries(asObject(readObject(tree, path)?.profiles) ?? {})) {
      const profile = asObject(value) ?? {};
      const key =
        profile.type === "api_key" ? resolved(profile.key ?? profile.apiKey, variables) : resolved(profile.token, variables);
      const provider = target.providers.find((one) => one.id === profile.provider);
      if (profile.type === "oauth" || !provider || key === undefined) {
        const why =
          profile.type === "oauth"
            ? "a sign-in with the provider, which only its own client can renew"
            : "no provider of that name here takes it";
        items.push({ kind: "secret", name: `auth profile ${id}`, verdict: "dropped", why });
      } else items.push(secretItem(`auth profile ${id}`, providerKeyName(provider.id), key, target));
    }
  }
  return items;
}

export function secretItem(name: string, secret: string, value: string, { secrets }: SettingsTarget): ImportItem {
  const present = secrets.get(secret);
  if (present === value.trim()) return { kind: "secret", name, verdict: "same" };
  if (present !== undefined && secrets.source(secret) === "typed")
    return { kind: "secret", name, verdict: "dropped", why: "another one was typed here, and stays" };
  return {
    kind: "secret",
    name,
    verdict: "taken",
    why: "kept in the secret store, and nowhere else",
    work: () => secrets.set(secret, value, "typed"),
  };
}

function gatewayItems({ layout, variables }: Source, target: SettingsTarget): ImportItem[] {
  const auth = asObject(asObject(layout.config.gateway)?.auth);
  const token =
    resolved(auth?.token ?? auth?.password, variables) ??
    variables.get("OPENCLAW_GATEWAY_TOKEN") ??
    variables.get("CLAWDBOT_GATEWAY_TOKEN");
  if (token === undefined) return [];
  const name = "gateway.auth.token";
  if (target.hasGatewayToken(token)) return [{ kind: "secret", name, verdict: "same" }];
  return [
    {
      kind: "secret",
      name,
      verdict: "taken",
      why: "it becomes the gateway token, so that clients that hold it go on; whoever signed in with the present one signs in again",
      work: (by) => target.setGatewayToken(token, by),
    },
  ];
}

const understood = new Set([
  "agents",
  "agent",
  "identity",
  "models",
  "env",
  "gateway",
  "channels",
  "$schema",
  "meta",
  "cron",
  "wizard",
]);

/** What this product decides otherwise, or does not have. */
function leftItems(config: Record<string, unknown>): ImportItem[] {
  return Object.keys(config)
    .filter((key) => !understood.has(key))
    .map((key) => ({
      kind: "setting",
      name: key,
      verdict: "dropped",
      why: "it has no counterpart here; the file is kept in the workspace",
    }));
}
