/** Rows of the AI gateway's machinery: keys and breakers. */

/** One key of a provider; never the key itself. */
export interface ProviderKeyRow {
  provider: string;
  alias: string;
  source: "environment" | "typed";
  /** `rejected`: set aside until it is replaced; `limited`: until `until`. */
  state: "good" | "rejected" | "limited";
  /** Epoch milliseconds since when it is not good. */
  since: number | null;
  until: number | null;
}

/** One breaker: a (provider, model, key) that failed lately. */
export interface BreakerRow {
  provider: string;
  model: string;
  keyAlias: string;
  /** `open`: calls are not sent until `until`; `trying`: one call is on its way to see; `closed`: failures are being counted. */
  state: "open" | "trying" | "closed";
  /** Failures in a row. */
  failures: number;
  /** Code of the last one. */
  lastError: string;
  /** Epoch milliseconds. */
  lastFailureAt: number;
  until: number | null;
}
