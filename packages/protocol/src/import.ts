/** The report of an import: one line for each thing that the source holds. */

/** taken: as it was; changed: in another form, which `why` says; same: here already; aside: kept as a file, not in force; dropped: not taken. */
export type ImportVerdict = "taken" | "changed" | "same" | "aside" | "dropped" | "failed";

export type ImportKind = "setting" | "secret" | "conversation" | "file" | "device" | "sender" | "schedule" | "other";

export interface ImportLine {
  kind: ImportKind;
  /** What it is called in the source; never a secret's value. */
  name: string;
  verdict: ImportVerdict;
  /** One sentence; always there unless it was simply taken. */
  why?: string;
}

/** Files of an archive that were not even looked into. */
export interface LeftOut {
  why: string;
  count: number;
  example: string;
}

export interface ImportReport {
  id: string;
  name: string;
  /** Epoch milliseconds. */
  stagedAt: number;
  files: number;
  bytes: number;
  /** What the source was recognised as, in words. */
  layout: string;
  lines: ImportLine[];
  leftOut: LeftOut[];
  /** Stands for exactly these lines; sent back to apply them. */
  hash: string;
  applied: boolean;
}
