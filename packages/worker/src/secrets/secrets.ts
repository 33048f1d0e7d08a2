/** Secrets: kept apart from settings, read at the moment of use, never read back by any method. (Contract; implementation follows.) */

export type SecretSource = "environment" | "typed" | "made";

export interface Secrets {
  get(name: string): string | undefined;
  source(name: string): SecretSource | undefined;
  /** Trims surrounding white space. Throws CONFIG_INVALID for an empty value or more than 512 bytes... longer keys up to 8 KiB. */
  set(name: string, value: string, source: SecretSource): void;
  delete(name: string): void;
  /** Sets from the environment unless a person typed one; a changed variable replaces only what came from a variable. */
  seed(name: string, value: string): void;
}

/** Name of a provider's key: `provider.anthropic.key`. */
export const providerKeyName = (provider: string): string => `provider.${provider}.key`;
export const gatewayTokenName = "gateway.token";
