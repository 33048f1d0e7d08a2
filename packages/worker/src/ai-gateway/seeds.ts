/** Which variables of the environment seed which provider: keys into the secret store, addresses into the settings. */

import { providerKeyName, type Secrets } from "../secrets/secrets.ts";
import { baseUrlOf, type Provider } from "./provider.ts";

type Seeds = Partial<Record<string, string>>;

/** Addresses for the `providers` section. One that is no address is left out; the provider then keeps its own. */
export function addressSeeds(providers: readonly Provider[], seeds: Seeds): Record<string, { baseUrl: string }> {
  const found: Record<string, { baseUrl: string }> = {};
  for (const provider of providers) {
    const value = provider.baseUrlVariable && seeds[provider.baseUrlVariable];
    if (!value) continue;
    try {
      found[provider.id] = { baseUrl: baseUrlOf(provider, value) };
    } catch {
      // Not an address: nothing to seed.
    }
  }
  return found;
}

/** Hands each provider's key to the secret store; a typed key stays. */
export function seedKeys(providers: readonly Provider[], seeds: Seeds, secrets: Pick<Secrets, "seed">): void {
  for (const provider of providers) {
    const value = provider.keyVariables.map((name) => seeds[name]).find((candidate) => candidate !== undefined);
    if (value !== undefined) secrets.seed(providerKeyName(provider.id), value);
  }
}
